"""The film of edited pieces, and what there is to say of its joins. Persist makes it the result.

A call makes a reel of as many pieces as it has time for; the one that has them all joins the reels.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from retake.catalog.models import MODELS
from retake.catalog.repair_plan import Target, target_for
from retake.domain.edit import Edit
from retake.domain.pieces import Film
from retake.domain.source import Source, fitted_key
from retake.domain.stored import required
from retake.domain.vocabulary import Fit
from retake.media.measure import Deadline, Survey, survey
from retake.media.seams import step
from retake.media.stitch import Joined, ReelsDiffer, Stitcher, splice
from retake.records.store import Records
from retake.steps.fit import Bench, copied, fetched, stored
from retake.steps.pieces import PieceStanding

# Of the function's time, beside what a repair may take: what is put together is paid for, and
# little is left to store.
MORE_SECONDS = 120.0


def stitch(
    edit: Edit,
    film: Film,
    state: PieceStanding,
    bench: Bench,
    records: Records,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Edit:
    """Put the pieces together, beside them, or as many as there is time for: the next call goes on.

    Raises Refused, Unavailable, LostRace.
    """
    began = clock()
    with TemporaryDirectory(prefix="retake-stitch-") as folder:
        room, watch = Path(folder), Deadline(bench.seconds + MORE_SECONDS)
        clip = fetched(required(edit.source), bench, room / "clip")
        found = survey(clip, watch)
        target = _target(edit, film, found)
        joined = [Joined(**each) for each in film.joined]
        reels: list[Callable[[], Path]] = [
            partial(copied, each, bench, room / "reel.mp4") for each in film.reels
        ]
        if len(joined) < len(film.edit_ids):
            reel, first = room / "reel-last.mp4", len(joined)
            with Stitcher(reel, found, target, watch) as stitcher:
                last = clock()
                begin = first - 1 if film.leads[first] else first
                for at, piece in _pieces(film, state, bench, room, begin=begin):
                    own, lead, tail = film.frames[at], film.leads[at], (*film.leads, 0)[at + 1]
                    if at < first:
                        stitcher.hold(piece, own, lead=lead, tail=tail)
                        continue
                    joined.append(stitcher.add(piece, own, lead=lead, tail=tail))
                    took, last = clock() - last, clock()
                    if last - began + 2 * took > bench.seconds:
                        break
                stitcher.end()
            # To join the reels takes its time too, and one that is stored is not made again.
            if len(joined) < len(film.edit_ids) or last - began > bench.seconds / 2:
                named = _beside(edit, f"reel-{first}-{len(joined)}", bench)
                more = (*film.reels, stored(reel, named, bench))
                known = tuple(each.to_mapping() for each in joined)
                return records.films.note(edit, replace(film, reels=more, joined=known))
            reels.append(lambda: reel)
        has_sound = required(edit.request).keep_audio and bool(found.sounds.taken)
        into = room / "film.mp4"
        try:
            sound = clip if has_sound else None
            splice((get() for get in reels), into, target, watch, found=found, clip=sound)
        except ReelsDiffer:  # another version of the encoder has made some of them: begin anew
            return records.films.note(edit, replace(film, reels=(), joined=()))
        # It lies there until Persist has taken it over.
        whole = stored(into, _beside(edit, "film", bench), bench)
    seams = tuple(_seams(film, joined))
    done = replace(film, whole=whole, seams=seams, reels=(), joined=())
    told = (*edit.warnings, *_corrections(joined), *_kept(film, state))
    return records.films.note(edit, done, warnings=told)


def _target(edit: Edit, film: Film, found: Survey) -> Target:
    model = MODELS[edit.model or ""]
    mode = model.variant(fast=required(edit.request).fast)
    like = target_for(
        found.footage, is_steady=found.is_steady, fit=Fit.AUTO, model=model, mode=mode
    )
    rate = Fraction(film.rate)
    return Target(film.width, film.height, rate, film.cuts[-1], like.most_bits_per_second)


def _pieces(
    film: Film, state: PieceStanding, bench: Bench, room: Path, *, begin: int
) -> Iterator[tuple[int, Path]]:
    """Each piece's file in turn; that of the one before is gone when the next is there."""
    for at, key in enumerate(film.edit_ids[begin:], begin):
        result = state.edits[key].result
        if at in state.kept or result is None:
            source = film.files[at]
        else:
            source = Source(bucket=result.bucket, key=result.key, size_bytes=result.size_bytes)
        yield at, copied(source, bench, room / "piece")


def _beside(edit: Edit, what: str, bench: Bench) -> Source:
    key = f"{fitted_key(edit.edit_id).removesuffix('.mp4')}.{what}.mp4"
    return Source(bucket=bench.bucket, key=key)


def _seams(film: Film, joined: list[Joined]) -> Iterator[dict[str, Any]]:
    """Each join: where it is, and how far brightness and colour step there, as they did before."""
    rate = Fraction(film.rate)
    for at, (before, after) in enumerate(pairwise(joined)):
        seam: dict[str, Any] = {
            "seconds": round(float(film.cuts[at + 1] / rate), 3),
            "is_scene_change": film.cuts[at + 1] in film.scenes,
            "step": step(after.lead[1] if after.lead else before.last, after.first),
        }
        if after.lead:  # two edits of one frame
            seam["faded_frames"] = film.leads[at + 1]
            seam["edits_apart"] = step(before.last, after.lead[0])
        if len(film.tones) > at + 1:
            seam["source_step"] = step(film.tones[at][3:], film.tones[at + 1][:3])
        yield seam


def _corrections(joined: list[Joined]) -> Iterator[str]:
    for number, each in enumerate(joined, 1):
        wrong = []
        if each.frames_corrected:
            frames = "1 frame" if each.frames_corrected == 1 else f"{each.frames_corrected} frames"
            wrong.append(f"{frames} more or fewer than were sent")
        if each.was_resized:
            wrong.append("another size")
        if each.was_retimed:
            wrong.append("another rate")
        if wrong:
            yield f"Piece {number} came back with {' and '.join(wrong)}; it was brought to its own."


def _kept(film: Film, state: PieceStanding) -> Iterator[str]:
    for at in state.kept:
        why = state.edits[film.edit_ids[at]].message
        yield f"Piece {at + 1} is as it was, because it could not be edited: {why}"
