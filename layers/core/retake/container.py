"""The real collaborators of a deployed function, each made once per process, when first used."""

import gc
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from retake.aws.client import client
from retake.aws.dynamodb import DynamoTable
from retake.aws.metrics import COUNT, Measures, write
from retake.aws.secrets import Keys, link_secrets
from retake.domain.errors import RetakeError
from retake.domain.signed_links import Signer, share_path, shared_until
from retake.records.callback_proof import CallbackProof
from retake.records.circuit_breaker import Circuits
from retake.records.store import Records
from retake.settings import settings

if TYPE_CHECKING:
    from retake.aws.messaging import AsyncInvoke, IntakeQueue, Notices
    from retake.aws.s3 import Storage
    from retake.aws.step_functions import Workflow
    from retake.domain.edit import Edit
    from retake.outbound.client import Outbound
    from retake.presentation.site import Site
    from retake.providers.base import Provider
    from retake.steps.begin import Starter
    from retake.steps.erase import Eraser
    from retake.steps.policy import SubmitPolicy, WaitPolicy
    from retake.steps.save_result import ResultSaver
    from retake.steps.sidecars import SidecarMatcher
    from retake.steps.sweep import Sweeper

NEW_RESULT_HOST = {"NewResultHosts": (COUNT, 1.0)}
log = Logger(service="retake", utc=True)
# They would log whole addresses at INFO, presigned signatures included.
for chatty in ("httpx", "httpcore", "urllib3", "botocore"):
    logging.getLogger(chatty).setLevel(logging.WARNING)


@cache
def records() -> Records:
    known = settings()
    table = DynamoTable(client("dynamodb"), known.table_name)
    return Records(table, record_days=known.record_days)


@cache
def wait_policy() -> "WaitPolicy":
    """How long and how often running edits are asked about."""
    from retake.steps.policy import WaitPolicy

    return WaitPolicy.of(settings())


@cache
def submit_policy() -> "SubmitPolicy":
    """How edits are offered to providers."""
    from retake.steps.policy import SubmitPolicy

    return SubmitPolicy.of(settings())


@cache
def callback_proof() -> CallbackProof:
    return CallbackProof(DynamoTable(client("dynamodb"), settings().table_name))


@cache
def circuits() -> Circuits:
    return Circuits(DynamoTable(client("dynamodb"), settings().table_name))


@cache
def storage() -> "Storage":
    from retake.aws.s3 import Storage

    return Storage(client("s3"))


@cache
def workflow() -> "Workflow":
    from retake.aws.step_functions import Workflow

    return Workflow(client("stepfunctions"), settings().state_machine_arn)


def vault() -> object:
    """Where the keys of the providers and the secret of the links are."""
    return client("secretsmanager")


def web() -> object:
    """What calls to the web need besides their address."""
    from retake.outbound.transport import public_authorities

    return public_authorities()


@cache
def keys() -> Keys:
    return Keys(settings().secret_ids)


@cache
def provider(name: str) -> "Provider":
    from retake.providers.registry import provider

    return provider(name, settings(), keys())


@cache
def keeper() -> "ResultSaver":
    """Where results are kept, and where they may be fetched from."""
    from retake.outbound.client import Outbound
    from retake.steps.save_result import ResultSaver

    known = settings()
    hosts, ports = known.result_hosts, known.loopback_ports
    downloads = Outbound(hosts, loopback_ports=ports, watch=note_result_host)
    return ResultSaver(
        storage(),
        known.results_bucket,
        provider,
        downloads,
        mark=known.mark_results,
        patience_seconds=known.patience_seconds,
    )


def note_result_host(host: str) -> None:
    """Count, and name in the log, a host that results are not known to come from."""
    from retake.outbound.client import matches

    known = settings().known_result_hosts
    if known and not any(matches(host, pattern) for pattern in known):
        log.warning("new result host", host=host)
        count(NEW_RESULT_HOST)


@cache
def intake_queue() -> "IntakeQueue":
    from retake.aws.messaging import IntakeQueue

    return IntakeQueue(client("sqs"), settings().intake_queue_url)


def enqueue(body: str) -> None:
    """A message into the intake queue; its client is made when there is one to send."""
    intake_queue().send(body)


@cache
def notices() -> "Notices":
    from retake.aws.messaging import Notices

    return Notices(client("sns"), settings().topic_arn)


