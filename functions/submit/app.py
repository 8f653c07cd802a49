"""Submit: the one paid call."""

from typing import Any

from retake.container import (
    circuits,
    count,
    log_step,
    provider,
    ready,
    records,
    signer,
    storage,
    vault,
    web,
)
from retake.domain.edit import Edit
from retake.settings import settings
from retake.steps.callback import callback_url
from retake.steps.measures import of_step
from retake.steps.poll import guard_seconds
from retake.steps.submit import submit


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes {"edit_id"}; answers with the way on. Never sends an edit twice."""
    known = settings()
    edit = records().get(event["edit_id"])
    step = submit(
        edit,
        records=records(),
        circuits=circuits(),
        storage=storage(),
        provider=provider,
        first_wait_seconds=known.first_poll_seconds,
        listen_seconds=guard_seconds(known.max_poll_seconds),
        deadline_seconds=known.deadline_seconds,
        model_order=known.model_order,
        park_seconds=known.park_seconds,
        settle_seconds=known.settle_seconds,
        callback_url=_callback_url if known.public_url else None,
    )
    facts = {"next": step.next, "wait_seconds": step.wait_seconds, "remark": step.log_marker}
    log_step("submit", edit, **facts)
    count(of_step(step.log_marker))
    return step.for_workflow()


def _callback_url(edit: Edit) -> str:
    return callback_url(settings().public_url, edit, signer(), records())


ready(settings, records, circuits, storage, vault, web)
