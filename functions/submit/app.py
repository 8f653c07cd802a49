"""Submit: the one paid call."""

from typing import Any

from retake.container import (
    callback_proof,
    count,
    enqueue,
    log_step,
    provider,
    ready,
    records,
    signer,
    spending_guard,
    storage,
    submit_policy,
    vault,
    web,
)
from retake.domain.edit import Edit
from retake.settings import settings
from retake.steps.callback import callback_url
from retake.steps.measures import of_sending, of_step
from retake.steps.submit import submit


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes {"edit_id"}, perhaps {"provider"}; answers with the way on. Never sends it twice."""
    edit = records().get_to_submit(event["edit_id"], event.get("provider"))
    step = submit(
        edit,
        records=records(),
        storage=storage(),
        provider=provider,
        policy=submit_policy(),
        spending=spending_guard(),
        callback_url=_callback_url,
        proof=callback_proof(),
        enqueue=enqueue,
    )
    facts = {"next": step.next, "wait_seconds": step.wait_seconds, "remark": step.log_marker}
    log_step("submit", edit, **facts)
    count({**of_step(step.log_marker), **of_sending(step.log_marker, edit.quoted_usd)})
    return step.for_workflow()


def _callback_url(edit: Edit) -> str:
    return callback_url(settings().public_url, edit, signer(), records())


ready(settings, records, storage, vault, web)
