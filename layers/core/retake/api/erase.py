"""Erasing an edit on request: here it is only put on record, for a function that may delete."""

from collections.abc import Callable
from contextlib import suppress

from retake.api.callers import Sight
from retake.api.problems import Problem
from retake.domain.edit import Edit
from retake.domain.errors import LostRace, Unavailable

TRIES = 3


def erase(edit_id: str, sight: Sight, carry_out: Callable[[str], None]) -> Edit:
    """The edit, whose erasure is on record; done already, or to be done within minutes.

    Raises UnknownEdit; Problem while it is open or not told of yet; Unavailable.
    """
    for _ in range(TRIES):
        edit = sight.edit(edit_id)
        if edit.erased_at is not None:
            return edit
        _check_ended(edit)
        with suppress(LostRace):
            asked = sight.records.erasure.ask(edit)
            # It is on record: what cannot be handed on now, the sweep hands on.
            with suppress(Unavailable):
                carry_out(edit_id)
            return asked
    raise Unavailable("The edit is moving on too fast; ask again.")


def _check_ended(edit: Edit) -> None:
    if not edit.is_finished:
        raise Problem(
            "STILL_OPEN",
            f"{edit.edit_id} is {edit.status}; cancel it first, or wait until it has ended.",
            field="status",
            found=edit.status.value,
        )
    if edit.notified_at is None:
        # Until then the workflow may still write the files that go with a result.
        raise Problem(
            "STILL_OPEN", f"{edit.edit_id} has ended and is being announced; ask again in a moment."
        )
