"""A clip made anew within a model's limits: H.264 and AAC in MP4, upright, at a constant rate.

One picture is decoded, turned and encoded at a time, and no more are made than the target asks
for, so memory and work are bounded by the target and not by what the file claims.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import cast

import av
from av.audio.stream import AudioStream
from av.filter import Graph
from av.video.stream import VideoStream

from retake.catalog.repair_plan import Target, not_repairable
from retake.domain.footage import Oddity
from retake.media.clock import COUNTED
from retake.media.colour import Colours, conversion
from retake.media.encoder import Encoder
from retake.media.measure import Deadline, Survey, opened
from retake.media.sound import indexes
from retake.media.soundtrack import Soundtrack
from retake.media.tone_map import steps_through, write_table

# A file may end a moment before it says so; more missing means that it is broken.
MISSING_SECONDS = 0.5
_TURNS = {0: (), 90: ("clock",), 180: ("clock", "clock"), 270: ("cclock",)}


def remake(source: Path, found: Survey, target: Target, into: Path, watch: Deadline) -> None:
    """Write the clip to `into` as the target says. Raises Refused with NOT_REPAIRABLE."""
    # The index first, as whatever plays the file over the web wants it.
    faststart = {"movflags": "faststart"}
    with (
        opened(source, found.demuxer, number=found.number) as (container, pictures),
        av.open(str(into), "w", format="mp4", options=faststart) as output,
    ):
        table = into.with_suffix(".cube") if found.colours.is_wide else None
        if table is not None:
            write_table(found.colours.transfer, table)
        encoder = Encoder(output, found, target)
        film = Frames(found, target, table, encoder.put)
        taken = indexes(found.sounds.taken)
        sounds = [each for each in container.streams.audio if each.index in taken]
        tape = Soundtrack(output, sounds, found.begins, target.seconds) if sounds else None
        wanted: list[VideoStream | AudioStream] = [pictures, *sounds]
        for packet in container.demux(wanted):
            watch.check()
            if packet.stream.index == pictures.index:
                for picture in packet.decode():
                    watch.check()
                    if isinstance(picture, av.VideoFrame):  # a damaged file may mix its streams up
                        film.take(picture)
            elif tape is not None:
                with suppress(av.InvalidDataError):  # a click in the sound is no reason to refuse
                    for sound in packet.decode():
                        if isinstance(sound, av.AudioFrame):
                            tape.take(packet.stream.index, sound)
            if film.is_full and (tape is None or tape.is_full):
                break
        film.end()
        encoder.end()
        if tape is not None:
            tape.end()


def frames(
    source: Path,
    found: Survey,
    target: Target,
    sink: Callable[[av.VideoFrame], None],
    watch: Deadline,
    *,
    may_end_early: bool = False,
) -> None:
    """Hand every picture that `target` asks for to `sink`, in order, as it would be encoded.

    The same file and target make the same pictures each time: by their numbers a clip is cut.
    What `sink` raises ends it. A file that ends early shows its last picture to the end, where it
    may. Raises Refused with NOT_REPAIRABLE.
    """
    with opened(source, found.demuxer, number=found.number) as (container, pictures):
        table = source.with_suffix(".cube") if found.colours.is_wide else None
        if table is not None:
            write_table(found.colours.transfer, table)
        film = Frames(found, target, table, sink)
        for packet in container.demux(pictures):
            for picture in packet.decode():
                watch.check()
                if isinstance(picture, av.VideoFrame):
                    film.take(picture)
            if film.is_full:
                return
        film.end(may_be_early=may_end_early)


class Frames:
    """The pictures of the new clip, one after the other at a constant rate."""

    def __init__(
        self,
        found: Survey,
        target: Target,
        table: Path | None,
        sink: Callable[[av.VideoFrame], None],
    ) -> None:
        self._sink = sink
        self._target = target
        self._begins = found.begins
        self._stay = 1 / Fraction(found.footage.fps) if found.demuxer in COUNTED else None
        self._seen = self._made = 0
        self._held: av.VideoFrame | None = None
        self._shown: av.VideoFrame | None = None
        self._last = Fraction(0)
        self._turner: tuple[object, Graph] | None = None
        self._found = found
        self._table = table
        self._fields = _Fields() if Oddity.INTERLACED in found.footage.oddities else None

    @property
    def is_full(self) -> bool:
        return self._made >= self._target.pictures

    def take(self, picture: av.VideoFrame) -> None:
        """The next picture of the old clip, as it was decoded."""
        for whole in self._fields.whole(picture) if self._fields else (picture,):
            self.see(whole)

    def see(self, picture: av.VideoFrame) -> None:
        """The next picture of the old clip: the one before it is shown until this one begins."""
        at = self._time_of(picture)
        if at is None or self.is_full:
            return
        self._seen += 1
        if self._held is not None:
            self._show(self._held, until=at)
        self._held, self._shown, self._last = picture, None, max(at, self._last)

    def _time_of(self, picture: av.VideoFrame) -> Fraction | None:
        if self._stay is not None:
            return self._seen * self._stay
        if picture.pts is None or picture.time_base is None:
            return None
        return picture.pts * picture.time_base - self._begins

    def end(self, *, may_be_early: bool = False) -> None:
        """Show the last picture to the end. Raises Refused when too many are missing."""
        for whole in self._fields.whole(None) if self._fields else ():
            self.see(whole)
        if self._held is None:
            raise not_repairable("none of its pictures can be decoded")
        missing = Fraction(self._target.pictures) / self._target.rate - self._last
        if missing > MISSING_SECONDS and not self.is_full and not may_be_early:
            raise not_repairable(f"its pictures end after {float(self._last):.1f} s")
        self._show(self._held, until=None)

    def _show(self, held: av.VideoFrame, until: Fraction | None) -> None:
        # A quarter of a picture's time is left for clocks that count in milliseconds.
        while not self.is_full and (
            until is None or (self._made + Fraction(1, 4)) / self._target.rate < until
        ):
            picture = self._shown = self._shown or self._turned(held)
            picture.pts, picture.time_base = self._made, 1 / self._target.rate
            self._sink(picture)
            self._made += 1

    def _turned(self, held: av.VideoFrame) -> av.VideoFrame:
        looks = (held.width, held.height, held.format.name, held.colorspace, held.color_range)
        # Some recorders change the size on the way; there is nothing in a graph to be lost.
        if self._turner is None or self._turner[0] != looks:
            self._turner = looks, _graph(held, self._found, self._target, self._table)
        graph = self._turner[1]
        graph.push(held)
        return cast("av.VideoFrame", graph.pull())


class _Fields:
    """Interlaced pictures made whole, as many as they were; those that are whole pass as they are.

    A picture's missing lines are guessed from those around it in place and time, so each comes out
    when the next one is known.
    """

    def __init__(self) -> None:
        self._graph: Graph | None = None

    def whole(self, picture: av.VideoFrame | None) -> Iterator[av.VideoFrame]:
        """What can be given out now; None for the end."""
        if self._graph is None:
            if picture is None:
                return
            self._graph = _linked([("buffer", _buffer(picture)), ("bwdif", "mode=send_frame")])
        self._graph.push(picture)
        with suppress(av.BlockingIOError, av.EOFError):
            while True:
                yield cast("av.VideoFrame", self._graph.pull())


def _buffer(picture: av.VideoFrame) -> str:
    base = picture.time_base or Fraction(1, 1000)
    return (
        f"video_size={picture.width}x{picture.height}:pix_fmt={picture.format.name}:"
        f"time_base={base.numerator}/{base.denominator}:pixel_aspect=1/1:"
        f"colorspace={int(picture.colorspace)}:range={int(picture.color_range)}"
    )


def _graph(picture: av.VideoFrame, found: Survey, target: Target, table: Path | None) -> Graph:
    """From a picture as it is decoded to one as it is encoded: as a player would show it."""
    display = found.display
    is_rgb = picture.format.is_rgb
    colours = Colours(
        int(picture.colorspace),
        found.colours.primaries,
        found.colours.transfer,
        int(picture.color_range),
    )
    steps = [("buffer", _buffer(picture))]
    if display.crop is not None and (picture.width, picture.height) == (
        display.width,
        display.height,
    ):
        left, top, width, height = display.crop
        steps.append(("crop", f"w={width}:h={height}:x={left}:y={top}:exact=1"))
    if display.is_mirrored:
        steps.append(("hflip", ""))
    steps += [("transpose", f"dir={turn}") for turn in _TURNS[display.rotation_degrees]]
    if table is not None:
        steps += steps_through(table, colours, target.width, target.height)
    else:
        recoloured = conversion(colours, picture.width, picture.height, is_rgb=is_rgb).options
        steps.append(("scale", f"w={target.width}:h={target.height}:{recoloured}"))
    steps.append(("format", "pix_fmts=yuv420p"))
    return _linked(steps)


def _linked(steps: Sequence[tuple[str, str]]) -> Graph:
    """One filter after the other, and a sink at the end."""
    graph = Graph()
    chain = [graph.add(name, args) for name, args in (*steps, ("buffersink", ""))]
    for before, after in pairwise(chain):
        before.link_to(after)
    graph.configure()
    return graph
