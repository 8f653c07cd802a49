"""A long clip edited in pieces, as far as it takes a decoder: planned, cut, put together.

Each call does what is next and says so on record, so it may be entered again at any moment: what
an earlier one has stored or opened is found by ids that follow from the film's own.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from retake.aws.s3 import ObjectReader
from retake.catalog.clip_rules import violated_rules
from retake.catalog.film_plan import (
    check_length,
    limits_for,
    pieces_of,
    planned,
    seconds_of,
    total_usd,
)
from retake.catalog.models import MODELS
from retake.catalog.repair_plan import not_repairable
from retake.catalog.schema import Model
from retake.catalog.splitting import consistency_of, notes_on, overlap_usd, whole_target
from retake.domain.conclusions import failed, rejection
from retake.domain.edit import Edit
from retake.domain.errors import Refused
from retake.domain.pieces import Film, piece_id, to_buy
from retake.domain.request import Request
from retake.domain.source import Source, fitted_key
from retake.domain.stored import required
from retake.domain.values import dataclass
from retake.domain.vocabulary import Consistency, Reason
from retake.media.cut import cut
from retake.media.measure import Deadline, survey
from retake.media.probe import probe
from retake.media.scenes import scene_changes
from retake.media.seams import Tone
from retake.records.queries import UnknownEdit
from retake.records.store import Records
from retake.steps.fit import Bench, fetched, stored
from retake.steps.outcome import Next, Step, closing
from retake.steps.piece_pictures import anchor_picture, last_picture
from retake.steps.pieces import result_of, standing
from retake.steps.stitch import stitch


@dataclass(frozen=True, slots=True)
class Desk:
    """What splitting works with: the records, and the room on disk."""

    records: Records
    bench: Bench
    clock: Callable[[], float] = time.monotonic


def split(edit: Edit, desk: Desk) -> Step:
    """Do what is next for a film. A clip that cannot be split ends the edit, with the reason.

    Raises Unavailable when S3 or DynamoDB cannot answer now; LostRace.
    """
    if edit.must_be_concluded:
        return closing(edit)
    film = edit.film
    try:
        if film is None:
            _plan(edit, desk)
        elif len(film.files) < len(film.edit_ids):
            _cut(edit, film, desk)
        elif film.whole is None:
            _go_on(edit, film, desk)
    except Refused as refusal:
        return closing(desk.records.conclude(edit, rejection(refusal)))
    return Step(edit.edit_id, Next.SUBMIT)


def _plan(edit: Edit, desk: Desk) -> None:
    request, model = required(edit.request), MODELS[edit.model or ""]
    with TemporaryDirectory(prefix="retake-split-") as room:
        clip = fetched(required(edit.source), desk.bench, Path(room) / "clip")
        watch = Deadline(desk.bench.seconds)
        found = survey(clip, watch)
        target = whole_target(found.footage, request, model)
        check_length(target.pictures, target.rate, target.width, target.height)
        limits = limits_for(model, request, target.rate)
        # Where it would be refused in any case, nothing need be decoded.
        cuts = planned(target.pictures, limits)
        scenes = scene_changes(clip, found, target, watch)
        cuts = planned(target.pictures, limits, scenes) if scenes else cuts
        more_usd = overlap_usd(target.pictures, limits, scenes)
    pieces = pieces_of(cuts, limits, scenes)
    count = len(pieces)
    film = Film(
        rate=str(target.rate),
        width=target.width,
        height=target.height,
        cuts=cuts,
        scenes=tuple(at for at in cuts if at in set(scenes)),
        consistency=consistency_of(request, model) if count > 1 else Consistency.NONE,
        anchor_image=request.anchor_image,
        overlap_frames=limits.overlap_frames,
        edit_ids=_edit_ids(edit, cuts, desk.records),
        tries=(1,) * count,
    )
    lengths = ", ".join(f"{each.seconds:.2f}" for each in pieces)
    billed = sum(each.billed_seconds for each in pieces)
    bought = [pieces[at] for at in to_buy(film, edit.edit_id)]
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
        quoted_usd=total_usd(bought),
        quoted_seconds=seconds_of(bought),
        warnings=(
            *edit.warnings,
            f"The clip is edited in {count} pieces of {lengths} s; {billed:.2f} s are billed.",
            *(notes_on(request, model, more_usd=more_usd) if count > 1 else ()),
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
        named = Source(bucket=bench.bucket, key=fitted_key(piece_id(edit.edit_id, number)))
        piece, known = stored(path, named, bench), required(state.film)
        path.unlink()
        _check(piece, number, request, model, bench)
        more = replace(
            known, files=(*known.files, piece), tones=(*known.tones, (*tones[0], *tones[1]))
        )
        state = desk.records.films.note(state, more)
        now = desk.clock()
        took, last = now - last, now
        # Each call has to come this far again, so one that has time goes on.
        return now - began + 2 * took < bench.seconds

    with TemporaryDirectory(prefix="retake-split-") as room:
        clip = fetched(required(edit.source), bench, Path(room) / "clip")
        watch = Deadline(bench.seconds)
        found = survey(clip, watch)
        target = replace(whole_target(found.footage, request, model), pictures=film.cuts[-1])
        begin, leads = len(film.files), film.leads
        cut(clip, found, target, film.cuts, begin=begin, take=take, watch=watch, leads=leads)


def _go_on(edit: Edit, film: Film, desk: Desk) -> None:
    state = standing(edit, film, desk.records)
    if state.is_done:
        try:
            stitch(edit, film, state, desk.bench, desk.records, clock=desk.clock)
        except Refused as refusal:
            # Every piece is paid for and stays where it is.
            conclusion = failed(
                Reason.BAD_RESULT,
                f"All {len(film.edit_ids)} pieces were edited and could not be put together: "
                f"{refusal}",
                details={"pieces": list(film.edit_ids)},
            )
            desk.records.conclude(edit, conclusion)
    elif (at := state.places.lacks_anchor_of) is not None:
        picture = anchor_picture(edit, result_of(film, state, at), desk.bench)
        desk.records.films.note(edit, replace(film, anchor=picture))
    elif (at := state.places.lacks_last_of) is not None:
        picture = last_picture(edit, at, result_of(film, state, at), desk.bench)
        desk.records.films.note(edit, replace(film, last=picture, last_of=at))


def _check(piece: Source, number: int, request: Request, model: Model, bench: Bench) -> None:
    """Hold a piece against the rules that hold for any clip. Raises Refused."""
    footage = probe(ObjectReader(bench.storage, piece, piece.size_bytes))
    for rule in violated_rules(footage, request, model):
        raise not_repairable(f"piece {number + 1} would have {rule.field} {rule.found(footage)}")
