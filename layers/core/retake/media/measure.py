"""What a whole file on this machine really holds, by its packets: the measure of a repair.

The file may be of any kind in `retake.catalog.repair_plan.CONVERTIBLE` and was made by a
stranger. So the demuxer is named and never guessed (some guesses are play lists, which name other
files), nothing but the file itself may be opened, and every loop ends at a deadline.
"""

import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
from av.container import InputContainer
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Disposition
from av.video.stream import VideoStream

from retake.catalog.repair_plan import CONVERTIBLE, MAX_PIXELS, PICTURE_CODECS, not_repairable
from retake.domain.display import SQUARE, Display, sensible, turn_of
from retake.domain.footage import Footage, Oddity
from retake.domain.values import dataclass
from retake.media.clock import rhythm_of
from retake.media.colour import RGB, Colours, conversion
from retake.media.file_type import looks_like
from retake.media.probe import examine
from retake.media.sound import Sounds, listen

HEAD_BYTES = 512
_LOOKED_AT = 12  # pictures: fields are not always said of the first one
_COVERS = frozenset({"mjpeg", "png"})
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
    first on the file's own clock, in seconds; `number` that of their track in an MP4.
    """

    footage: Footage
    is_steady: bool
    begins: Fraction
    demuxer: str
    display: Display
    colours: Colours
    sounds: Sounds
    number: int | None = None

    @property
    def recoloured(self) -> str | None:
        """What becomes of its colours, if that is worth telling."""
        shape = (self.display.width, self.display.height)
        return conversion(self.colours, *shape, is_rgb=self.colours.matrix == RGB).said

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
    known = None if demuxer else examine(FileReader(path))
    number = known[2] if known else None
    # Opened anew for each look: not every file can be wound back to its beginning.
    with opened(path, demuxer or "mov", number=number) as (container, stream):
        rhythm = rhythm_of(container, stream, watch.check)
        context, has_audio = stream.codec_context, bool(container.streams.audio)
        found = Footage(
            container=demuxer or "mov",
            codec=context.codec.canonical_name,
            duration_seconds=rhythm.seconds,
            width=context.width,
            height=context.height,
            fps=rhythm.fps,
            has_audio=has_audio,
            size_bytes=path.stat().st_size,
        )
        found = replace(known[0], codec=found.codec) if known else found
        _check_decodable(found)
    with opened(path, demuxer or "mov", number=number) as (container, stream):
        seen = _look(container, stream, known[1] if known else None)
    sounds = Sounds()
    if has_audio:
        with opened(path, demuxer or "mov", number=number) as (container, _):
            sounds = listen(container, watch.check)
    display = seen.display
    width, height = display.sides
    found = replace(
        found,
        fps=rhythm.fps,
        average_fps=rhythm.average_fps,
        width=width,
        height=height,
        rotation_degrees=display.rotation_degrees,
        pixel_aspect=float(display.pixel_aspect),
        is_mirrored=display.is_mirrored,
    )
    return Survey(
        footage=replace(found, oddities=_oddities(found, seen, len(sounds.tracks))),
        is_steady=rhythm.is_steady,
        begins=rhythm.begins,
        demuxer=demuxer or "mov",
        display=display,
        colours=seen.colours,
        sounds=sounds,
        number=number,
    )


def _oddities(found: Footage, seen: "_Look", sounds: int) -> tuple[str, ...]:
    """As the index says, and as the pictures themselves do where they say more."""
    display = seen.display
    measured = {
        Oddity.ANAMORPHIC: display.pixel_aspect != SQUARE or display.crop is not None,
        Oddity.INTERLACED: seen.is_interlaced,
        Oddity.HDR: seen.colours.is_hdr,
        Oddity.SEVERAL_SOUNDS: sounds > 1,
    }
    told = {str(each) for each in found.oddities} - {str(each) for each in measured}
    return tuple(sorted({*told, *(str(each) for each, is_so in measured.items() if is_so)}))


@contextmanager
def opened(
    path: Path, demuxer: str, *, number: int | None = None
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A file and its stream of moving pictures; what libav says is told as NOT_REPAIRABLE.

    `number` is that of the track in an MP4; without it covers stand behind all others.
    """
    try:
        with (
            path.open("rb") as file,
            av.open(file, "r", format=demuxer, options=OPTIONS) as container,
        ):
            moving = [
                s
                for s in container.streams.video
                # PyAV gives None, against its own type hints, where libav knows no such codec.
                if not s.disposition & _STILL and getattr(s, "codec_context", None) is not None
            ]
            moving.sort(key=lambda s: (s.id != number, s.codec_context.name in _COVERS))
            if not moving:
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
class _Look:
    display: Display
    colours: Colours
    is_interlaced: bool


def _look(container: InputContainer, stream: VideoStream, told: Display | None) -> _Look:
    """What the first pictures say of themselves; `told` is what the index says of their display."""
    pictures = [each for each, _ in zip(container.decode(stream), range(_LOOKED_AT), strict=False)]
    if not pictures:
        raise not_repairable("none of its pictures can be decoded")
    first = pictures[0]
    display = told
    if display is None:
        is_mirrored, degrees = turn_of(matrix_of(first))
        display = Display(
            first.width, first.height, is_mirrored=is_mirrored, rotation_degrees=degrees
        )
    if display.pixel_aspect == SQUARE:
        display = replace(display, pixel_aspect=sensible(stream.sample_aspect_ratio))
    return _Look(
        display=display,
        colours=Colours(
            int(first.colorspace),
            int(first.color_primaries),
            int(first.color_trc),
            int(first.color_range),
        ),
        is_interlaced=any(each.interlaced_frame for each in pictures)
        or stream.codec_context.field_order in _FIELDS,
    )


_FIELDS = frozenset({2, 3, 4, 5})  # AV_FIELD_TT to AV_FIELD_BT


def matrix_of(picture: av.VideoFrame) -> tuple[float, float, float, float]:
    """The picture's own transformation, as `turn_of` wants it."""
    told = picture.side_data.get(cast("str", SideDataType.DISPLAYMATRIX))
    if told is None:
        return 1.0, 0.0, 0.0, 1.0
    a, b, _, c, d = struct.unpack_from("=5i", bytes(cast("Any", told)))
    return a / 65536, b / 65536, c / 65536, d / 65536


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