def publish(notification: Mapping[str, Any]) -> None:
    """A message on the completion topic; its client is made when there is one to publish."""
    notices().publish(notification)


@cache
def sweeper() -> "Sweeper":
    from retake.steps.sweep import Sweeper

    known = settings()
    return Sweeper(
        records=records(),
        workflow=workflow(),
        publish=publish,
        uploads=lambda place: storage().current(known.inbox_bucket, known.inbox_prefix, place),
        sidecar_matcher=sidecar_matcher(),
        prefix=known.inbox_prefix,
        hold=known.inbox_hold,
        erase=lambda edit_id: erasing().ask(edit_id),
    )


@cache
def erasing() -> "AsyncInvoke":
    """Who erases what somebody asked to have erased."""
    from retake.aws.messaging import AsyncInvoke

    return AsyncInvoke(client("lambda"), settings().erase_function)


@cache
def eraser() -> "Eraser":
    from retake.aws.s3_purge import VersionDeleter
    from retake.steps.erase import Eraser

    known, shredder = settings(), VersionDeleter(client("s3"))
    return Eraser(records(), shredder, provider, known.results_bucket, known.walls)


@cache
def starter() -> "Starter":
    from retake.steps.begin import Starter

    return Starter(records=records(), start=workflow().start)


@cache
def sidecar_matcher() -> "SidecarMatcher":
    """What brings the settings beside a clip to it; the inbox is asked only when there are some."""
    from retake.steps.sidecars import SidecarMatcher

    known = settings()
    return SidecarMatcher(
        records=records(),
        start=workflow().start,
        listed=lambda key: storage().versions(known.inbox_bucket, key)[0],
        settle_seconds=known.settle_seconds,
    )


def put_back(body: str, seconds: int) -> None:
    """Have a message of the intake queue come again after some seconds."""
    intake_queue().send(body, seconds)


@cache
def fetching() -> "Outbound":
    """Where clips given by their address may be fetched from: any public host."""
    from retake.outbound.client import Outbound

    return Outbound(("*",), loopback_ports=settings().loopback_ports)


@cache
def signer() -> Signer:
    """Of the links that this function makes or checks: calls of providers, or pages of edits."""
    return Signer(lambda: link_secrets(settings().links_secret_id))


@cache
def site() -> "Site":
    """The pages behind share links and the board."""
    from retake.aws.presigned import Presigner, Viewing
    from retake.presentation.site import Site

    return Site(
        records=records(),
        signer=signer(),
        board_signer=Signer(lambda: link_secrets(settings().board_secret_id)),
        viewing=Viewing(Presigner(client("s3")), records().now),
        results_bucket=settings().results_bucket,
    )


def share_url(edit: "Edit", address: str = "") -> str | None:
    """The link to an edit's page, or None: none is wanted, it is over, or it cannot be signed."""
    known = settings()
    address = known.public_url or address
    until = shared_until(edit.finished_at, known.share_days, records().now())
    if not address or until is None:
        return None
    try:
        path = share_path(edit.edit_id, signer(), until=until, generation=edit.share_generation)
        return f"{address}/{path}"
    except RetakeError as error:
        log.warning("share", edit_id=edit.edit_id, error=type(error).__name__)
        return None


def count(measures: Measures, **dimensions: str | None) -> None:
    """What alarms and dashboards read; nothing where there is nothing to count."""
    try:
        if measures and (namespace := settings().metrics_namespace):
            write(measures, namespace, **dimensions)
    except Exception as error:  # rather a figure less than an edit
        log.warning("metrics", error=type(error).__name__)


def log_step(step: str, edit: "Edit", **facts: Any) -> None:
    """The one log line of a step, keyed alike everywhere."""
    about = {name: getattr(edit, name) for name in ("edit_id", "provider", "attempt", "status")}
    log.info(step, **about, **facts)


def ready(*makers: Callable[[], object]) -> None:
    """Call each maker of a collaborator, and let go of the garbage collector's pause.

    The last statement of every function's module. A maker that fails is left for the first call,
    which names what is missing. Where nothing was paused, outside Lambda, nothing is made.
    """
    if gc.isenabled():
        return
    for make in makers:
        with suppress(Exception):
            make()
    gc.freeze()  # what is there now stays for ever: no later pass need look at it
    gc.enable()
