"""The pieces of a film as the workflow sees them: wait for them, go on, or stop them.

A film never goes to a provider itself. Submit, where its loop comes by, asks here and opens its
pieces; what takes a decoder, which a stranger's video may break into, is done by Fit
(retake.steps.split), which may open nothing.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from retake.catalog.models import MODELS
from retake.catalog.splitting import goes_in_pieces
from retake.domain.billing import may_be_billed, risk_usd
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit, Result
from retake.domain.errors import LostRace
from retake.domain.footage import Footage
from retake.domain.pieces import MAX_TRIES, Film, PiecePlaces, piece_id
from retake.domain.stored import required
from retake.domain.vocabulary import PieceFailure, Reason, Status
from retake.records.queries import UnknownEdit
from retake.records.spending import Purchase
from retake.records.store import Records
from retake.records.transitions import STOPPABLE
from retake.steps.intake import message_of
from retake.steps.open_piece import open_piece
from retake.steps.outcome import Next, Step, closing

WAIT_SECONDS = 30
IN_LINE_SECONDS = 600  # while each piece waits in a line: an execution has room for 25,000 events
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


def turn(
    edit: Edit,
    *,
    records: Records,
    enqueue: Callable[[str], None],
    admitted: Callable[[Edit], Purchase | Step],
) -> Step:
    """Open the pieces that may start now, and say whether to wait, to go to Fit, or to close.

    Before the first is opened, `admitted` says whether all of them may be bought. Raises LostRace,
    Unavailable.
    """
    film = edit.film
    if film is None or len(film.files) < len(film.edit_ids):
        return Step(edit.edit_id, Next.FIT)
    if film.whole is not None:
        return Step(edit.edit_id, Next.PERSIST)
    state = standing(edit, film, records)
    if state.to_send_again:
        for at in state.to_send_again:
            film = _again(film, edit, at)
        edit = records.films.note(edit, film)
        state = standing(edit, film, records)
    if len(state.places.over) != film.pieces_done:
        # Only so do lists, the board and a waiting command see it move without reading each piece.
        film = replace(film, pieces_done=len(state.places.over))
        edit = records.films.note(edit, film)
    if state.is_lost:
        return closing(_without(edit, film, state, records))
    if state.is_done or state.lacks_picture:
        return Step(edit.edit_id, Next.FIT)
    has_begun = any(it.parent_id == edit.edit_id for it in state.edits.values())
    if not has_begun and max(film.tries) == 1:
        purchase = admitted(edit)
        if isinstance(purchase, Step):
            return purchase
        if edit.waits_for is not None:  # it looked by itself, and need not wait any more
            edit = records.line.leave(edit, line_place=None)
    for at in state.to_start:
        open_piece(edit, film, at, records)
        enqueue(message_of(film.edit_ids[at]))
    for key, piece in state.edits.items():
        if piece.version == 0 and not piece.is_finished:
            enqueue(message_of(key))  # who opened it may have died before it was queued
    running = [it for it in state.edits.values() if not it.is_finished]
    is_held_up = bool(running) and all(it.waits_for is not None for it in running)
    return Step(edit.edit_id, Next.SUBMIT, IN_LINE_SECONDS if is_held_up else WAIT_SECONDS)


def _again(film: Film, edit: Edit, at: int) -> Film:
    """The same piece as another edit."""
    attempt = film.tries[at] + 1
    ids, tries = list(film.edit_ids), list(film.tries)
    ids[at], tries[at] = piece_id(edit.edit_id, at, attempt), attempt
    return replace(film, edit_ids=tuple(ids), tries=tuple(tries))


class PieceStanding:
    """How the pieces of a film stand, by their places: `lost` are those without which there is no
    film, `kept` those that stay as they were."""

    def __init__(self, edit: Edit, film: Film, edits: Mapping[str, Edit]) -> None:
        self.edits = edits
        ended = {key: it for key, it in edits.items() if it.is_finished}
        wish = required(edit.request).if_piece_fails or PieceFailure.FAIL
        bad = [at for at, key in enumerate(film.edit_ids) if key in ended and not ended[key].result]
        self.to_send_again = [
            at
            for at in bad
            if film.tries[at] < MAX_TRIES and _may_be_sent(ended[film.edit_ids[at]], edit)
        ]
        hopeless = [at for at in bad if at not in self.to_send_again]
        self.kept = hopeless if wish is PieceFailure.KEEP_SOURCE else []
        self.lost = [] if self.kept else hopeless
        opened = frozenset(at for at, key in enumerate(film.edit_ids) if key in edits)
        self.places = PiecePlaces(
            film=film,
            opened=opened,
            made=frozenset(at for at in opened if edits[film.edit_ids[at]].result),
            given_up=frozenset(hopeless),
        )
        is_stopped = bool(self.lost) and wish is PieceFailure.FAIL
        self.to_start = [] if is_stopped else self.places.may_start
        is_running = any(not edits[film.edit_ids[at]].is_finished for at in opened)
        is_over = len(self.places.over) == len(film.edit_ids)
        self.is_lost = bool(self.lost) and not is_running and (is_stopped or is_over)
        self.is_done = is_over and not self.lost

    @property
    def lacks_picture(self) -> bool:
        """Whether a picture of an edited piece is to be made for those that come."""
        places = self.places
        return places.lacks_anchor_of is not None or places.lacks_last_of is not None


def _may_be_sent(piece: Edit, film: Edit) -> bool:
    """A yes is for the price once: then only where the first time certainly cost nothing."""
    if film.approval is not None and (piece.billed_usd or piece.at_risk_usd):
        return False
    return piece.status is Status.FAILED and piece.reason in SENT_AGAIN


def standing(edit: Edit, film: Film, records: Records) -> PieceStanding:
    """How its pieces stand now."""
    return PieceStanding(edit, film, records.get_many(film.edit_ids))


def result_of(film: Film, state: PieceStanding, at: int) -> Result:
    """What a piece was edited to. Raises IncompleteRecord where it has none."""
    return required(state.edits[film.edit_ids[at]].result)


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
    risk = sum(it.at_risk_usd or 0.0 if it.is_finished else risk_usd(it) for it in made)
    return round(billed, 4), round(risk, 4)


def has_sent_pieces(edit: Edit, records: Records) -> bool:
    """Whether a piece may have cost something by now."""
    if edit.film is None:
        return False
    made = records.get_many(all_edit_ids(edit, edit.film)).values()
    return any(it.billed_usd or may_be_billed(it) for it in made)


def with_pieces_bill(
    edit: Edit, conclusion: Conclusion, records: Records
) -> tuple[Edit, Conclusion]:
    """A film that ends, with what its pieces have cost, and an end that says so. Others as they
    are."""
    film = edit.film
    if film is None:
        return edit, conclusion
    billed, risk = spent(edit, film, records)
    edit = replace(edit, billed_usd=billed)
    is_told = conclusion.status in (Status.SUCCEEDED, Status.REJECTED)
    if is_told or "pieces" in conclusion.details or not (billed or risk):
        return edit, conclusion
    found = records.get_many(film.edit_ids)
    made = [key for key in film.edit_ids if key in found and found[key].result]
    sums = f"{billed:.2f} USD are billed"
    sums += f", and up to {risk:.2f} USD more may be" if risk else ""
    return edit, replace(
        conclusion,
        message=f"{conclusion.message} Of {len(film.edit_ids)} pieces {len(made)} were edited; "
        f"{sums}.",
        details={**conclusion.details, "pieces": made} | ({"at_risk_usd": risk} if risk else {}),
    )


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


def _without(edit: Edit, film: Film, state: PieceStanding, records: Records) -> Edit:
    """The end of a film of which a piece is missing: what was finished is kept and named."""
    _, risk = spent(edit, film, records)
    first = state.edits[film.edit_ids[state.lost[0]]]
    made = [key for key in film.edit_ids if key in state.edits and state.edits[key].result]
    places = ", ".join(str(at + 1) for at in state.lost)
    kept = "They are kept, and there is no film yet. " if made else ""
    conclusion = failed(
        required(first.reason),
        f"Of {len(film.edit_ids)} pieces {len(made)} were edited; piece {places} was not: "
        f"{first.message} {kept}A retry sends only what is missing.",
        details={
            "pieces": made,
            "files": [required(state.edits[key].result).key for key in made],
            "failed": [film.edit_ids[at] for at in state.lost],
        }
        | ({"at_risk_usd": risk} if risk else {}),
        provider_said=first.conclusion.provider_said if first.conclusion else None,
    )
    return records.conclude(edit, conclusion)
