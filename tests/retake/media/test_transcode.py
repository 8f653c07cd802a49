"""Surveying and remaking files of strangers: bounded, in step, and never a surprise."""

import io
import itertools
import random
from fractions import Fraction
from pathlib import Path

import av
import pytest
from retake.catalog.repair_plan import Target
from retake.domain.errors import Refused
from retake.domain.vocabulary import Reason
from retake.media.measure import Deadline, Survey, survey
from retake.media.transcode import remake

from tests.support.video_decoder import watch
from virtual.clips import clip, small

TARGET = Target(64, 64, Fraction(24), 24, 2_000_000)
KINDS: dict[str, dict[str, str]] = {
    "mp4": {},
    "mov": {"index": "fragmented"},
    "matroska": {},
    "webm": {"codec": "libvpx"},
    "avi": {},
    "flv": {},
    "mpegts": {},
}


def surveyed(room: Path, data: bytes) -> tuple[Path, Survey]:
    path = room / "clip"
    path.write_bytes(data)
    return path, survey(path, Deadline(60))


def remade(room: Path, data: bytes, target: Target = TARGET) -> bytes:
    path, found = surveyed(room, data)
    into = room / "made.mp4"
    remake(path, found, target, into, Deadline(60))
    return into.read_bytes()


def noise(room: Path, seconds: int, side: int) -> bytes:
    """A clip that compresses badly."""
    path, chance = room / "noise.mp4", random.Random(1)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=24, options={"preset": "ultrafast", "crf": "5"})
        stream.width, stream.height, stream.pix_fmt = side, side, "yuv420p"
        for number in range(24 * seconds):
            picture = av.VideoFrame(side, side, "yuv420p")
            for plane in picture.planes:
                plane.update(chance.randbytes(plane.buffer_size))
            picture.pts = number
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return path.read_bytes()


def bright_on_the_left(room: Path, rotation: int, container: str) -> bytes:
    """A clip whose left quarter is bright, to be turned clockwise by a player."""
    path = room / f"turned.{container}"
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.set_display_rotation(-rotation)
        for number in range(24):
            picture = av.VideoFrame(64, 64, "yuv420p")
            light, *colours = picture.planes
            row = (bytes([230]) * 16 + bytes([20]) * light.line_size)[: light.line_size]
            light.update(row * light.height)
            for colour in colours:
                colour.update(bytes([128]) * colour.buffer_size)
            picture.pts = number
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return path.read_bytes()


def later(room: Path, data: bytes, seconds: float) -> bytes:
    """A transport stream whose clock begins so much later."""
    path = room / "later.ts"
    options = {"output_ts_offset": str(seconds)}
    with (
        av.open(io.BytesIO(data), "r") as container,
        av.open(str(path), "w", format="mpegts", options=options) as output,
    ):
        source = container.streams.video[0]
        stream = output.add_stream_from_template(source)
        for packet in container.demux(source):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    return path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_every_kind_is_measured_by_what_is_in_it(kind: str, tmp_path: Path) -> None:
    data = small(seconds=2, fps=25, container=kind, **KINDS[kind])

    _, found = surveyed(tmp_path, data)

    assert found.footage.duration_seconds == pytest.approx(2.0, abs=0.002)
    assert found.footage.fps == pytest.approx(25, abs=0.05)
    assert (found.footage.width, found.footage.height) == (64, 64)
    assert found.is_steady
    assert found.sounds.taken


@pytest.mark.parametrize("kind", ["mp4", "matroska", "flv"])
def test_a_variable_rate_is_seen_whatever_the_file_says_of_its_average(
    kind: str, tmp_path: Path
) -> None:
    _, found = surveyed(tmp_path, small(seconds=2, fps=30, variable=True, container=kind))

    assert not found.is_steady
    assert found.footage.fps == pytest.approx(30, abs=0.5)
    assert found.footage.average_fps == pytest.approx(22.5, abs=0.5)


def test_no_picture_bytes_beyond_the_cap_are_written_however_busy_the_picture(
    tmp_path: Path,
) -> None:
    data = noise(tmp_path, 3, 256)
    free = Target(256, 256, Fraction(24), 72, 60_000_000)
    capped = Target(256, 256, Fraction(24), 72, 800_000)

    wide, narrow = (len(remade(tmp_path, data, each)) for each in (free, capped))

    assert narrow * 8 / 3 < 1.15 * 800_000 < wide * 8 / 3


