"""A still of a stored video, from a few ranged reads.

As for a probe, libav never reads the file itself: it sees the index of the video track alone, then
the coded pictures that one frame needs, each where the index says.
"""

import io
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from retake.catalog.repair_plan import PICTURE_CODECS
from retake.domain.display import Display
from retake.domain.errors import RetakeError
from retake.domain.values import dataclass
from retake.media.mp4.boxes import Malformed
from retake.media.probe import INDEX_ONLY, index_file, index_of
from retake.media.ranged_reader import Blocks, Budget, Reader

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

LONGEST_SIDE = 1280  # pixels
# Where a clip tells most, as a share of its length; the next one where a frame shows nothing.
MOMENTS = (1 / 3, 1 / 2, 2 / 3, 0.0)
READ_BYTES = 4 * 1024 * 1024  # for one moment: what lies between a key picture and its frame
# Decoded for one moment: the second in which a clip fades in. More would hold up the message.
MAX_PICTURES = 24
# A frame as large as 4K; a decoder keeps up to sixteen of them, at 12 MB each, whatever the index
# said of their size.
MAX_PIXELS = 3840 * 2160
MIN_SPREAD = 24  # between the darkest and the lightest patch of 255; less is a blank frame
QUALITY = 4  # of libav's 2 to 31, the best first
_PATCHES = (16, 9)
_TURNS = {90: ("clock",), 180: ("clock", "clock"), 270: ("cclock",)}
TICK = Fraction(1, 1000)  # one frame alone has no time, but libav wants a measure of it
_BUDGET = Budget(seconds=20.0)


class NoPoster(RetakeError):
    """No picture of the video could be made."""


@dataclass(frozen=True, slots=True)
class _Sample:
    at: int
    size_bytes: int
    time: int
    is_key: bool


def poster_of(reader: Reader, *, budget: Budget = _BUDGET) -> bytes:
    """A JPEG of at most LONGEST_SIDE pixels a side, upright, not blank if any moment is not.

    Raises NoPoster, also for files in fragments; NotFootage; and what the reader raises.
    """
    import av  # here, because only the functions that look inside a video carry PyAV

    until = budget.clock() + budget.seconds
    try:
        movie, track = index_of(Blocks(reader, budget))
        if movie.fragmented:
            raise NoPoster("The video is in fragments.")
        index = io.BytesIO(index_file(movie, track))
        with av.open(index, format="mov", options=dict(INDEX_ONLY)) as container:
            stream = container.streams.video[0]
            # PyAV gives None, against its own type hints, where libav knows no such codec.
            context: Any = getattr(stream, "codec_context", None)
            if context is None or context.codec.canonical_name not in PICTURE_CODECS:
                raise NoPoster("Its pictures are coded as no camera or provider codes them.")
            samples = [
                _Sample(each.pos, each.size, each.timestamp, each.is_keyframe)
                for each in stream.index_entries
            ]
            best: tuple[int, VideoFrame] | None = None
            for moment in MOMENTS:
                if best is not None and (best[0] >= MIN_SPREAD or budget.clock() > until):
                    break
                frame = _frame_at(reader, stream, samples, moment)
                if frame is not None and (best is None or _spread(frame) > best[0]):
                    best = _spread(frame), frame
            if best is None:
                raise NoPoster("No frame could be decoded.")
            return jpeg_of(best[1], track.display)
    except (av.FFmpegError, Malformed, IndexError, ValueError, OverflowError) as error:
        raise NoPoster(f"The pictures make no sense to libav ({type(error).__name__}).") from error


def _frame_at(
    reader: Reader, stream: Any, samples: Sequence[_Sample], moment: float
) -> "VideoFrame | None":
    """The frame at a share of the length, or as near to it as is worth going from a key picture."""
    if not samples:
        return None
    wanted = min(int(len(samples) * moment), len(samples) - 1)
    key = max((n for n in range(wanted + 1) if samples[n].is_key), default=0)
    run = samples[key : wanted + 1][:MAX_PICTURES]
    if _reach(run) > READ_BYTES:
        run = run[:1]
    if _reach(run) > READ_BYTES:
        return None
    begin = min(each.at for each in run)
    data = reader.read_at(begin, _reach(run))
    last = deque(_decoded(stream, [(each, data[each.at - begin :]) for each in run]), maxlen=1)
    return last[0] if last else None


def _reach(run: Sequence[_Sample]) -> int:
    return max(each.at + each.size_bytes for each in run) - min(each.at for each in run)


def _decoded(stream: Any, coded: Sequence[tuple[_Sample, bytes]]) -> "Iterator[VideoFrame]":
    import av

    # A decoder of its own for each moment, on one thread: others would each hold frames.
    decoder = av.CodecContext.create(stream.codec_context.codec.name, "r")
    decoder.extradata = stream.codec_context.extradata
    decoder.options = {"max_pixels": str(MAX_PIXELS)}
    decoder.thread_count = 1
    for sample, data in coded:
        packet = av.Packet(data[: sample.size_bytes])
        packet.pts = packet.dts = sample.time
        packet.time_base = stream.time_base
        yield from decoder.decode(packet)
    yield from decoder.decode(None)


def _spread(frame: "VideoFrame") -> int:
    """How far the lightest patch of the frame is from its darkest, of 255."""
    across, down = _PATCHES
    plane = frame.reformat(width=across, height=down, format="gray").planes[0]
    raw = bytes(plane)
    patches = [
        value
        for row in range(down)
        for value in raw[row * plane.line_size : row * plane.line_size + across]
    ]
    return max(patches) - min(patches)


def _shown(frame: "VideoFrame", display: Display, sides: tuple[int, int]) -> "VideoFrame":
    """The frame as a player shows it, scaled to these sides."""
    from av.filter import Graph

    width, height = sides
    steps = []
    if display.crop is not None and (frame.width, frame.height) == (display.width, display.height):
        left, top, wide, high = display.crop
        steps.append(("crop", f"w={wide}:h={high}:x={left}:y={top}:exact=1"))
    if display.is_mirrored:
        steps.append(("hflip", ""))
    steps += [("transpose", way) for way in _TURNS.get(display.rotation_degrees, ())]
    steps += [("scale", f"w={width}:h={height}:out_range=pc"), ("format", "yuvj420p")]
    graph = Graph()
    chain = [
        graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=TICK
        ),
        *(graph.add(name, args) for name, args in steps),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*chain).configure()
    frame.time_base = TICK
    graph.vpush(frame)
    return graph.vpull()


def jpeg_of(frame: "VideoFrame", display: Display) -> bytes:
    """The frame as a player shows it, of at most LONGEST_SIDE pixels a side."""
    import av

    shown = replace(display, width=frame.width, height=frame.height).sides
    scale = min(1.0, LONGEST_SIDE / max(shown))
    width, height = (max(2, round(side * scale / 2) * 2) for side in shown)
    encoder: Any = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = TICK
    encoder.qmin = encoder.qmax = QUALITY
    picture = _shown(frame, display, (width, height))
    picture.pts, picture.time_base = 0, TICK
    return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])
