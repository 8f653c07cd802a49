"""A yes or no to an edit that asks first: to the amount that was read, and to no other."""

from retake.api.callers import Sight
from retake.api.problems import Problem
from retake.domain.edit import Edit
from retake.domain.errors import LostRace, Unavailable
from retake.domain.money import usd_e4

TRIES = 3


def answer(edit_id: str, said: str, *, quoted_usd: float, sight: Sight) -> Edit:
    """The edit as it is afterwards; the same answer given twice changes nothing.

    Raises UnknownEdit; Problem where nothing is asked, another amount is, or the other answer was
    given before; Unavailable.
    """
    for _ in range(TRIES):
        edit = sight.edit(edit_id)
        asked = edit.approval
        if asked is None:
            raise Problem("NOTHING_ASKED", f"{edit_id} asks nobody; it is {edit.status}.")
        if usd_e4(quoted_usd) != asked.usd_e4:
            raise Problem(
                "QUOTE_CHANGED",
                f"{edit_id} asks about ${asked.usd:.4f}; read it again, and answer that.",
                field="quoted_usd",
                found=quoted_usd,
                allowed=asked.usd,
            )
        if asked.answer == said:
            return edit
        if not asked.is_open(sight.records.now()) or edit.must_be_concluded:
            told = f"was answered {asked.answer}" if asked.answer else "is not open any more"
            raise Problem("ALREADY_ANSWERED", f"The question of {edit_id} {told}.")
        try:
            return sight.records.approvals.answer(edit, said, by=sight.caller.principal)
        except LostRace:
            continue
    raise Unavailable("The edit is moving on too fast; ask again.")
