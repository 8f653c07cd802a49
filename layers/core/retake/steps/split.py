"""A long clip edited in pieces: planned, cut, handed out, and put together when all are back.

Each call does what is next and says so on record, so it may be entered again at any moment: what
an earlier one has stored or opened is found by ids that follow from the film's own.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from retake.catalog.film_plan import check_length, limits_for, pieces_of, planned, total_usd
from retake.catalog.models import MODELS
from retake.catalog.repair_plan import Target, target_for
from retake.catalog.schema import Model
from retake.catalog.splitting import consistency_of
from retake.domain.edit import Edit, Request
from retake.domain.errors import Refused
from retake.domain.pieces import Film, piece_id
from retake.domain.source import fitted_key
from retake.domain.stored import required
from retake.domain.vocabulary import Consistency, Fit
from retake.media.cut import cut
from retake.media.measure import Deadline, Survey, survey
from retake.media.scenes import scene_changes
from retake.media.seams import Tone
from retake.records.queries import UnknownEdit
from retake.records.store import Records, failed, rejection
from retake.steps.fit import Bench, fetched, pieces_of_file
from retake.steps.intake import message_of
from retake.steps.open_piece import open_piece
from retake.steps.outcome import Next, Step, closing
from retake.steps.pieces import Standing, spent, standing
from retake.steps.stitch import stitch

WHOLE_SECONDS = 3600.0  # longer than any clip that may be split


@dataclass(frozen=True, slots=True)
class Desk:
    """What splitting works with: the records, the room on disk, and the way to start edits."""

    records: Records
    bench: Bench
    enqueue: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic


def split(edit: Edit, desk: Desk) -> Step:
    """Do what is next for a film. A clip that cannot be split ends the edit, with the reason.

    Raises Unavailable when S3, DynamoDB or SQS cannot answer now; LostRace.
    """
    if edit.must_be_concluded:
        return closing(edit)
    film = edit.film
    try:
        if film is None:
            _plan(edit, desk)
        elif film.cut < len(film.edit_ids):
            _cut(edit, film, desk)
        elif film.whole is None:
            return _go_on(edit, film, desk)
    except Refused as refusal:
        return closing(desk.records.conclude(edit, rejection(refusal)))
    return Step(edit.edit_id, Next.SUBMIT)


def _target(found: Survey, request: Request, model: Model, frames: int | None = None) -> Target:
    """The whole clip at a constant rate, as bright in bits as a single piece may be."""
    mode = model.variant(fast=request.fast)
    whole = replace(mode, minimum_seconds=0, maximum_seconds=WHOLE_SECONDS)
    one, all_of_it = (
        target_for(found.footage, is_steady=found.is_steady, fit=Fit.AUTO, model=model, mode=each)
        for each in (mode, whole)
    )
    return replace(
        all_of_it,
        pictures=frames or all_of_it.pictures,
        most_bits_per_second=one.most_bits_per_second,
    )


def _plan(edit: Edit, desk: Desk) -> None:
    request, model = required(edit.request), MODELS[edit.model or ""]
    with TemporaryDirectory(prefix="retake-split-") as room:
        clip = fetched(required(edit.source), desk.bench, Path(room) / "clip")
        watch = Deadline(desk.bench.seconds)
        found = survey(clip, watch)
        target = _target(found, request, model)
        check_length(target.pictures, target.rate, target.width, target.height)
        limits = limits_for(model, request, target.rate)
        # Where it would be refused in any case, nothing need be decoded.
        cuts = planned(target.pictures, limits)
        scenes = scene_changes(clip, found, target, watch)
        cuts = planned(target.pictures, limits, scenes) if scenes else cuts
    pieces = pieces_of(cuts, limits)
    count = len(pieces)
    film = Film(
        rate=str(target.rate),
        width=target.width,
        height=target.height,
        cuts=cuts,
        scenes=tuple(at for at in cuts if at in set(scenes)),
        consistency=consistency_of(request, model) if count > 1 else Consistency.NONE,
        edit_ids=_edit_ids(edit, cuts, desk.records),
        tries=(1,) * count,
    )
    lengths = ", ".join(f"{each.seconds:.2f}" for each in pieces)
    billed = sum(each.billed_seconds for each in pieces)
    shown = replace(
        found.footage,
        duration_seconds=target.seconds,
        width=target.width,
        height=target.height,
        fps=float(target.rate),
    )
    desk.records.films.plan(
        edit,
        film,
        footage=asdict(shown),
        quoted_usd=total_usd(pieces),
        warnings=(
            *edit.warnings,
            f"The clip is edited in {count} pieces of {lengths} s; {billed:.2f} s are billed.",
        ),
    )


def _edit_ids(edit: Edit, cuts: Sequence[int], records: Records) -> tuple[str, ...]:
    """The edit of each piece: one that an earlier film of these cuts has finished, or its own."""
    own = tuple(piece_id(edit.edit_id, at) for at in range(len(cuts) - 1))
    try:
        old = records.get(edit.retry_of) if edit.retry_of else None
    except UnknownEdit:
        return own
    if old is None or old.film is None or old.film.cuts != tuple(cuts):
        return own
    made = records.get_many(old.film.edit_ids)
    if old.request != edit.request:
        return own
    return tuple(
        then if then in made and made[then].result else mine
        for mine, then in zip(own, old.film.edit_ids, strict=True)
    )


def _cut(edit: Edit, film: Film, desk: Desk) -> None:
    request, model = required(edit.request), MODELS[edit.model or ""]
    bench, began = desk.bench, desk.clock()
    state, last = edit, began

    def take(number: int, path: Path, tones: tuple[Tone, Tone]) -> bool:
        nonlocal state, last
        size = path.stat().st_size
        key = fitted_key(film.edit_ids[number])
        bench.storage.save(bench.bucket, key, pieces_of_file(path), length=size)
        path.unlink()
        known = required(state.film)
        more = replace(known, cut=number + 1, tones=(*known.tones, (*tones[0], *tones[1])))
        state = desk.records.films.note(state, more)
        now = desk.clock()
        took, last = now - last, now
        # Each call has to come this far again, so one that has time goes on.
        return now - began + 2 * took < bench.seconds

    with TemporaryDirectory(prefix="retake-split-") as room:
        clip = fetched(required(edit.source), bench, Path(room) / "clip")
        watch = Deadline(bench.seconds)
        found = survey(clip, watch)
        target = _target(found, request, model, film.cuts[-1])
        cut(clip, found, target, film.cuts, begin=film.cut, take=take, watch=watch)


def _go_on(edit: Edit, film: Film, desk: Desk) -> Step:
    records = desk.records
    state = standing(edit, film, records)
    for at in state.to_send_again:
        film = _again(film, edit, at)
    if state.to_send_again:
        edit = records.films.note(edit, film)
        _carry_over(film, state, desk)
        state = standing(edit, film, records)
    if state.lost and not state.is_running:
        return closing(_without(edit, film, state, records))
    for at in state.to_start:
        open_piece(edit, film, at, state, desk.bench, records)
        desk.enqueue(message_of(film.edit_ids[at]))
    for key in film.edit_ids:
        piece = state.edits.get(key)
        if piece is not None and piece.version == 0 and not piece.is_finished:
            desk.enqueue(message_of(key))  # who opened it may have died before it was queued
    if state.is_done:
        billed, _ = spent(edit, film, records)
        stitch(edit, film, state, desk.bench, records, spent_usd=billed)
    return Step(edit.edit_id, Next.SUBMIT)


def _again(film: Film, edit: Edit, at: int) -> Film:
    """The same piece as another edit."""
    attempt = film.tries[at] + 1
    ids, tries = list(film.edit_ids), list(film.tries)
    ids[at], tries[at] = piece_id(edit.edit_id, at, attempt), attempt
    return replace(film, edit_ids=tuple(ids), tries=tuple(tries))


def _carry_over(film: Film, state: Standing, desk: Desk) -> None:
    """The pieces' files under the names of the edits that make them now."""
    bench = desk.bench
    for at in state.to_send_again:
        before = next(
            it.fitted for it in state.edits.values() if it.piece_index == at and it.fitted
        )
        key = fitted_key(film.edit_ids[at])
        chunks = bench.storage.stream(before)
        bench.storage.save(bench.bucket, key, chunks, length=before.size_bytes)


def _without(edit: Edit, film: Film, state: Standing, records: Records) -> Edit:
    """The end of a film of which a piece is missing: what was finished is kept and named."""
    billed, risk = spent(edit, film, records)
    edit = records.films.note(edit, film, spent_usd=billed)
    first = state.edits[film.edit_ids[state.lost[0]]]
    made = [key for key in film.edit_ids if key in state.edits and state.edits[key].result]
    places = ", ".join(str(at + 1) for at in state.lost)
    conclusion = failed(
        required(first.reason),
        f"Of {len(film.edit_ids)} pieces {len(made)} were edited; piece {places} was not: "
        f"{first.message} A retry sends only what is missing.",
        details={"pieces": made, "failed": [film.edit_ids[at] for at in state.lost]}
        | ({"at_risk_usd": risk} if risk else {}),
        provider_said=first.conclusion.provider_said if first.conclusion else None,
    )
    return records.conclude(edit, conclusion)
