"""Footage as it comes from cameras, phones and recorders: measured, repaired, and looked at."""

from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from _pytest.mark import ParameterSet
from retake.catalog.repair_plan import target_for
from retake.domain.errors import NotFootage, Refused
from retake.domain.footage import Oddity
from retake.domain.vocabulary import Fit, Reason
from retake.media.measure import Deadline, FileReader, survey
from retake.media.probe import probe

from tests.retake.media.repaired_cameras import (
    HDV,
    PAL_WIDE,
    SMALL,
    differs,
    probed,
    repaired,
    stored,
)
from tests.support.film_maker import Camera, Pixels, Sound, film, scene, seen_in
from tests.support.video_decoder import watch

# ------------------------------------------------------------------ display geometry


def ways_to_hold_a_camera() -> list[ParameterSet]:
    """Pixel aspect, rotation, mirrored: each of them in the short tests, all in the long ones."""
    soon = {(Fraction(1), 0, True), (PAL_WIDE, 90, False), (Fraction(8, 9), 180, True)}
    ways = product((Fraction(1), PAL_WIDE, Fraction(8, 9)), (0, 90, 180, 270), (False, True))
    return [pytest.param(*way, marks=[] if way in soon else [pytest.mark.long]) for way in ways]


@pytest.mark.parametrize(("squeeze", "rotation", "mirrored"), ways_to_hold_a_camera())
def test_a_clip_is_seen_after_the_repair_as_players_show_it_before(
    squeeze: Fraction, rotation: int, mirrored: bool, tmp_path: Path
) -> None:
    seen = (320, 180) if rotation % 180 == 0 else (180, 320)
    camera = Camera(
        seen=seen, squeeze=squeeze, rotation=rotation, mirrored=mirrored, container="mov"
    )

    found, made, said = repaired(camera, tmp_path)

    shown = seen_in(made)
    clip = found.footage
    assert (clip.width, clip.height) == pytest.approx(seen, abs=2)
    assert shown.shape[1] / shown.shape[0] == pytest.approx(seen[0] / seen[1], rel=0.02)
    assert differs(shown, scene(*seen)) < 0.03
    assert ("its pixels made square" in said) == (squeeze != 1)
    assert ("mirrored" in said) == mirrored
    assert (Oddity.ANAMORPHIC in probe(FileReader(tmp_path / "clip")).oddities) == (squeeze != 1)


def test_the_probe_and_the_survey_agree_on_how_a_clip_is_shown(tmp_path: Path) -> None:
    camera = Camera(seen=(180, 320), squeeze=HDV, rotation=90, container="mov")

    told = probed(camera, tmp_path)
    found, _, _ = repaired(camera, tmp_path)

    assert (told.width, told.height) == (found.footage.width, found.footage.height)
    assert told.pixel_aspect == pytest.approx(4 / 3)
    assert told.rotation_degrees == 90


# ------------------------------------------------------------------ fields


@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts"])
def test_interlaced_pictures_are_made_whole(container: str, tmp_path: Path) -> None:
    camera = Camera(
        fps=Fraction(25),
        fields=True,
        container=container,
        options={"flags": "+ilme+ildct", "x264-params": "tff=1"},
    )

    found, made, said = repaired(camera, tmp_path)

    assert Oddity.INTERLACED in found.footage.oddities
    assert "deinterlaced" in said
    before, after = (combed(seen_in(data, 12)) for data in (film(camera, tmp_path), made))
    assert after < before / 5
    assert watch(made).pictures == 25


def combed(picture: Pixels) -> float:
    """How much each line differs from both beside it, where those are alike."""
    light = picture[:, :, 1].astype(int)
    above, line, below = light[:-2], light[1:-1], light[2:]
    return float(np.mean((np.abs(above - below) < 40) & (np.abs(line - above) > 100)))


# ------------------------------------------------------------------ time


def test_bursts_keep_their_rate_though_stills_follow(tmp_path: Path) -> None:
    times = (*(Fraction(n, 60) for n in range(60)), *(1 + Fraction(n, 2) for n in range(1, 6)))

    found, made, said = repaired(Camera(times=times), tmp_path)

    assert found.footage.fps == pytest.approx(60, rel=0.001)
    assert watch(made).fps == pytest.approx(60, rel=0.001)
    assert "made a constant 60 frames/s" in said


