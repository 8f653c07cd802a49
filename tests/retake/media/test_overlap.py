"""Pieces that share frames: cut so, faded into each other in linear light, each frame once."""

import json
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from retake.catalog.repair_plan import Target
from retake.media.cut import cut
from retake.media.fade import Fade
from retake.media.measure import Deadline, survey
from retake.media.seams import step
from retake.media.stitch import Joined, Stitcher, splice

from tests.support.numbered_film import as_path, film, numbers_in

SIDES = (320, 192)
CUTS, LEADS = (0, 40, 80, 120), (0, 6, 0)  # the third piece begins on a change of scene


def cut_up(data: bytes, folder: Path, *, at_once: int) -> list[bytes]:
    clip, clock = as_path(data, folder, "clip.mp4"), Deadline(60)
    target = Target(*SIDES, Fraction(24), CUTS[-1], 8_000_000)
    pieces: list[bytes] = []

    def take(number: int, path: Path, tones: object) -> bool:
        assert number == len(pieces)
        pieces.append(path.read_bytes())
        return len(pieces) % at_once != 0

    while len(pieces) < len(CUTS) - 1:
        begin, found = len(pieces), survey(clip, clock)
        cut(clip, found, target, CUTS, begin=begin, take=take, watch=clock, leads=LEADS)
    return pieces


def stitched(
    pieces: list[bytes], folder: Path, *, clip: bytes, reels: Sequence[Sequence[int]] = ((0, 1, 2),)
) -> tuple[bytes, list[Joined]]:
    """Put together in reels of these pieces; one that begins with shared frames looks back."""
    source, clock, into = as_path(clip, folder, "source.mp4"), Deadline(60), folder / "film.mp4"
    target = Target(*SIDES, Fraction(24), CUTS[-1], 8_000_000)
    found, joined, made = survey(source, clock), [], []
    paths = [as_path(piece, folder, f"{at}.mp4") for at, piece in enumerate(pieces)]
    shares = [
        {"count": after - before, "lead": lead, "tail": tail}
        for (before, after), lead, tail in zip(pairwise(CUTS), LEADS, (*LEADS[1:], 0), strict=True)
    ]
    for number, reel in enumerate(reels):
        made.append(folder / f"reel-{number}.mp4")
        with Stitcher(made[-1], found, target, clock) as stitcher:
            if LEADS[reel[0]]:
                stitcher.hold(paths[reel[0] - 1], **shares[reel[0] - 1])
            joined += [stitcher.add(paths[at], **shares[at]) for at in reel]
            stitcher.end()
    splice(made, into, target, clock, found=found, clip=None)
    return into.read_bytes(), joined


@pytest.mark.parametrize("at_once", [pytest.param(1, marks=pytest.mark.long), 3])
def test_a_piece_begins_with_the_frames_that_it_shares(at_once: int, tmp_path: Path) -> None:
    pieces = cut_up(film(range(120)), tmp_path, at_once=at_once)

    assert [numbers_in(each) for each in pieces] == [
        list(range(40)),
        list(range(34, 80)),
        list(range(80, 120)),
    ]


@pytest.mark.parametrize(
    "reels", [pytest.param(((0, 1, 2),), marks=pytest.mark.long), ((0,), (1, 2))]
)
def test_what_comes_back_as_it_was_has_each_frame_once(
    reels: Sequence[Sequence[int]], tmp_path: Path
) -> None:
    clip = film(range(120))

    made, joined = stitched(cut_up(clip, tmp_path, at_once=3), tmp_path, clip=clip, reels=reels)

    assert numbers_in(made) == list(range(120))
    assert [each.frames_corrected for each in joined] == [0, 0, 0]


def grey(shade: int, width: int = 64, height: int = 48) -> av.VideoFrame:
    picture = av.VideoFrame(width, height, "yuv420p")
    for number, plane in enumerate(picture.planes):
        plane.update(bytes([128 if number else shade]) * plane.buffer_size)
    return picture


def shade_of(picture: av.VideoFrame) -> int:
    return bytes(picture.planes[0])[0]


def test_half_of_black_and_white_is_half_the_light_and_not_half_the_code() -> None:
    half = Fade().between(grey(16), grey(235), Fraction(1, 2))

    # BT.709, 1.2: 1.099 * 0.5 ** 0.45 - 0.099 = 0.705 of the way from black to white.
    assert abs(shade_of(half) - (16 + 0.7055 * 219)) <= 1


@pytest.mark.parametrize("shade", [16, 17, 24, 60, 126, 200, 235])
def test_a_picture_faded_into_itself_stays_as_it_is(shade: int) -> None:
    fade = Fade()

    shares = [shade_of(fade.between(grey(shade), grey(shade), Fraction(n, 7))) for n in range(1, 7)]

    assert all(abs(each - shade) <= 1 for each in shares)


@pytest.mark.long
def test_a_fade_goes_from_one_to_the_other_without_a_step_back(tmp_path: Path) -> None:
    clip = film([0] * 120)
    dark, light = film([0] * 40), film([4095] * 46)

    made, joined = stitched([dark, light, film([4095] * 40)], tmp_path, clip=clip)

    with av.open(str(as_path(made, tmp_path, "made.mp4"))) as container:
        shades = [int(each.to_ndarray(format="gray")[96, 10]) for each in container.decode(video=0)]
    assert len(shades) == 120
    fading = shades[33:42]
    assert fading == sorted(fading)
    assert all(after > before for before, after in pairwise(shades[33:40]))
    again = Joined(**json.loads(json.dumps(joined[1].to_mapping())))  # as a record keeps it
    assert again.lead is not None
    assert step(joined[0].last, again.lead[0])["brightness"] > 20
