"""Fetching the result of an edit that ended without one: here it is only put on record.

The sweep begins it within minutes, in the workflow's own steps. Nothing is sent to the provider
that could be billed.
"""

from contextlib import suppress

from retake.api.callers import Sight
from retake.api.problems import Problem, check_not_erased
from retake.domain.edit import Edit
from retake.domain.errors import LostRace, Unavailable
from retake.domain.vocabulary import Status
from retake.records.recovery import MAX_RECOVERIES, is_recoverable

TRIES = 3


def recover(edit_id: str, sight: Sight) -> tuple[Edit, bool]:
    """The edit, and whether it is being recovered; one that has its result is left as it is.

    Raises UnknownEdit; Problem while it is open, erased, or was never sent; Unavailable.
    """
    for _ in range(TRIES):
        edit = sight.edit(edit_id)
        check_not_erased(edit)
        if edit.status is Status.SUCCEEDED:
            return edit, False
        _check_recoverable(edit)
        with suppress(LostRace):
            return sight.records.recovery.ask(edit), True
    raise Unavailable("The edit is moving on too fast; ask again.")


def _check_recoverable(edit: Edit) -> None:
    if not edit.is_finished:
        raise Problem(
            "STILL_OPEN",
            f"{edit.edit_id} is {edit.status}; its result is still waited for.",
            field="status",
            found=edit.status.value,
        )
    if not is_recoverable(edit) or edit.recoveries >= MAX_RECOVERIES:
        raise Problem(
            "NOTHING_TO_RECOVER",
            f"No provider holds a result of {edit.edit_id}: nothing was sent to one.",
            field="status",
            found=edit.status.value,
        )
