"""Cutting and stitching, judged by numbers that were drawn into every frame."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from retake.catalog.models import MODELS
from retake.catalog.repair_plan import Target, target_for
from retake.domain.vocabulary import Fit
from retake.media.cut import cut
from retake.media.measure import Deadline, survey
from retake.media.scenes import scene_changes
from retake.media.stitch import Joined, Stitcher, splice

from tests.support.numbered_film import as_path, clicks_in, film, numbers_in
from tests.support.video_decoder import watch
from virtual.clips import clip as camera_clip

SIDES = (320, 192)


def cut_up(data: bytes, folder: Path, cuts: list[int], rate: Fraction | int = 24) -> list[bytes]:
    """The pieces of a clip, each pass making two of them."""
    clip, clock = as_path(data, folder, "clip.mp4"), Deadline(60)
    target = Target(*SIDES, Fraction(rate), cuts[-1], 8_000_000)
    pieces: list[bytes] = []

    def take(number: int, path: Path, tones: object) -> bool:
        assert number == len(pieces)
        pieces.append(path.read_bytes())
        return len(pieces) % 2 == 1

    while len(pieces) < len(cuts) - 1:
        cut(clip, survey(clip, clock), target, cuts, begin=len(pieces), take=take, watch=clock)
    return pieces


def stitched(
    pieces: list[bytes],
    counts: list[int],
    folder: Path,
    *,
    clip: bytes,
    rate: Fraction | int = 24,
    sound: bool = True,
) -> tuple[bytes, list[Joined]]:
    source, clock = as_path(clip, folder, "source.mp4"), Deadline(60)
    into = folder / "film.mp4"
    target = Target(*SIDES, Fraction(rate), sum(counts), 8_000_000)
    found = survey(source, clock)
    joined: list[Joined] = []
    reels = [folder / f"reel-{number}.mp4" for number in range(2 if len(pieces) > 2 else 1)]
    waiting = list(enumerate(zip(pieces, counts, strict=True)))
    for reel, share in zip(reels, (waiting[:2], waiting[2:]), strict=False):
        with Stitcher(reel, found, target, clock) as film_made:
            for at, (piece, count) in share:
                joined.append(film_made.add(as_path(piece, folder, f"edited-{at}.mp4"), count))
            film_made.end()
    splice(reels, into, target, clock, found=found, clip=source if sound else None)
    return into.read_bytes(), joined


def test_pieces_hold_each_frame_of_the_clip_once(tmp_path: Path) -> None:
    pieces = cut_up(film(range(150), layout="stereo"), tmp_path, [0, 50, 97, 150])

    assert [numbers_in(each) for each in pieces] == [
        list(range(50)),
        list(range(50, 97)),
        list(range(97, 150)),
    ]
    seen = [watch(each) for each in pieces]
    assert [each.pictures for each in seen] == [50, 47, 53]
    assert {(each.fps, each.sound, each.is_steady) for each in seen} == {(24.0, None, True)}


def test_what_comes_back_as_it_was_is_the_clip_again_with_its_own_sound(tmp_path: Path) -> None:
    clip = film(range(150), layout="stereo")
    pieces = cut_up(clip, tmp_path, [0, 50, 97, 150])

    made, joined = stitched(pieces, [50, 47, 53], tmp_path, clip=clip)

    assert numbers_in(made) == list(range(150))
    assert [each.frames_corrected for each in joined] == [0, 0, 0]
    ours, theirs = clicks_in(made), clicks_in(clip)
    assert len(ours) == len(theirs) == 7
    assert all(abs(a - b) < 1 / 24 for a, b in zip(ours, theirs, strict=True))


def longer(piece: list[int]) -> bytes:
    return film([*piece, *[piece[-1]] * 3])


def shorter(piece: list[int]) -> bytes:
    return film(piece[:-3])


def larger(piece: list[int]) -> bytes:
    return film(piece, width=640, height=384)


@pytest.mark.parametrize("change", [longer, shorter, larger])
def test_a_piece_of_another_length_or_size_is_brought_to_its_own(
    change: Callable[[list[int]], bytes], tmp_path: Path
) -> None:
    clip = film(range(120))
    whole = [list(range(60)), list(range(60, 120))]

    made, joined = stitched(
        [change(whole[0]), film(whole[1])], [60, 60], tmp_path, clip=clip, sound=False
    )

    numbers = numbers_in(made)
    assert len(numbers) == 120
    assert numbers[60:] == whole[1]
    assert (joined[0].frames_corrected, joined[0].was_resized) == (
        0 if change is larger else 3,
        change is larger,
    )
    seen = watch(made)
    assert (seen.width, seen.height, seen.fps, seen.sound) == (*SIDES, 24.0, None)


@pytest.mark.parametrize("layout", ["mono", "5.1"])
def test_every_sound_comes_along(layout: str, tmp_path: Path) -> None:
    clip = film(range(60), fps=Fraction(30000, 1001), layout=layout)
    pieces = cut_up(clip, tmp_path, [0, 30, 60], Fraction(30000, 1001))

    made, _ = stitched(pieces, [30, 30], tmp_path, clip=clip, rate=Fraction(30000, 1001))

    assert numbers_in(made) == list(range(60))
    assert abs(clicks_in(made)[1] - clicks_in(clip)[1]) < 1 / 24


def test_a_change_of_scene_is_seen_and_a_change_of_picture_is_not(tmp_path: Path) -> None:
    # Bars of a few bits change from frame to frame; at 40 all of them do.
    numbers = [*(each % 4 for each in range(40)), *(4095 - each % 4 for each in range(40))]
    clip = as_path(film(numbers), tmp_path, "clip.mp4")
    clock = Deadline(60)

    found = scene_changes(clip, survey(clip, clock), Target(*SIDES, Fraction(24), 80, 1), clock)

    assert found == (40,)


def test_portrait_footage_of_a_changing_rate_becomes_a_portrait_film_of_one_rate(
    tmp_path: Path,
) -> None:
    shot = camera_clip(4, 360, 200, fps=30, variable=True, rotation=90, layout="mono")
    source, clock = as_path(shot, tmp_path, "shot.mp4"), Deadline(60)
    found = survey(source, clock)
    row = replace(MODELS["fal/kling-o1-edit"], side_minimum=64)
    target = target_for(
        found.footage, is_steady=found.is_steady, fit=Fit.AUTO, model=row, mode=row.standard
    )
    half = target.pictures // 2
    pieces: list[bytes] = []

    def take(number: int, path: Path, tones: object) -> bool:
        pieces.append(path.read_bytes())
        return True

    cuts = (0, half, target.pictures)
    cut(source, found, target, cuts, begin=0, take=take, watch=clock)
    into = tmp_path / "film.mp4"
    with Stitcher(tmp_path / "reel.mp4", found, target, clock) as reel:
        for at, piece in enumerate(pieces):
            reel.add(as_path(piece, tmp_path, f"{at}.mp4"), cuts[at + 1] - cuts[at])
        reel.end()
    splice([tmp_path / "reel.mp4"], into, target, clock, found=found, clip=source)

    seen = watch(into.read_bytes())
    assert not found.is_steady
    assert (seen.width, seen.height) == (200, 360)
    assert (seen.pictures, seen.is_steady) == (target.pictures, True)
    assert seen.seconds == pytest.approx(4.0, abs=0.1)
    assert seen.sound_seconds == pytest.approx(seen.seconds, abs=0.1)
