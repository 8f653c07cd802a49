"""The real collaborators of a deployed function, each made once per process, when first used."""

import logging
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from retake.circuits import Circuits
from retake.errors import RetakeError
from retake.links import Signer
from retake.records import Records
from retake.settings import Keys, client, link_secrets, settings
from retake.shares import share_path
from retake.table import DynamoTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retake.edits import Edit
    from retake.notices import Notices
    from retake.outbound import Outbound
    from retake.providers.base import Provider
    from retake.site import Site
    from retake.steps.erase import Eraser
    from retake.steps.keep import Keeper
    from retake.steps.sidecars import Pairing
    from retake.steps.sweep import Sweeper
    from retake.storage import Storage
    from retake.workflow import Errand, IntakeQueue, Workflow

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
def circuits() -> Circuits:
    return Circuits(DynamoTable(client("dynamodb"), settings().table_name))


@cache
def storage() -> "Storage":
    from retake.storage import Storage

    return Storage(client("s3"))


@cache
def workflow() -> "Workflow":
    from retake.workflow import Workflow

    return Workflow(client("stepfunctions"), settings().state_machine_arn)


def vault() -> object:
    """Where the keys of the providers and the secret of the links are."""
    return client("secretsmanager")


def web() -> object:
    """What calls to the web need besides their address."""
    from retake.transport import public_authorities

    return public_authorities()


@cache
def keys() -> Keys:
    return Keys(settings().secret_ids)


@cache
def provider(name: str) -> "Provider":
    from retake.providers import provider

    return provider(name, settings(), keys())


@cache
def keeper() -> "Keeper":
    """Where results are kept, and where they may be fetched from."""
    from retake.outbound import Outbound
    from retake.steps.keep import Keeper

    known = settings()
    downloads = Outbound(known.result_hosts, loopback_ports=known.loopback_ports)
    return Keeper(storage(), known.results_bucket, provider, downloads, mark=known.mark_results)


@cache
def intake_queue() -> "IntakeQueue":
    from retake.workflow import IntakeQueue

    return IntakeQueue(client("sqs"), settings().intake_queue_url)


def enqueue(body: str) -> None:
    """A message into the intake queue; its client is made when there is one to send."""
    intake_queue().send(body)


@cache
def notices() -> "Notices":
    from retake.notices import Notices

    return Notices(client("sns"), settings().topic_arn)


def publish(notification: "Mapping[str, Any]") -> None:
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
        pairing=pairing(),
        prefix=known.inbox_prefix,
        erase=lambda edit_id: erasing().ask(edit_id),
    )


@cache
def erasing() -> "Errand":
    """Who erases what somebody asked to have erased."""
    from retake.workflow import Errand

    return Errand(client("lambda"), settings().erase_function)


@cache
def eraser() -> "Eraser":
    from retake.shredder import Shredder
    from retake.steps.erase import Eraser

    shredder = Shredder(client("s3"))
    return Eraser(records(), shredder, provider, settings().results_bucket)


@cache
def pairing() -> "Pairing":
    """What brings the settings beside a clip to it; the inbox is asked only when there are some."""
    from retake.steps.sidecars import Pairing

    known = settings()
    return Pairing(
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
    from retake.outbound import Outbound

    return Outbound(("*",), loopback_ports=settings().loopback_ports)


@cache
def signer() -> Signer:
    return Signer(link_secrets)


@cache
def site() -> "Site":
    """The pages behind share links and the board."""
    from retake.grants import Grants
    from retake.site import Site
    from retake.viewing import Viewing

    return Site(
        records=records(),
        signer=signer(),
        viewing=Viewing(Grants(client("s3")), records().now),
        results_bucket=settings().results_bucket,
    )


def share_url(edit: "Edit") -> str | None:
    """The link to an edit's page that its message carries.

    None when the deployment wants none, or when it cannot be signed now: a result that is paid
    for is told of, with its link or without.
    """
    known = settings()
    if not known.share_days or not known.public_url:
        return None
    until = records().now() + timedelta(days=known.share_days)
    try:
        return f"{known.public_url}/{share_path(edit.edit_id, signer(), until=until)}"
    except RetakeError as error:
        log.warning("share", edit_id=edit.edit_id, error=type(error).__name__)
        return None


def tell(step: str, edit: "Edit", **facts: Any) -> None:
    """The one log line of a step, keyed alike everywhere."""
    log.info(
        step,
        edit_id=edit.edit_id,
        provider=edit.provider,
        attempt=edit.attempt,
        status=edit.status,
        **facts,
    )