def test_a_pause_does_not_change_the_rate(tmp_path: Path) -> None:
    times = (*(Fraction(n, 30) for n in range(45)), *(4 + Fraction(n, 30) for n in range(45)))

    found, made, _ = repaired(Camera(times=times), tmp_path)

    assert found.footage.fps == pytest.approx(30, rel=0.001)
    assert watch(made).fps == pytest.approx(30, rel=0.001)


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(30000, 1001)])
@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_rates_of_television_stay_fractions(rate: Fraction, container: str, tmp_path: Path) -> None:
    camera = Camera(fps=rate, seconds=2, container=container)

    found, made, _ = repaired(camera, tmp_path)

    target = target_for(
        found.footage, is_steady=True, fit=Fit.AUTO, model=SMALL, mode=SMALL.standard
    )
    assert target.rate == rate
    assert watch(made).fps == pytest.approx(float(rate), rel=0.0001)


@pytest.mark.parametrize("duration", [b"\xff\xff\xff\xff", b"\0\0\0\0"])
def test_a_header_without_a_duration_is_measured_by_the_pictures(
    duration: bytes, tmp_path: Path
) -> None:
    data = bytearray(film(Camera(seconds=2), tmp_path))
    at = data.find(b"mdhd")
    data[at + 20 : at + 24] = duration

    clip = probe(FileReader(stored(bytes(data), tmp_path)))

    assert clip.duration_seconds == pytest.approx(2.0, abs=0.001)
    assert clip.fps == pytest.approx(24)


@pytest.mark.parametrize("container", ["mpegts", "matroska"])
def test_a_file_of_two_put_together_names_the_break(container: str, tmp_path: Path) -> None:
    data = film(Camera(seconds=2, container=container), tmp_path)

    with pytest.raises(Refused, match=r"its clock jumps from .* to .* s") as refusal:
        survey(stored(data + data, tmp_path), Deadline(60))

    assert refusal.value.reason is Reason.NOT_REPAIRABLE


@pytest.mark.parametrize("muxing", [{}, {"movflags": "empty_moov+frag_keyframe"}])
def test_an_mp4_of_two_put_together_is_not_taken_for_its_first_half(
    muxing: dict[str, str], tmp_path: Path
) -> None:
    data = film(Camera(seconds=1, muxing=muxing), tmp_path)

    with pytest.raises(NotFootage, match="a second video begins"):
        probe(FileReader(stored(data + data, tmp_path)))


def test_a_sound_that_is_longer_than_the_pictures_is_counted_and_cut(tmp_path: Path) -> None:
    camera = Camera(seconds=2, sounds=(Sound(seconds=3.5),))

    found, made, said = repaired(camera, tmp_path)

    assert found.footage.whole_seconds == pytest.approx(3.5, abs=0.05)
    assert found.footage.duration_seconds == pytest.approx(2.0, abs=0.001)
    assert watch(made).whole_seconds == pytest.approx(2.0, abs=0.05)
    assert "to the 2 s of its pictures" in said


def test_a_recording_whose_last_pictures_never_came_is_cut_short(tmp_path: Path) -> None:
    muxing = {"movflags": "empty_moov+frag_keyframe+skip_trailer"}
    data = film(Camera(seconds=2, options={"g": "12"}, muxing=muxing), tmp_path)
    last = data.rfind(b"moof") - 4
    end = last + int.from_bytes(data[last : last + 4], "big")

    with pytest.raises(NotFootage) as refusal:
        probe(FileReader(stored(data[:end], tmp_path)))

    assert refusal.value.reason is Reason.TRUNCATED


def test_a_cut_is_named_however_little_is_cut(tmp_path: Path) -> None:
    times = (*(Fraction(n, 24) for n in range(240)), Fraction(10) + Fraction(1, 500))
    _, made, said = repaired(Camera(seen=(64, 64), times=times), tmp_path, Fit.TRIM)

    assert "cut from 10.0" in said
    assert watch(made).seconds == pytest.approx(10, abs=0.001)
