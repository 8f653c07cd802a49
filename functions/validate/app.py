"""Validate: what will be edited, and whether it may be."""

from typing import Any

from retake.container import enqueue, fetching, log_step, ready, records, storage
from retake.settings import settings
from retake.steps.policy import Inbox
from retake.steps.validate import validate


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes {"edit_id"}; answers with the way on. Raises Unavailable."""
    known = settings()
    edit = records().get(event["edit_id"])
    step = validate(
        edit,
        records=records(),
        storage=storage(),
        default_model=known.default_model,
        inbox=Inbox(
            prefix=known.inbox_prefix,
            default_prompt=known.default_prompt,
            settle_seconds=known.settle_seconds,
            shared_folders=known.shared_folders,
        ),
        enqueue=enqueue,
        prompt_max_chars=known.prompt_max_chars,
        downloads=fetching() if edit.source_url else None,
    )
    log_step("validate", edit, next=step.next)
    return step.for_workflow()


ready(settings, records, storage)
