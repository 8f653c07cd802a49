"""What a whole file on this machine really holds, by its packets: the measure of a repair.

The file may be of any kind in `retake.catalog.repair_plan.CONVERTIBLE` and was made by a
stranger. So the demuxer is named and never guessed (some guesses are play lists, which name other
files), nothing but the file itself may be opened, and every loop ends at a deadline.
"""

import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from av import AudioCodecContext
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from retake.catalog.repair_plan import CONVERTIBLE, not_repairable
from retake.domain.footage import Footage
from retake.media.file_type import looks_like
from retake.media.mp4.tracks import MAX_SAMPLES
from retake.media.probe import probe

HEAD_BYTES = 512
# A decoder keeps up to sixteen pictures. Measured with such files: 1 GB for 4:2:0 at 8 bits,
# 2.4 GB for 4:4:4 at 10 bits, of the 3 GB that the function has.
MAX_PIXELS = 4096 * 4096
# Not every decoder of libav is meant for files of strangers; these are what cameras, phones,
# browsers and editing programs write.
PICTURE_CODECS = frozenset(
    {
        *("h264", "hevc", "vp8", "vp9", "av1", "theora", "mjpeg", "prores", "dnxhd"),
        *("mpeg1video", "mpeg2video", "mpeg4"),
    }
)
# Two pictures may lie a tick of a coarse clock apart without being meant to.
_UNSTEADY = 0.2
_TICK_SECONDS = 0.0011
# Files that only count their pictures: the time of one is its place, whatever libav guesses.
COUNTED = frozenset({"avi"})
_STILL = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
OPTIONS = {
    "protocol_whitelist": "none",
    "format_whitelist": ",".join(["mov", *CONVERTIBLE.values()]),
}


class Deadline:
    """How much time a repair may still take."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._ends_at = clock() + seconds

    def check(self) -> None:
        """Raises Refused with NOT_REPAIRABLE when the time is over."""
        if self._clock() >= self._ends_at:
            raise not_repairable(f"it would take longer than {self._seconds:.0f} s")


@dataclass(frozen=True, slots=True)
class Survey:
    """A clip as it lies in a file: what it holds, and how libav shall open it.

    `is_steady` says whether its pictures follow each other at one rate; `begins` is the time of the
    first on the file's own clock, in seconds; `sound` the codec of its first sound track.
    """

    footage: Footage
    is_steady: bool
    begins: Fraction
    demuxer: str
    sound: str | None

    def facts(self) -> dict[str, Any]:
        """For the record: what it holds, in the words of `Footage`."""
        return {**asdict(self.footage), "has_variable_frame_rate": not self.is_steady}


class FileReader:
    """A file as footage reads it: by range."""

    def __init__(self, path: Path) -> None:
        self.size_bytes = path.stat().st_size
        self._path = path

    def read_at(self, offset: int, length: int) -> bytes:
        """At most `length` bytes; fewer at the end, none beyond it."""
        with self._path.open("rb") as file:
            file.seek(offset)
            return file.read(max(0, length))


def survey(path: Path, watch: Deadline) -> Survey:
    """Measure a file. Raises NotFootage as `probe`, Refused with NOT_REPAIRABLE."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    demuxer = CONVERTIBLE.get(looks_like(head))
    known = None if demuxer else probe(FileReader(path))
    with opened(path, demuxer or "mov") as (container, stream):
        codec = stream.codec_context.codec.canonical_name
        sound = next((each for each in container.streams.audio), None)
        rhythm = _rhythm(container, stream, watch)
        found = Footage(
            container=demuxer or "mov",
            codec=codec,
            duration_seconds=rhythm.seconds,
            width=stream.codec_context.width,
            height=stream.codec_context.height,
            fps=rhythm.pictures / rhythm.seconds,
            has_audio=sound is not None,
            size_bytes=path.stat().st_size,
        )
        _check_decodable(known or found)
        if known is None:
            found = _turned(found, _turn(container, stream))
        return Survey(
            known or found,
            rhythm.is_steady,
            rhythm.begins,
            demuxer or "mov",
            _codec_of(sound),
        )


