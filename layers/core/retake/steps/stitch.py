"""The film of edited pieces, and what there is to say of its joins. Persist makes it the result."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from retake.aws.s3 import ObjectReader
from retake.catalog.models import MODELS
from retake.catalog.repair_plan import Target, target_for
from retake.domain.edit import Edit
from retake.domain.pieces import Film
from retake.domain.source import Source, fitted_key
from retake.domain.stored import required
from retake.domain.vocabulary import Fit
from retake.media.measure import Deadline, Survey, survey
from retake.media.seams import step
from retake.media.stitch import Joined, Stitcher
from retake.records.store import Records
from retake.steps.fit import PIECE_BYTES, Bench, fetched, pieces_of_file
from retake.steps.pieces import PieceStanding

# Of the function's time, beside what a repair may take: what is put together is paid for, and
# little is left to store. Ten minutes of 1080p took 780 s of one processor, of nearly two.
MORE_SECONDS = 120.0


def stitch(
    edit: Edit,
    film: Film,
    state: PieceStanding,
    bench: Bench,
    records: Records,
    *,
    spent_usd: float,
) -> Edit:
    """Put the pieces together, beside them. Raises Refused, Unavailable, LostRace."""
    with TemporaryDirectory(prefix="retake-stitch-") as folder:
        room, watch = Path(folder), Deadline(bench.seconds + MORE_SECONDS)
        clip = fetched(required(edit.source), bench, room / "clip")
        found = survey(clip, watch)
        has_sound = required(edit.request).keep_audio and bool(found.sounds.taken)
        into = room / "film.mp4"
        target = _target(edit, film, found)
        with Stitcher(into, found, target, watch, clip if has_sound else None) as stitcher:
            joined = [
                stitcher.add(piece, count)
                for piece, count in zip(_pieces(film, state, bench, room), film.frames, strict=True)
            ]
            stitcher.end()
        clip.unlink()
        named = Source(bucket=bench.bucket, key=whole_key(edit.edit_id))
        size = into.stat().st_size
        chunks = pieces_of_file(into)
        bench.storage.save(named.bucket, named.key, chunks, length=size, is_digested=False)
    head = bench.storage.head(named)
    whole = replace(named, version_id=head.version_id, size_bytes=head.size_bytes)
    done = replace(film, whole=whole, seams=tuple(_seams(film, joined)))
    told = (*edit.warnings, *_corrections(joined), *_kept(film, state))
    return records.films.note(edit, done, spent_usd=spent_usd, warnings=told)


def _target(edit: Edit, film: Film, found: Survey) -> Target:
    model = MODELS[edit.model or ""]
    mode = model.variant(fast=required(edit.request).fast)
    like = target_for(
        found.footage, is_steady=found.is_steady, fit=Fit.AUTO, model=model, mode=mode
    )
    rate = Fraction(film.rate)
    return Target(film.width, film.height, rate, film.cuts[-1], like.most_bits_per_second)


def _pieces(film: Film, state: PieceStanding, bench: Bench, room: Path) -> Iterator[Path]:
    """Each piece's file in turn; that of the one before is gone when the next is there."""
    for at, key in enumerate(film.edit_ids):
        result = state.edits[key].result
        if at in state.kept or result is None:
            source = film.files[at]
        else:
            source = Source(bucket=result.bucket, key=result.key, size_bytes=result.size_bytes)
        path, reader = room / "piece", ObjectReader(bench.storage, source, source.size_bytes)
        with path.open("wb") as file:
            for begin in range(0, source.size_bytes, PIECE_BYTES):
                file.write(reader.read_at(begin, PIECE_BYTES))
        yield path


def whole_key(edit_id: str) -> str:
    """Where a film lies that was put together, until Persist has taken it over."""
    return fitted_key(edit_id).removesuffix(".mp4") + ".film.mp4"


def _seams(film: Film, joined: list[Joined]) -> Iterator[dict[str, Any]]:
    """Each join: where it is, and how far brightness and colour step there, as they did before."""
    rate = Fraction(film.rate)
    for at, (before, after) in enumerate(pairwise(joined)):
        seam: dict[str, Any] = {
            "seconds": round(float(film.cuts[at + 1] / rate), 3),
            "is_scene_change": film.cuts[at + 1] in film.scenes,
            "step": step(before.last, after.first),
        }
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
