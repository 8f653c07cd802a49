"""Sound, colour and containers as cameras, phones and editing programs write them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from retake.domain.footage import Oddity
from retake.media.measure import FileReader
from retake.media.probe import probe

from tests.retake.media.repaired_cameras import (
    differs,
    probed,
    repaired,
)
from tests.support.film_maker import BARS, Camera, Sound, film, loudness_of, scene, seen_in
from tests.support.video_decoder import watch

# ------------------------------------------------------------------ sound

TRACKS: dict[str, tuple[tuple[Sound, ...], tuple[float, ...], str]] = {
    "a silent desktop and a microphone": (
        (Sound(0.0), Sound(0.3)),
        (0.3, 0.3),
        "its sound taken from track 2 of 2, as those before it are silent",
    ),
    "a film and its commentary": (
        (Sound(0.5), Sound(0.1)),
        (0.5, 0.5),
        "its sound taken from track 1 of 2",
    ),
    "two microphones on a track each": (
        (Sound(0.4, "mono"), Sound(0.2, "mono")),
        (0.4, 0.2),
        "its 2 mono sound tracks joined, one to each side",
    ),
    "silence alone": ((Sound(0.0), Sound(0.0)), (0.0, 0.0), "its sound taken from track 1 of 2"),
}


@pytest.mark.parametrize("tracks", TRACKS)
def test_the_sound_that_is_heard_comes_along_and_is_named(tracks: str, tmp_path: Path) -> None:
    sounds, heard, words = TRACKS[tracks]

    found, made, said = repaired(Camera(seconds=2, container="matroska", sounds=sounds), tmp_path)

    assert words in said
    assert loudness_of(made) == pytest.approx(heard, abs=0.06)
    assert Oddity.SEVERAL_SOUNDS in found.footage.oddities


def test_a_first_track_that_nobody_can_decode_leaves_it_to_the_next(tmp_path: Path) -> None:
    sounds = (Sound(0.3, codec="pcm_alaw"), Sound(0.3))
    data = film(Camera(seconds=2, container="mov", sounds=sounds), tmp_path)

    _, made, said = repaired(data.replace(b"alaw", b"????"), tmp_path)

    assert "its sound taken from track 2 of 2, as those before it" in said
    assert loudness_of(made) == pytest.approx((0.3, 0.3), abs=0.06)


# ------------------------------------------------------------------ colour

COLOURS = {
    "old television": Camera(bars=True, matrix=6),
    "old television, of Europe": Camera(bars=True, matrix=5, primaries=5, transfer=5),
    "a phone that calls its HD BT.601": Camera(bars=True, matrix=6, seen=(1280, 720)),
    "full range": Camera(bars=True, matrix=1, range=2, pixels="yuvj420p"),
    "a screen recorder's RGB": Camera(bars=True, matrix=0, codec="libx264rgb", pixels="rgb24"),
    "high definition": Camera(bars=True, matrix=1, primaries=1, transfer=1, seen=(1280, 720)),
    "high definition that says nothing": Camera(bars=True, seen=(1280, 720)),
    "4:2:2 at 10 bits": Camera(bars=True, matrix=1, pixels="yuv422p10le"),
}


@pytest.mark.parametrize("name", COLOURS)
def test_colours_are_the_same_after_the_repair(name: str, tmp_path: Path) -> None:
    camera = replace(COLOURS[name], seconds=0.5)

    _, made, _ = repaired(camera, tmp_path)

    shown = seen_in(made)
    for place, colour in enumerate(BARS):
        found = shown[shown.shape[0] // 2, int((place + 0.5) * shown.shape[1] / len(BARS))]
        assert np.abs(found.astype(int) - colour).max() <= 3, (place, found, colour)


@pytest.mark.parametrize("transfer", [16, 18], ids=["PQ", "HLG"])
def test_hdr_of_a_phone_is_mapped_to_what_every_screen_shows(transfer: int, tmp_path: Path) -> None:
    params = f"log-level=none:colorprim=9:transfer={transfer}:colormatrix=9"
    camera = Camera(
        codec="libx265",
        pixels="yuv420p10le",
        matrix=9,
        primaries=9,
        transfer=transfer,
        seconds=0.5,
        options={"x265-params": params},
    )

    found, made, said = repaired(camera, tmp_path)

    assert Oddity.HDR in found.footage.oddities
    assert "its HDR colours mapped to SDR" in said
    data = tmp_path / "made.mp4"
    clip = probe(FileReader(data))
    assert clip.oddities == ()
    shown = seen_in(made)
    assert shown[4, -4].min() > 225  # white stays white
    assert differs(shown, scene(320, 180)) < 0.05


# ------------------------------------------------------------------ containers and codecs


def test_the_packets_of_a_camcorder_are_read_as_those_of_a_broadcast(tmp_path: Path) -> None:
    camera = Camera(container="mpegts", muxing={"mpegts_m2ts_mode": "1"})

    found, made, said = repaired(camera, tmp_path)

    assert found.demuxer == "mpegts"
    assert "put from mpegts into mp4" in said
    assert watch(made).pictures == 24


@pytest.mark.parametrize(
    ("codec", "pixels", "name"),
    [
        ("prores_ks", "yuv422p10le", "prores"),
        ("cfhd", "yuv422p10le", "cfhd"),
        ("qtrle", "rgb24", "qtrle"),
        ("mjpeg", "yuvj420p", "mjpeg"),
        ("png", "rgb24", "png"),
        ("ffv1", "yuv420p", "ffv1"),
    ],
)
def test_what_editing_programs_write_is_repaired(
    codec: str, pixels: str, name: str, tmp_path: Path
) -> None:
    container = "matroska" if codec == "ffv1" else "mov"
    camera = Camera(codec=codec, pixels=pixels, container=container, seconds=0.5)

    found, made, said = repaired(camera, tmp_path)

    assert found.footage.codec == name
    assert f"from {name} to h264" in said
    assert differs(seen_in(made), scene(320, 180)) < 0.03


@pytest.mark.parametrize("container", ["mov", "matroska"])
def test_a_cover_in_front_does_not_hide_the_film(container: str, tmp_path: Path) -> None:
    camera = Camera(cover=True, container=container)

    found, made, _ = repaired(camera, tmp_path)

    assert (found.footage.codec, found.footage.width) == ("h264", 320)
    assert differs(seen_in(made), scene(320, 180)) < 0.03


@pytest.mark.parametrize(
    ("camera", "oddity"),
    [
        (Camera(pixels="yuv444p"), Oddity.UNUSUAL_PIXELS),
        (Camera(pixels="yuv420p10le"), Oddity.UNUSUAL_PIXELS),
        (Camera(codec="libx265", tag="hev1"), Oddity.UNUSUAL_TAG),
    ],
)
def test_what_players_refuse_is_known_before_anything_is_billed(
    camera: Camera, oddity: Oddity, tmp_path: Path
) -> None:
    assert probed(camera, tmp_path).oddities == (oddity,)


def test_an_ordinary_clip_has_nothing_odd_about_it(tmp_path: Path) -> None:
    for camera in (Camera(), Camera(codec="libx265", tag="hvc1"), Camera(sounds=(Sound(),))):
        assert probed(camera, tmp_path).oddities == ()
