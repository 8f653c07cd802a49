"""Passing on the wish that a running edit be stopped, and what its provider said to it."""

from retake.domain.edit import Edit
from retake.providers.base import Provider, task_of
from retake.providers.contract import Cancellation

AGREED, REMOVED, TOO_LATE = "AGREED", "REMOVED", "TOO_LATE"
# What stands on the record; an answer that is not here leaves the question open.
CANCELLATIONS = {
    Cancellation.REQUESTED: AGREED,
    Cancellation.REMOVED: REMOVED,
    Cancellation.TOO_LATE: TOO_LATE,
    Cancellation.UNKNOWN_TASK: TOO_LATE,
    Cancellation.NOT_OFFERED: "NOT_OFFERED",
}


def pass_on_cancel(edit: Edit, adapter: Provider) -> str | None:
    """Pass on the wish to cancel, once; what the provider said to it, None while it said nothing.

    An edit that goes on all the same is kept: it will be billed.
    """
    if edit.cancel_asked_at is None or edit.cancel_outcome is not None:
        return edit.cancel_outcome
    return CANCELLATIONS.get(adapter.cancel(task_of(edit)))
