"""How far an edit is and what is done with it now: one vocabulary for the API, the command, the
board, the pages and the messages."""

from collections.abc import Mapping
from enum import StrEnum

from retake.domain.edit import Edit
from retake.domain.plain_text import one_line
from retake.domain.values import dataclass
from retake.domain.vocabulary import Status
from retake.domain.waits import wait_told

DOING_CHARS = 200
# Evolink and Novita put it before each of their words.
_ORNAMENT = "task_status_"


class EditPhase(StrEnum):
    """What is done with an edit; several to a status, and the last four are ends."""

    LOOKING = "LOOKING"
    REPAIRING = "REPAIRING"
    WAITING = "WAITING"
    HANDING_OVER = "HANDING_OVER"
    SEARCHING = "SEARCHING"
    IN_PIECES = "IN_PIECES"
    JOINING = "JOINING"
    EDITING = "EDITING"
    SAVING = "SAVING"
    ENDING = "ENDING"
    READY = "READY"
    FAILED = "FAILED"
    REFUSED = "REFUSED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class PhaseWords:
    """The part of the way that is behind an edit when the phase begins, in percent; what is done,
    as the beginning of a sentence; and the phase in a word."""

    begins_at: int
    doing: str
    word: str


# An edit that has ended has all of its way behind it, however it ended: nothing is waited for.
PHASES: Mapping[EditPhase, PhaseWords] = {
    EditPhase.LOOKING: PhaseWords(5, "Looking at the clip", "received"),
    EditPhase.REPAIRING: PhaseWords(8, "Repairing the clip", "repairing"),
    EditPhase.WAITING: PhaseWords(10, "Waiting", "waiting"),
    EditPhase.HANDING_OVER: PhaseWords(10, "Handing it to the provider", "handing over"),
    EditPhase.SEARCHING: PhaseWords(15, "Looking for it at the provider", "uncertain"),
    EditPhase.IN_PIECES: PhaseWords(20, "Editing it in pieces", "in pieces"),
    EditPhase.JOINING: PhaseWords(80, "Putting the pieces together", "joining"),
    EditPhase.EDITING: PhaseWords(20, "The provider is editing", "editing"),
    EditPhase.SAVING: PhaseWords(92, "Saving the result", "saving"),
    EditPhase.ENDING: PhaseWords(95, "Ending", "ending"),
    EditPhase.READY: PhaseWords(100, "Ready", "ready"),
    EditPhase.FAILED: PhaseWords(100, "Failed", "failed"),
    EditPhase.REFUSED: PhaseWords(100, "Refused", "refused"),
    EditPhase.CANCELLED: PhaseWords(100, "Cancelled", "cancelled"),
}
# What the provider says of its own progress fills this much of the way, from EDITING on.
EDITING_SPAN = 70
# And the pieces of a film that are done, from IN_PIECES on, until they are put together.
PIECES_SPAN = 60
OF_STATUS: Mapping[Status, EditPhase] = {
    Status.RECEIVED: EditPhase.LOOKING,
    Status.SUBMITTING: EditPhase.HANDING_OVER,
    Status.UNCERTAIN: EditPhase.SEARCHING,
    Status.RUNNING: EditPhase.EDITING,
    Status.SAVING: EditPhase.SAVING,
    Status.SUCCEEDED: EditPhase.READY,
    Status.FAILED: EditPhase.FAILED,
    Status.REJECTED: EditPhase.REFUSED,
    Status.CANCELLED: EditPhase.CANCELLED,
}
_UNKNOWN_PERCENT = 50  # of a status that only a newer version knows


def phase_of(edit: Edit) -> EditPhase | None:
    """The phase that an edit is in; None for a status that only a newer version knows."""
    if edit.is_finished or edit.status not in OF_STATUS:
        return OF_STATUS.get(edit.status)
    if edit.conclusion is not None:
        return EditPhase.ENDING
    if edit.waits_for is not None:
        return EditPhase.WAITING
    if edit.status is not Status.RECEIVED:
        return OF_STATUS[edit.status]
    if edit.film is not None:
        is_done = edit.film.pieces_done >= len(edit.film.edit_ids)
        return EditPhase.JOINING if is_done else EditPhase.IN_PIECES
    if edit.validated_at is not None:
        return EditPhase.HANDING_OVER
    return EditPhase.REPAIRING if edit.fit_planned_at is not None else EditPhase.LOOKING


def progress_percent(edit: Edit) -> int:
    """How much of its whole way is behind an edit."""
    phase = phase_of(edit)
    if phase is None:
        return _UNKNOWN_PERCENT
    begins_at = PHASES[phase].begins_at
    if phase is EditPhase.EDITING:
        return begins_at + EDITING_SPAN * min(100, max(0, edit.progress_percent)) // 100
    if phase is EditPhase.IN_PIECES and edit.film is not None:
        return begins_at + PIECES_SPAN * edit.film.pieces_done // len(edit.film.edit_ids)
    return begins_at


def word_of(edit: Edit) -> str:
    """The phase in a word, for a label."""
    phase = phase_of(edit)
    return PHASES[phase].word if phase else edit.status.lower()


def doing_of(edit: Edit, *, names_provider: bool = True) -> str:
    """What is done with an edit now, or what it waits for, as one short sentence without its stop.

    Without `names_provider` neither the provider nor any word of its own is told.
    """
    phase = phase_of(edit)
    if phase is None:
        return edit.status.capitalize()
    words = PHASES[phase].doing
    if phase is EditPhase.IN_PIECES and edit.film is not None and edit.film.is_cut:
        words = f"{edit.film.pieces_done} of {len(edit.film.edit_ids)} pieces edited"
    if edit.is_finished or not names_provider:
        return words
    provider = edit.provider or "AWS"
    if phase is EditPhase.ENDING and edit.conclusion is not None:
        return f"Ending as {PHASES[OF_STATUS[edit.conclusion.status]].word}"
    if phase is EditPhase.WAITING:
        return wait_told(edit.waits_for, edit.provider)
    if edit.trouble is not None:
        return one_line(f"{words}: {provider} answers {edit.trouble.sentence}", DOING_CHARS)
    if edit.cancel_asked_at is not None and edit.cancel_outcome is None:
        return f"{provider} is asked to stop"
    if phase is EditPhase.EDITING:
        said = (edit.provider_status or "accepted").lower().removeprefix(_ORNAMENT)
        return one_line(f"At {provider}: {said.replace('_', ' ')}", DOING_CHARS)
    return words
