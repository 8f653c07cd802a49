"""Stopping an edit, and saying honestly what that means at each point of its way."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum

from retake.api.callers import Sight
from retake.api.problems import Problem
from retake.catalog.models import MODELS
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import LostRace, Unavailable
from retake.domain.vocabulary import Reason, Status
from retake.records.store import Records
from retake.records.transitions import STOPPABLE
from retake.steps.pieces import has_sent_pieces

TRIES = 5  # the edit may move on between reading and writing


class Outcome(StrEnum):
    """What became of the wish to cancel."""

    CANCELLED = "CANCELLED"
    PIECES_STOPPED = "PIECES_STOPPED"
    PROVIDER_ASKED = "PROVIDER_ASKED"
    WILL_FINISH = "WILL_FINISH"


SENTENCES: Mapping[Outcome, str] = {
    Outcome.CANCELLED: "The edit is cancelled before anything was sent; nothing is billed.",
    Outcome.PIECES_STOPPED: "No piece is sent any more, and a provider that can stop is asked to. "
    "What was sent is billed; the message says how much.",
    Outcome.PROVIDER_ASKED: "The provider is asked to stop. If it does, the edit ends as CANCELLED "
    "and may still be billed in part; if it is too late, the result is kept.",
    Outcome.WILL_FINISH: "The edit is with a provider that cannot stop it, or too far to be "
    "stopped; it will be billed, and its result will be kept.",
}
UNSENT = Conclusion(
    status=Status.CANCELLED,
    reason=Reason.CANCELLED,
    message="The edit was cancelled on request before it was sent; nothing is billed.",
)
# Of a film; what its pieces have cost by then is added as it is closed.
STOPPED = replace(UNSENT, message="The edit was cancelled on request.")


def cancel(edit_id: str, sight: Sight, wake: Callable[[str], object]) -> tuple[Outcome, Edit]:
    """What came of it, and the edit as it is now.

    The provider itself is asked by the next poll, which holds the key; `wake` ends its wait.
    Raises UnknownEdit; Problem when the edit has ended otherwise; Unavailable.
    """
    for _ in range(TRIES):
        try:
            return _cancel(sight.edit(edit_id), sight.records, wake)
        except LostRace:
            continue
    raise Unavailable("The edit is moving on too fast; ask again.")


def _cancel(edit: Edit, records: Records, wake: Callable[[str], object]) -> tuple[Outcome, Edit]:
    if edit.must_be_concluded:
        return _ended(edit, records), edit
    if edit.status is Status.RECEIVED:
        if has_sent_pieces(edit, records):
            return Outcome.PIECES_STOPPED, records.conclude(edit, STOPPED)
        return Outcome.CANCELLED, records.conclude(edit, UNSENT)
    if edit.status not in STOPPABLE or not MODELS[edit.model or ""].cancels:
        return Outcome.WILL_FINISH, edit
    if edit.cancel_outcome is not None:
        agreed = edit.cancel_outcome in ("AGREED", "REMOVED")
        return Outcome.PROVIDER_ASKED if agreed else Outcome.WILL_FINISH, edit
    if edit.cancel_asked_at is None:
        token = records.ask_to_cancel(edit)
        if token is not None:
            wake(token)
    return Outcome.PROVIDER_ASKED, records.get(edit.edit_id)


def _ended(edit: Edit, records: Records) -> Outcome:
    status = edit.conclusion.status if edit.conclusion else edit.status
    if status is not Status.CANCELLED:
        raise Problem(
            "ALREADY_FINISHED",
            f"{edit.edit_id} has ended as {status}; there is nothing left to cancel.",
            field="status",
            found=status.value,
        )
    if has_sent_pieces(edit, records):
        return Outcome.PIECES_STOPPED
    return Outcome.PROVIDER_ASKED if edit.at_risk_usd else Outcome.CANCELLED