def changes(before: Survey, after: Footage) -> list[str]:
    """What a repair has changed, each as the end of a sentence."""
    old, said = before.footage, []
    if old.duration_seconds - after.duration_seconds > 1.5 / after.fps:
        said.append(f"cut from {_s(old.duration_seconds)} to {_s(after.duration_seconds)}")
    if old.rotation_degrees:
        said.append(f"turned upright by {old.rotation_degrees} degrees")
    if (old.width, old.height) != (after.width, after.height):
        said.append(f"scaled from {old.width}x{old.height} to {after.width}x{after.height}")
    if not before.is_steady:
        said.append(f"its variable frame rate made a constant {_n(after.fps)} frames/s")
    elif abs(old.fps - after.fps) > old.fps * 0.005:
        said.append(f"brought from {_n(old.fps)} to {_n(after.fps)} frames/s")
    if old.container != after.container:
        said.append(f"put from {old.container} into {after.container}")
    said.append(f"its pictures coded anew {_from_to(old.codec, after.codec)}")
    if old.has_audio:
        sound = f"coded anew {_from_to(before.sound, 'aac')}" if after.has_audio else "left out"
        said.append(f"its sound {sound}")
    if old.size_bytes > after.size_bytes:
        said.append(f"brought from {old.size_bytes / 1e6:.1f} to {after.size_bytes / 1e6:.1f} MB")
    return said


def _from_to(old: str | None, new: str) -> str:
    return f"as {new}" if old == new else f"from {old} to {new}"


def _s(seconds: float) -> str:
    return f"{_n(seconds)} s"


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _codec_of(sound: AudioStream | None) -> str | None:
    # None, against PyAV's own type hints, where libav knows no such codec.
    context: AudioCodecContext | None = getattr(sound, "codec_context", None)
    return None if context is None else context.codec.canonical_name


@contextmanager
def opened(path: Path, demuxer: str) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A file and its first stream of moving pictures; what libav says is told as NOT_REPAIRABLE."""
    try:
        with (
            path.open("rb") as file,
            av.open(file, "r", format=demuxer, options=OPTIONS) as container,
        ):
            moving = [s for s in container.streams.video if not s.disposition & _STILL]
            # PyAV gives None, against its own type hints, where libav knows no such codec.
            if not moving or getattr(moving[0], "codec_context", None) is None:
                raise not_repairable("no moving pictures that can be read are in it")
            stream = moving[0]
            stream.codec_context.thread_type = "SLICE"  # a thread a frame would keep more of them
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            yield container, stream
    except (
        *(av.FFmpegError, ValueError, OverflowError, ZeroDivisionError, EOFError),
        IndexError,  # of PyAV, where a file's streams are not numbered one after another
    ) as error:
        raise not_repairable(f"libav cannot read it ({type(error).__name__})") from error


@dataclass(frozen=True, slots=True)
class _Rhythm:
    pictures: int
    seconds: float
    is_steady: bool
    begins: Fraction


def _rhythm(container: InputContainer, stream: VideoStream, watch: Deadline) -> _Rhythm:
    """When each picture begins, without decoding any."""
    begins = array("q")
    base = stream.time_base
    stays: dict[int, int] = {}
    is_counted = container.format.name in COUNTED
    for packet in container.demux(stream):
        watch.check()
        at = packet.dts if is_counted else packet.pts
        if at is None or packet.is_discard:
            continue
        if len(begins) == MAX_SAMPLES:
            raise not_repairable(f"it holds more than {MAX_SAMPLES:,} pictures")
        if at >= max(stays, default=at):
            stays = {at: packet.duration or 0}
        begins.append(at)
    ordered = sorted(begins)
    gaps = sorted(after - before for before, after in pairwise(ordered))
    if base is None or not gaps or ordered[-1] == ordered[0]:
        raise not_repairable("it holds fewer than two pictures")
    usual = gaps[len(gaps) // 2]
    last = stays[ordered[-1]] if stays[ordered[-1]] * 4 > usual else usual
    seconds = float((ordered[-1] - ordered[0] + last) * base)
    spread = float((gaps[-1] - gaps[0]) * base)
    allowed = max(_UNSTEADY * float(usual * base), 2 * _TICK_SECONDS)
    return _Rhythm(len(ordered), seconds, spread <= allowed, ordered[0] * base)


def _check_decodable(clip: Footage) -> None:
    if clip.codec not in PICTURE_CODECS:
        raise not_repairable(f"its pictures are coded as {clip.codec}")
    if min(clip.width, clip.height) < 1:
        raise not_repairable("its pictures have no size")
    if clip.width * clip.height > MAX_PIXELS:
        raise not_repairable(
            f"a picture of {clip.width}x{clip.height} is larger than can be decoded here "
            f"({MAX_PIXELS / 1e6:.0f} million pixels)"
        )


def _turn(container: InputContainer, stream: VideoStream) -> int:
    """How far a player turns the first picture clockwise: 0, 90, 180 or 270."""
    container.seek(0)
    first = next(container.decode(stream), None)
    return 0 if first is None else clockwise(first)


def clockwise(picture: av.VideoFrame) -> int:
    """How far a player turns this picture; libav counts the other way."""
    return round(-picture.rotation / 90) * 90 % 360


def _turned(found: Footage, degrees: int) -> Footage:
    if degrees % 180:
        found = replace(found, width=found.height, height=found.width)
    return replace(found, rotation_degrees=degrees)
