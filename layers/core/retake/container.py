"""The real collaborators of a deployed function, each made once per process, when first used."""

import gc
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from retake.aws.client import client
from retake.aws.log import count as count
from retake.aws.log import log as log
from retake.aws.log import log_step as log_step
from retake.aws.log import report as report
from retake.aws.metrics import COUNT, TO_BE_MENDED
from retake.aws.secrets import Keys, link_secrets
from retake.domain.approval import Approval, approval_path
from retake.domain.errors import RetakeError
from retake.domain.signed_links import Signer
from retake.records.callback_proof import CallbackProof
from retake.settings import settings
from retake.steps.share_link import share_link
from retake.stores import announcer as announcer
from retake.stores import enqueue as enqueue
from retake.stores import erasing as erasing
from retake.stores import line_counts as line_counts
from retake.stores import publish as publish
from retake.stores import put_back as put_back
from retake.stores import records as records
from retake.stores import storage as storage
from retake.stores import table as table
from retake.stores import wake as wake
from retake.stores import workflow as workflow

if TYPE_CHECKING:
    from retake.domain.edit import Edit
    from retake.outbound.client import Outbound
    from retake.presentation.site import Site
    from retake.providers.base import Provider
    from retake.steps.approval_desk import ApprovalDesk
    from retake.steps.begin import Starter
    from retake.steps.budget_lines import BudgetLines
    from retake.steps.erase import Eraser
    from retake.steps.policy import SubmitPolicy, WaitPolicy
    from retake.steps.save_result import ResultSaver
    from retake.steps.sidecars import SidecarMatcher
    from retake.steps.spending_guard import SpendingGuard
    from retake.steps.sweep import Sweeper
    from retake.steps.webhook import WebhookSender

NEW_RESULT_HOST = {"NewResultHosts": (COUNT, 1.0), **TO_BE_MENDED}


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
    return CallbackProof(table(), item=records().item)


@cache
def spending_guard() -> "SpendingGuard":
    """What an edit passes before it may cost anything."""
    from retake.steps.spending_guard import SpendingGuard

    known = settings()
    return SpendingGuard(
        records=records(),
        storage=storage(),
        budgets=known.budgets,
        walls=known.walls,
        publish=publish,
        approval_url=lambda edit, asked: question_url(edit.edit_id, asked),
    )


def question_url(edit_id: str, asked: Approval) -> str | None:
    """The link by which a question is answered; None where no page has an address."""
    public_url = settings().public_url
    path = approval_path(edit_id, asked, approvals_signer()) if public_url else None
    return f"{public_url}/{path}" if path else None


@cache
def approvals_signer() -> Signer:
    return Signer(lambda: link_secrets(settings().approvals_secret_id))


@cache
def approval_desk() -> "ApprovalDesk":
    """The page of a question, and its answers."""
    from retake.steps.approval_desk import ApprovalDesk

    return ApprovalDesk(records=records(), signer=approvals_signer())


@cache
def budget_lines() -> "BudgetLines":
    """Those who wait for a budget, and when one has room again."""
    from retake.steps.budget_lines import BudgetLines

    known = settings()
    return BudgetLines(records(), storage(), known.budgets, known.walls, known.inbox_bucket)


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
def provider(key: str) -> "Provider":
    from retake.providers.registry import provider

    return provider(key, settings(), keys())


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
        simulated=known.simulated,
    )


def note_result_host(host: str) -> None:
    """Count, and name in the log, a host that results are not known to come from."""
    from retake.outbound.client import matches

    known = settings().known_result_hosts
    if known and not any(matches(host, pattern) for pattern in known):
        log.warning("new result host", host=host)
        count(NEW_RESULT_HOST)


@cache
def sweeper() -> "Sweeper":
    from retake.steps.missed_uploads import MissedUploads
    from retake.steps.sweep import Sweeper

    known = settings()
    inbox, prefix = known.inbox_bucket, known.inbox_prefix
    return Sweeper(
        records=records(),
        workflow=workflow(),
        publish=publish,
        missed_uploads=MissedUploads(
            records(),
            lambda place: storage().current(inbox, prefix, place),
            sidecar_matcher(),
            report,
            prefix,
            known.inbox_hold,
        ),
        erase=lambda edit_id: erasing().ask(edit_id),
        report=report,
        waiting_for_money=budget_lines(),
        announce=lambda edit, message_id: announcer().announce(edit, message_id),
    )


@cache
def webhook_sender() -> "WebhookSender":
    from retake.outbound.receivers import receivers
    from retake.steps.webhook import WebhookSender

    known, called = settings(), receivers(settings().loopback_ports)
    return WebhookSender.of(known, records(), announcer(), called, signer(), publish)


@cache
def eraser() -> "Eraser":
    from retake.aws.s3_purge import VersionDeleter
    from retake.steps.erase import Eraser

    known, shredder = settings(), VersionDeleter(client("s3"))
    results = known.results_bucket
    return Eraser(records(), shredder, provider, storage().versions_of, results, known.walls)


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
    from retake.aws.presigned import Presigner, Viewing
    from retake.presentation.site import Site

    known = settings()
    return Site(
        records=records(),
        signer=signer(),
        board_signer=Signer(lambda: link_secrets(settings().board_secret_id)),
        viewing=Viewing(Presigner(client("s3")), records().now),
        results_bucket=known.results_bucket,
        inbox_bucket=known.inbox_bucket,
        shows_cost=known.share_shows_cost,
        simulated=known.simulated,
        batch_ids=lambda batch_id: records().batches.get(batch_id).edit_ids,
        report=report,
        line=line_counts,
    )


def share_url(edit: "Edit", address: str = "") -> str | None:
    """The link to an edit's page, or None: none is wanted, it is over, or it cannot be signed."""
    try:
        return share_link(edit, settings(), signer(), now=records().now(), address=address)
    except RetakeError as error:
        log.warning("share", edit_id=edit.edit_id, error=type(error).__name__)
        return None


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
