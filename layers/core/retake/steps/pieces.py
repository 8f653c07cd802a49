"""The pieces of a film as the workflow sees them: wait for them, go on, or stop them.

A film never goes to a provider itself. Submit, where its loop comes by, asks here; what takes a
decoder is done by Fit (retake.steps.split).
"""

from collections.abc import Mapping
from contextlib import suppress

from retake.catalog.models import MODELS
from retake.catalog.splitting import goes_in_pieces
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import LostRace
from retake.domain.footage import Footage
from retake.domain.pieces import MAX_TRIES, Film, may_start, piece_id
from retake.domain.stored import required
from retake.domain.vocabulary import PieceFailure, Reason, Status
from retake.records.queries import UnknownEdit
from retake.records.store import Records
from retake.records.transitions import STOPPABLE
from retake.steps.outcome import Next, Step

WAIT_SECONDS = 30
# What a provider said of one piece and need not say of it again. Never after a submit or a task
# whose fate is unknown: that piece may be paid for already.
SENT_AGAIN = frozenset(
    {
        *(Reason.PROVIDER_FAILED, Reason.RATE_LIMITED, Reason.PROVIDER_UNREACHABLE),
        *(Reason.PROVIDER_REFUSED, Reason.MODERATION),
    }
)
STOPPED = Conclusion(
    status=Status.CANCELLED,
    reason=Reason.CANCELLED,
    message="The clip that it is a piece of has ended; nothing was sent.",
)


def is_film(edit: Edit) -> bool:
    """Whether the edit is made in pieces."""
    if edit.film is not None:
        return True
    if edit.fit_planned_at is None or edit.request is None or edit.validated_at is not None:
        return False
    clip = Footage(**edit.footage) if edit.footage else None
    return goes_in_pieces(clip, edit.request, MODELS[edit.model or ""])


def turn(edit: Edit, *, records: Records) -> Step:
    """Whether there is something to do for Fit, to wait for, or to close."""
    film = edit.film
    if film is None or film.cut < len(film.edit_ids):
        return Step(edit.edit_id, Next.FIT)
    if film.whole is not None:
        return Step(edit.edit_id, Next.PERSIST)
    state = standing(edit, film, records)
    if state.to_start or state.failed or state.is_done:
        return Step(edit.edit_id, Next.FIT)
    return Step(edit.edit_id, Next.SUBMIT, WAIT_SECONDS)


class Standing:
    """How the pieces of a film stand: `failed` have ended without a result, by their places."""

    def __init__(self, edit: Edit, film: Film, edits: Mapping[str, Edit]) -> None:
        self.edits = edits
        ended = {key: it for key, it in edits.items() if it.is_finished}
        keeps = required(edit.request).if_piece_fails is PieceFailure.KEEP_SOURCE
        bad = [at for at, key in enumerate(film.edit_ids) if key in ended and not ended[key].result]
        self.to_send_again = [
            at
            for at in bad
            if film.tries[at] < MAX_TRIES and _may_be_sent(ended[film.edit_ids[at]])
        ]
        hopeless = [at for at in bad if at not in self.to_send_again]
        self.kept = hopeless if keeps else []
        self.lost = [] if keeps else hopeless
        self.is_running = any(not edits[key].is_finished for key in film.edit_ids if key in edits)
        self.failed = bool(self.to_send_again) or (bool(self.lost) and not self.is_running)
        done = {key: bool(it.result) for key, it in edits.items()}
        done |= {film.edit_ids[at]: True for at in self.kept}
        self.to_start = [] if self.lost else may_start(film, done)
        self.is_done = all(done.get(key) for key in film.edit_ids)


def _may_be_sent(piece: Edit) -> bool:
    return piece.status is Status.FAILED and piece.reason in SENT_AGAIN


def standing(edit: Edit, film: Film, records: Records) -> Standing:
    """How its pieces stand now."""
    return Standing(edit, film, records.get_many(film.edit_ids))


def all_edit_ids(edit: Edit, film: Film) -> list[str]:
    """Every edit that was made for a film, those that failed and were made anew among them."""
    return [
        piece_id(edit.edit_id, at, attempt)
        for at, tries in enumerate(film.tries)
        for attempt in range(1, tries + 1)
    ]


def spent(edit: Edit, film: Film, records: Records) -> tuple[float, float]:
    """What its pieces have cost, and what may still be billed for them, in US dollars."""
    made = records.get_many(all_edit_ids(edit, film)).values()
    billed = sum(it.billed_usd or 0.0 for it in made)
    return round(billed, 4), round(sum(it.at_risk_usd or 0.0 for it in made), 4)


def stop_pieces(edit: Edit, *, records: Records) -> None:
    """Have no piece sent any more of a film that has ended; ask providers to stop the others."""
    if edit.film is None or edit.result is not None:
        return
    for key in edit.film.edit_ids:
        with suppress(LostRace, UnknownEdit):
            piece = records.get(key)
            if piece.must_be_concluded or piece.parent_id != edit.edit_id:
                continue
            if piece.status is Status.RECEIVED:
                records.conclude(piece, STOPPED)
            elif piece.status in STOPPABLE and MODELS[piece.model or ""].cancels:
                records.ask_to_cancel(piece)
