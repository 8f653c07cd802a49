"""Posters: one frame of a stored video, upright, not blank, for a few reads."""

import io
import itertools
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from retake.domain.errors import NotFootage
from retake.media.poster import LONGEST_SIDE, NoPoster, poster_of

from tests.support.video_files import Stored
from virtual.clips import clip, small


def picture(jpeg: bytes) -> np.ndarray:
    with av.open(io.BytesIO(jpeg), "r") as file:
        return next(file.decode(video=0)).to_ndarray(format="rgb24").astype(int)


def film(path: Path, shades: list[np.ndarray], *, rotation: int = 0, gop: int = 12) -> bytes:
    """A clip of these grey pictures, each for a tenth of a second."""
    with av.open(path, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        height, width = shades[0].shape
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = gop
        if rotation:
            stream.set_display_rotation(-rotation)
        for number, shade in enumerate(shades):
            frame = av.VideoFrame.from_ndarray(shade.astype(np.uint8), format="gray8")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            output.mux(stream.encode(frame.reformat(format="yuv420p")))
        output.mux(stream.encode(None))
    return path.read_bytes()


def slope(level: float) -> np.ndarray:
    """A picture that grows lighter from left to right, starting at this level."""
    return np.tile(np.linspace(level, level + 90, 128), (64, 1))


BLACK = np.zeros((64, 128))


def test_a_third_into_the_clip_is_shown() -> None:
    shades = [slope(10 * number) for number in range(12)]

    shown = picture(poster_of(Stored(film_of(shades, gop=100))))

    assert shown[32, 4].mean() == pytest.approx(slope(40)[32, 4], abs=6)


def film_of(shades: list[np.ndarray], **options: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return film(Path(folder) / "film.mp4", shades, **options)


def test_a_black_beginning_is_passed_over() -> None:
    shades = [BLACK] * 8 + [slope(100)] * 4

    shown = picture(poster_of(Stored(film_of(shades))))

    assert shown.mean() > 100


def test_a_wholly_black_clip_still_has_a_poster() -> None:
    shown = picture(poster_of(Stored(film_of([BLACK] * 12))))

    assert shown.shape == (64, 128, 3)


@pytest.mark.parametrize(
    ("degrees", "lightest"), [(0, "right"), (90, "bottom"), (180, "left"), (270, "top")]
)
def test_a_turned_clip_stands_upright(degrees: int, lightest: str) -> None:
    shown = picture(poster_of(Stored(film_of([slope(60)] * 12, rotation=degrees))))

    edges = {"left": shown[:, :8], "right": shown[:, -8:], "top": shown[:8], "bottom": shown[-8:]}
    assert max(edges, key=lambda edge: edges[edge].mean()) == lightest


@pytest.mark.parametrize("codec", ["libx264", "libx265", "libsvtav1"])
@pytest.mark.parametrize("index", ["first", "last"])
def test_each_codec_and_layout_gives_a_jpeg(codec: str, index: str) -> None:
    jpeg = poster_of(Stored(small(width=128, height=128, codec=codec, index=index)))

    assert jpeg.startswith(b"\xff\xd8\xff")
    assert picture(jpeg).shape == (128, 128, 3)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920)])
def test_a_poster_is_no_larger_than_a_screen(width: int, height: int) -> None:
    shown = picture(poster_of(Stored(clip(0.5, width, height, sound=False))))

    assert max(shown.shape) == LONGEST_SIDE
    assert shown.shape[1] / shown.shape[0] == pytest.approx(width / height, rel=0.01)


def test_the_way_from_a_key_picture_is_gone_for_a_second_at_most() -> None:
    shades = [slope(number) for number in range(150)]

    shown = picture(poster_of(Stored(film_of(shades, gop=1000))))

    assert shown[32, 4].mean() == pytest.approx(slope(23)[32, 4], abs=6)


def test_few_reads_suffice() -> None:
    stored = Stored(film_of([slope(10 * number) for number in range(12)]))

    poster_of(stored)

    assert stored.requests <= 3


@pytest.mark.parametrize("data", [small(index="fragmented"), small()[:-200], b"no video" * 99, b""])
def test_without_a_picture_there_is_no_poster(data: bytes) -> None:
    with pytest.raises((NoPoster, NotFootage)):
        poster_of(Stored(data))


def test_damaged_pictures_give_some_poster_or_none_but_no_other_error() -> None:
    whole = film_of([slope(10 * number) for number in range(12)])

    for at in itertools.islice(range(40, len(whole), 37), 200):
        damaged = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        try:
            assert poster_of(Stored(damaged)).startswith(b"\xff\xd8")
        except (NoPoster, NotFootage):
            continue


def test_frames_larger_than_memory_are_not_decoded() -> None:
    with pytest.raises(NoPoster):
        poster_of(Stored(clip(0.5, 4096, 2176, fps=4, sound=False)))


def test_a_frame_of_4k_is_shown() -> None:
    shown = picture(poster_of(Stored(clip(0.5, 3840, 2160, fps=4, sound=False))))

    assert max(shown.shape) == LONGEST_SIDE


@pytest.mark.parametrize("code", [b"cvid", b"\x00?!\xff"], ids=["Cinepak", "none"])
def test_a_codec_that_nobody_delivers_is_not_decoded(code: bytes) -> None:
    with pytest.raises(NoPoster, match="coded"):
        poster_of(Stored(small(index="first", sound=False).replace(b"avc1", code)))
