"""What a whole file on this machine really holds, by its packets: the measure of a repair.

The file was made by a stranger: it is opened as `retake.media.demuxing` says, and every loop ends
at a deadline.
"""

import struct
from array import array
from collections import Counter
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import av
from av.container import InputContainer
from av.sidedata.sidedata import Type as SideDataType
from av.video.stream import VideoStream

from retake.catalog.repair_plan import CONVERTIBLE, PICTURE_CODECS, not_repairable
from retake.domain.display import SQUARE, Display, sensible, turn_of
from retake.domain.footage import Footage, Oddity
from retake.media.colour import RGB, Colours, conversion
from retake.media.demuxing import MAX_PIXELS, Deadline, opened
from retake.media.file_type import looks_like
from retake.media.mp4.tracks import MAX_SAMPLES
from retake.media.probe import examine
from retake.media.rhythm import usual_gap
from retake.media.sound import Sounds, listen

HEAD_BYTES = 512
# Two pictures may lie a tick of a coarse clock apart without being meant to.
_UNSTEADY = 0.2
_TICK_SECONDS = 0.0011
_SAME_RATE = 0.005
# Files that only count their pictures: the time of one is its place, whatever libav guesses.
COUNTED = frozenset({"avi"})
# Joined with `cat`, a file's clock begins anew; that of a broadcast goes on somewhere else.
_BACK_SECONDS, _ON_SECONDS = 0.2, 10.0
BROADCAST = frozenset({"mpegts", "mpeg", "flv"})
_LOOKED_AT = 12  # pictures: fields are not always said of the first one


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
        rhythm = _rhythm(container, stream, watch)
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


@dataclass(frozen=True, slots=True)
class _Rhythm:
    seconds: float
    fps: float
    average_fps: float | None
    is_steady: bool
    begins: Fraction


def _rhythm(container: InputContainer, stream: VideoStream, watch: Deadline) -> _Rhythm:
    """When each picture begins, without decoding any."""
    begins = array("q")
    base = stream.time_base
    stays: dict[int, int] = {}
    is_counted = container.format.name in COUNTED
    before: int | None = None
    for packet in container.demux(stream):
        watch.check()
        if packet.dts is not None and base is not None:
            _check_clock(before, packet.dts, base, container.format.name)
            before = packet.dts
        at = packet.dts if is_counted else packet.pts
        if at is None or packet.is_discard:
            continue
        if len(begins) == MAX_SAMPLES:
            raise not_repairable(f"it holds more than {MAX_SAMPLES:,} pictures")
        if at >= max(stays, default=at):
            stays = {at: packet.duration or 0}
        begins.append(at)
    ordered = sorted(begins)
    gaps = Counter(after - before for before, after in pairwise(ordered))
    if base is None or not gaps or ordered[-1] == ordered[0]:
        raise not_repairable("it holds fewer than two pictures")
    usual, lengths = usual_gap(gaps), sorted(gaps)
    last = stays[ordered[-1]] if stays[ordered[-1]] * 4 > usual else round(usual)
    seconds = float((ordered[-1] - ordered[0] + last) * base)
    average, fps = len(ordered) / seconds, 1 / (usual * float(base))
    allowed = max(_UNSTEADY * usual * float(base), 2 * _TICK_SECONDS)
    is_steady = float((lengths[-1] - lengths[0]) * base) <= allowed
    measured = average if is_steady else fps  # a coarse clock rounds each gap, but not their sum
    # A clock of milliseconds cannot tell 59.94 from 60; some files say which it is.
    told = float(stream.average_rate or 0)
    return _Rhythm(
        seconds=seconds,
        fps=told if abs(told - measured) < measured * _SAME_RATE else measured,
        average_fps=None if is_steady else average,
        is_steady=is_steady,
        begins=ordered[0] * base,
    )


def _check_clock(before: int | None, now: int, base: Fraction, demuxer: str) -> None:
    """Raises Refused where a file's clock jumps: nobody knows what was meant to follow what."""
    on = float((now - before) * base) if before is not None else 0.0
    if before is None or (on > -_BACK_SECONDS and (on < _ON_SECONDS or demuxer not in BROADCAST)):
        return
    was, is_now = (f"{float(each * base):.2f}" for each in (before, now))
    raise not_repairable(
        f"its clock jumps from {was} to {is_now} s, as where files are put one behind another; "
        "join them with an editing program"
    )


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