@pytest.mark.parametrize("container", ["mp4", "mov", "matroska"])
@pytest.mark.parametrize(
    ("rotation", "bright"), [(0, "left"), (90, "top"), (180, "right"), (270, "bottom")]
)
def test_a_picture_is_turned_the_way_a_player_turns_it(
    rotation: int, bright: str, container: str, tmp_path: Path
) -> None:
    made = remade(tmp_path, bright_on_the_left(tmp_path, rotation, container))

    with av.open(io.BytesIO(made), "r") as shown:
        picture = next(shown.decode(video=0))
    plane = picture.planes[0]
    light = bytes(plane)
    spots = {"left": (8, 32), "right": (56, 32), "top": (32, 8), "bottom": (32, 56)}
    found = {edge: light[y * plane.line_size + x] for edge, (x, y) in spots.items()}
    assert max(found, key=found.__getitem__) == bright


def test_each_picture_shows_what_was_shown_at_its_time(tmp_path: Path) -> None:
    # The test clip gets a step brighter from picture to picture, eight steps in a round.
    # In high definition: old television's colours would be brought to those of now.
    target = Target(1280, 720, Fraction(24), 24, 20_000_000)
    made = remade(tmp_path, clip(1, 1280, 720, 48, sound=False), target)

    with av.open(io.BytesIO(made), "r") as container:
        shades = [bytes(picture.planes[0])[0] // 32 for picture in container.decode(video=0)]
    steps = {(after - before) % 8 for before, after in itertools.pairwise(shades)}
    assert len(shades) == 24
    assert steps <= {1, 2, 3}  # every second one; coding blurs the shade a little
    assert shades[:8] != [shades[0]] * 8


def test_sound_ends_with_the_pictures_and_stays_in_step(tmp_path: Path) -> None:
    made = remade(tmp_path, small(seconds=4), TARGET)

    seen = watch(made)

    assert seen.seconds == pytest.approx(1.0)
    assert 0.9 < seen.sound_seconds <= 1.03
    assert seen.whole_seconds <= 1.03


def test_pictures_that_change_their_size_on_the_way_come_out_alike(tmp_path: Path) -> None:
    first, second = (
        small(seconds=seconds, width=side, sound=False, container="mpegts")
        for seconds, side in ((1, 64), (2, 128))
    )

    seen = watch(remade(tmp_path, first + later(tmp_path, second, 1.0), TARGET))

    assert (seen.width, seen.height, seen.pictures) == (64, 64, 24)


def test_a_file_that_breaks_off_long_before_its_end_is_not_filled_with_its_last_picture(
    tmp_path: Path,
) -> None:
    with pytest.raises(Refused) as refusal:
        remade(tmp_path, small(seconds=1), Target(64, 64, Fraction(24), 72, 2_000_000))

    assert refusal.value.reason is Reason.NOT_REPAIRABLE
    assert "end after 1.0 s" in str(refusal.value)


def test_the_watch_ends_a_repair_in_the_middle(tmp_path: Path) -> None:
    path, found = surveyed(tmp_path, small(seconds=2))
    ticks = itertools.count()

    with pytest.raises(Refused, match="longer than 20 s"):
        remake(path, found, TARGET, tmp_path / "made.mp4", Deadline(20, clock=lambda: next(ticks)))

    assert next(ticks) == 21


def test_no_file_it_speaks_of_is_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(small(seconds=1, container="mpegts"))
    for text in (f"#EXTM3U\n#EXTINF:1,\n{secret}\n", f"ffconcat version 1.0\nfile {secret}\n"):
        with pytest.raises(Refused) as refusal:
            surveyed(tmp_path, text.encode())

        assert refusal.value.reason is Reason.NOT_A_VIDEO


@pytest.mark.parametrize("damages", [12, pytest.param(100, marks=pytest.mark.long)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_repaired_or_refused_and_nothing_else(
    kind: str, damages: int, tmp_path: Path
) -> None:
    whole = small(seconds=1, container=kind, **KINDS[kind])
    chance = random.Random(kind)
    for _ in range(damages):
        try:
            made = remade(tmp_path, damaged(whole, chance))
        except Refused:
            continue
        with av.open(io.BytesIO(made), "r") as container:
            assert sum(1 for _ in container.decode(video=0)) == TARGET.pictures


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, a piece cut out, or the end missing."""
    data = bytearray(whole)
    how = chance.randrange(3)
    if how == 0:
        for _ in range(chance.choice((1, 4, 30))):
            data[chance.randrange(len(data))] = chance.randrange(256)
    elif how == 1:
        at = chance.randrange(len(data))
        del data[at : at + chance.randrange(1, 400)]
    else:
        del data[chance.randrange(len(data)) :]
    return bytes(data)


def test_the_clock_is_looked_at_for_every_packet_and_picture(tmp_path: Path) -> None:
    watched: list[int] = []

    class Counting(Deadline):
        def check(self) -> None:
            watched.append(1)

    path = tmp_path / "clip"
    path.write_bytes(small(seconds=1))
    found = survey(path, Counting(1))
    remake(path, found, TARGET, tmp_path / "made.mp4", Counting(1))

    assert len(watched) > 24 * 3
