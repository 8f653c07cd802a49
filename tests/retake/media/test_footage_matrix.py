"""Every kind of footage, judged by FFmpeg's own tools: before the repair, after it, and the limits.

`make test-long` brings the tools; nothing here asks our probe what is right.
"""

import json
import shutil
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from retake.catalog.admission import repairs
from retake.catalog.clip_rules import violated_rules
from retake.catalog.models import MODELS
from retake.catalog.repair_plan import target_for
from retake.domain.errors import NotFootage
from retake.domain.request import Request
from retake.domain.vocabulary import Fit, Reason
from retake.media.measure import Deadline, FileReader, survey
from retake.media.probe import probe
from retake.media.transcode import remake

from tests.retake.footage_rows import ROWS, Row
from tests.support.film_maker import Pixels, scene

pytestmark = pytest.mark.long
SOLD = MODELS["fal/kling-o1-edit"]
MODEL = replace(
    SOLD,
    side_minimum=100,
    side_maximum=400,
    standard=replace(SOLD.standard, minimum_seconds=0.5, maximum_seconds=3),
)
AVC = "-c:v libx264 -preset ultrafast -crf 10"
REQUEST = Request(prompt="noir", fit=Fit.AUTO)


def run(*words: str, given: bytes = b"") -> bytes:
    assert shutil.which(words[0]), f"{words[0]} is missing: `make test-long` installs it"
    done = subprocess.run(words, input=given, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()[-1000:]
    return done.stdout


def made(row: Row, room: Path) -> Path:
    """The file of a row."""
    width, height = row.seen if row.rotation % 180 == 0 else row.seen[::-1]
    coded = (round(width / row.squeeze / 2) * 2, height)
    rate = Fraction(row.fps)
    count = max(1, round(row.seconds * rate))
    pictures = b"".join(stored(row, coded, number / rate).tobytes() for number in range(count))
    plain, path = room / f"plain.{row.ending}", room / f"clip.{row.ending}"
    asked = [
        *f"-f rawvideo -pix_fmt rgb24 -s {coded[0]}x{coded[1]} -r {row.fps} -i -".split(),
        *row.inputs.format(seconds=row.seconds).split(),
        *row.maps.split(),
        *("-vf", ",".join(filter(None, (row.filters, f"setsar={row.squeeze}", *fields_of(row))))),
        *f"{row.coding} {row.sound}".split(),
    ]
    run("ffmpeg", "-v", "error", "-y", *asked, str(plain), given=pictures)
    if row.rotation:
        # FFmpeg 5 counts this against the clock.
        turn = ("-metadata:s:v:0", f"rotate={-row.rotation % 360}")
        run("ffmpeg", "-v", "error", "-y", "-i", str(plain), "-c", "copy", *turn, str(path))
    else:
        plain.rename(path)
    if row.patched is not None:
        path.write_bytes(row.patched(path.read_bytes()))
    return path


def fields_of(row: Row) -> list[str]:
    return ["setfield=" + ("bff" if "bff" in row.coding else "tff")] if row.fields else []


def stored(row: Row, coded: tuple[int, int], at: Fraction) -> Pixels:
    def drawn(moment: Fraction) -> Pixels:
        turned = np.rot90(scene(*row.seen, float(moment) / 8), row.rotation // 90)
        turned = turned[:, ::-1] if row.mirrored else turned
        columns = ((np.arange(coded[0]) + 0.5) * turned.shape[1] / coded[0]).astype(int)
        return np.ascontiguousarray(turned[: coded[1], columns])

    picture = drawn(at)
    if row.fields:
        later = 1 if "bff" not in row.coding else 0
        picture[later::2] = drawn(at + 1 / (2 * Fraction(row.fps)))[later::2]
    return picture


def told(path: Path) -> dict[str, Any]:
    """What ffprobe says of the film in a file, and how long the whole lasts."""
    said = json.loads(
        run("ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path))
    )
    films = [each for each in said["streams"] if each["codec_type"] == "video"]
    film: dict[str, Any] = films[0]
    aspect = film.get("sample_aspect_ratio", "1:1").replace(":", "/")
    squeeze = Fraction(1) if aspect in ("0/1", "N/A") else Fraction(aspect)
    turns = [int(each.get("rotation", 0)) for each in film.get("side_data_list", ())]
    wide, high = round(film["width"] * squeeze), film["height"]
    count = run(
        *("ffprobe", "-v", "error", "-select_streams", "v:0", "-count_packets"),
        *("-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", str(path)),
    )
    return {
        "codec": film["codec_name"],
        "sides": (high, wide) if any(turn % 180 for turn in turns) else (wide, high),
        "coded": (film["width"], film["height"]),
        "fps": float(Fraction(film["avg_frame_rate"])),
        "pictures": int(count.split(b",")[0].split()[0]),
        "whole": float(said["format"].get("duration", 0)),
        "pixels": film["pix_fmt"],
        "sounds": sum(each["codec_type"] == "audio" for each in said["streams"]),
    }


def shown(path: Path, sides: tuple[int, int]) -> Pixels:
    """The picture half a second in, as FFmpeg shows it: turned, and in square pixels."""
    raw = run(
        *("ffmpeg", "-v", "error", "-i", str(path), "-map", "0:v:0", "-vf"),
        f"select=gte(t\\,0.4),scale={sides[0]}:{sides[1]}:flags=bicubic+accurate_rnd+full_chroma_int",
        *("-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"),
    )
    return np.frombuffer(raw, np.uint8).reshape(sides[1], sides[0], 3)


def loudness(path: Path, track: int) -> float:
    raw = run(
        *("ffmpeg", "-v", "error", "-i", str(path), "-map", f"0:a:{track}", "-t", "0.8"),
        *("-af", "pan=mono|c0=c0", "-f", "f32le", "-"),
    )
    samples = np.frombuffer(raw, np.float32)
    return float(20 * np.log10(np.sqrt(np.mean(samples[4800:] ** 2)) + 1e-9))


def differs(one: Pixels, other: Pixels) -> float:
    return float(np.mean(np.abs(one.astype(int) - other.astype(int)) > 60))


def judged(row: Row, seen: dict[str, Any]) -> set[Reason]:
    """The limits that a file breaks, by what ffprobe says of it."""
    sides = (*seen["sides"], *seen["coded"])
    seconds = seen["pictures"] / float(Fraction(row.fps))
    rules = {
        Reason.FORMAT: seen["codec"] not in MODEL.codecs,
        Reason.TOO_SHORT: seconds < 0.5,
        Reason.TOO_LONG: max(seconds, seen["whole"] - 0.1) > 3,
        Reason.FRAME_TOO_SMALL: min(sides) < 100,
        Reason.FRAME_TOO_LARGE: max(sides) > 400,
        Reason.FRAME_RATE: not 23.9 < float(Fraction(row.fps)) < 60.1,
    }
    return {reason for reason, is_broken in rules.items() if is_broken}


@pytest.mark.parametrize("name", ROWS)
def test_each_kind_of_footage_is_measured_admitted_and_repaired_as_ffmpeg_sees_it(
    name: str, tmp_path: Path
) -> None:
    row = ROWS[name]
    path = made(row, tmp_path)
    before, tick = told(path), 1 / float(Fraction(row.fps))
    seconds = before["pictures"] * tick

    found = survey(path, Deadline(120))

    clip = found.footage
    assert clip.duration_seconds == pytest.approx(seconds, abs=1.01 * tick)
    assert clip.fps == pytest.approx(1 / tick, rel=0.001)
    wanted = row.seen if row.patched is not None else before["sides"]
    assert (clip.width, clip.height) == pytest.approx(wanted, abs=1)
    assert len(found.sounds.tracks) == before["sounds"]
    if row.ending in ("mp4", "mov", "3gp"):
        told_by_index = probe(FileReader(path))
        reasons = {rule.reason for rule in violated_rules(told_by_index, REQUEST, MODEL)}
        assert reasons == judged(row, before)
        if reasons and Fit.AUTO not in repairs(told_by_index, REQUEST, MODEL):
            assert reasons == {Reason.TOO_SHORT}
            return
    else:
        with pytest.raises(NotFootage) as refusal:
            probe(FileReader(path))
        assert refusal.value.reason is Reason.FORMAT

    target = target_for(
        clip, is_steady=found.is_steady, fit=Fit.AUTO, model=MODEL, mode=MODEL.standard
    )
    into = tmp_path / "made.mp4"
    remake(path, found, target, into, Deadline(300))

    after = told(into)
    assert (after["codec"], after["pixels"]) == ("h264", "yuv420p")
    assert after["sides"] == after["coded"] == (target.width, target.height)
    assert after["pictures"] / after["fps"] == pytest.approx(min(seconds, 3.0), abs=1.01 * tick)
    assert judged(replace(row, fps=str(target.rate)), after) == set()
    assert differs(shown(into, row.seen), scene(*row.seen, 0.4 / 8)) < row.quality + 0.02
    if not (row.mirrored or row.patched):
        old, new = (shown(each, row.seen) for each in (path, into))
        assert differs(old, new) < row.quality
    assert after["sounds"] == row.heard
    if row.heard:
        track = found.sounds.taken[0].place - 1
        assert loudness(into, 0) == pytest.approx(loudness(path, track), abs=1.0)


# Of FFmpeg's own test card: what is coded how, and how large.
CARDS = {
    "old television": (
        "640x480",
        f"scale=out_color_matrix=bt601:out_range=tv,format=yuv420p {AVC}",
    ),
    "RGB": ("320x180", "format=rgb24 -c:v libx264rgb -preset ultrafast -crf 5"),
    "full range": (
        "320x180",
        "scale=out_color_matrix=bt709:out_range=pc,format=yuvj420p "
        f"{AVC} -colorspace bt709 -color_range pc",
    ),
    "high definition": (
        "1280x720",
        f"scale=out_color_matrix=bt709:out_range=tv,format=yuv420p {AVC} -colorspace bt709",
    ),
}


@pytest.mark.parametrize("name", CARDS)
def test_a_test_card_has_the_same_colours_after_the_repair(name: str, tmp_path: Path) -> None:
    size, coding = CARDS[name]
    path, into = tmp_path / "card.mp4", tmp_path / "made.mp4"
    card = ("-f", "lavfi", "-i", f"smptebars=s={size}:r=24:d=0.6", "-vf", *coding.split())
    run("ffmpeg", "-v", "error", "-y", *card, str(path))
    found = survey(path, Deadline(120))
    sold = SOLD.standard
    target = target_for(found.footage, is_steady=True, fit=Fit.AUTO, model=SOLD, mode=sold)

    remake(path, found, target, into, Deadline(120))

    before, after = (shown(each, (700, 400))[100, 50::100] for each in (path, into))
    assert np.abs(before.astype(int) - after.astype(int)).max() <= 3
