"""A clip made anew within a model's limits: H.264 and AAC in MP4, upright, at a constant rate.

One picture is decoded, turned and encoded at a time, and no more are made than the target asks
for, so memory and work are bounded by the target and not by what the file claims.
"""

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import cast

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.filter import Graph
from av.packet import Packet
from av.video.stream import VideoStream

from retake.catalog.repair_plan import Target, not_repairable
from retake.media.measure import COUNTED, Deadline, Survey, clockwise, opened

SOUND_CODECS = frozenset(("aac", "mp3", "mp2", "opus", "vorbis", "ac3", "eac3", "flac", "alac"))
SOUND_BITS_PER_SECOND = 192_000
SOUND_RATES = (44_100, 48_000)
# What eyes hardly tell from the original, at the speed a function can afford.
QUALITY = {"preset": "veryfast", "crf": "18", "threads": "4"}
# A file may end a moment before it says so; more missing means that it is broken.
MISSING_SECONDS = 0.5
LIMITED_RANGE = 1  # AVCOL_RANGE_MPEG, what players expect of yuv420p
UNSAID = 2  # AVCOL_…_UNSPECIFIED
_OVERLAP = Fraction(1, 100)  # of sounds whose times were rounded to a coarse clock
_TURNS = {0: (), 90: ("clock",), 180: ("clock", "clock"), 270: ("cclock",)}


def takes_sound(found: Survey) -> bool:
    """Whether the sound can come along."""
    return found.sound is not None and (
        found.sound in SOUND_CODECS or found.sound.startswith("pcm_")
    )


def remake(source: Path, found: Survey, target: Target, into: Path, watch: Deadline) -> None:
    """Write the clip to `into` as the target says. Raises Refused with NOT_REPAIRABLE."""
    # The index first, as whatever plays the file over the web wants it.
    faststart = {"movflags": "faststart"}
    with (
        opened(source, found.demuxer) as (container, pictures),
        av.open(str(into), "w", format="mp4", options=faststart) as output,
    ):
        film = _Film(output, pictures, found, target)
        sounds = container.streams.audio[0] if takes_sound(found) else None
        tape = _Tape(output, sounds, found.begins, target.seconds) if sounds else None
        wanted: list[VideoStream | AudioStream] = [pictures, *([sounds] if sounds else [])]
        for packet in container.demux(wanted):
            watch.check()
            if packet.stream_index == pictures.index:
                for picture in packet.decode():
                    watch.check()
                    if isinstance(picture, av.VideoFrame):  # a damaged file may mix its streams up
                        film.see(picture)
            elif tape is not None:
                with suppress(av.InvalidDataError):  # a click in the sound is no reason to refuse
                    for sound in packet.decode():
                        if isinstance(sound, av.AudioFrame):
                            tape.hear(sound)
            if film.is_full and (tape is None or tape.is_full):
                break
        film.end()
        if tape is not None:
            tape.end()


class _Film:
    """The pictures of the new clip, one after the other at a constant rate."""

    def __init__(
        self, output: OutputContainer, pictures: VideoStream, found: Survey, target: Target
    ) -> None:
        self._output = output
        self._target = target
        self._begins = found.begins
        self._stay = 1 / Fraction(found.footage.fps) if found.demuxer in COUNTED else None
        self._seen = self._made = 0
        self._held: av.VideoFrame | None = None
        self._shown: av.VideoFrame | None = None
        self._last = Fraction(0)
        self._turner: tuple[object, Graph] | None = None
        stream = output.add_stream("libx264", rate=target.rate)
        bits = str(target.most_bits_per_second)
        stream.options = {**QUALITY, "maxrate": bits, "bufsize": bits}
        stream.width, stream.height, stream.pix_fmt = target.width, target.height, "yuv420p"
        context, given = stream.codec_context, pictures.codec_context
        context.time_base = 1 / target.rate
        context.color_range = LIMITED_RANGE
        context.color_primaries = given.color_primaries
        context.color_trc = given.color_trc
        context.colorspace = given.colorspace or UNSAID  # zero is RGB, which this is no longer
        self._stream = stream

    @property
    def is_full(self) -> bool:
        return self._made >= self._target.pictures

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

    def end(self) -> None:
        """Show the last picture to the end. Raises Refused when too many are missing."""
        if self._held is None:
            raise not_repairable("none of its pictures can be decoded")
        missing = Fraction(self._target.pictures) / self._target.rate - self._last
        if missing > MISSING_SECONDS and not self.is_full:
            raise not_repairable(f"its pictures end after {float(self._last):.1f} s")
        self._show(self._held, until=None)
        self._output.mux(self._stream.encode(None))

    def _show(self, held: av.VideoFrame, until: Fraction | None) -> None:
        # A quarter of a picture's time is left for clocks that count in milliseconds.
        while not self.is_full and (
            until is None or (self._made + Fraction(1, 4)) / self._target.rate < until
        ):
            picture = self._shown = self._shown or self._turned(held)
            picture.pts, picture.time_base = self._made, 1 / self._target.rate
            self._output.mux(self._stream.encode(picture))
            self._made += 1

    def _turned(self, held: av.VideoFrame) -> av.VideoFrame:
        looks = (held.width, held.height, held.format.name, clockwise(held))
        # Some recorders change the size on the way; there is nothing in a graph to be lost.
        if self._turner is None or self._turner[0] != looks:
            self._turner = looks, _graph(held, self._target)
        graph = self._turner[1]
        graph.push(held)
        return cast("av.VideoFrame", graph.pull())


def _graph(picture: av.VideoFrame, target: Target) -> Graph:
    """From a picture as it is decoded to one as it is encoded."""
    graph = Graph()
    first = graph.add_buffer(
        width=picture.width,
        height=picture.height,
        format=picture.format,
        time_base=picture.time_base,
    )
    chain = [first]
    chain += [graph.add("transpose", f"dir={turn}") for turn in _TURNS[clockwise(picture)]]
    scaled = f"w={target.width}:h={target.height}:flags=bicubic:out_range=tv"
    chain += [graph.add("scale", scaled), graph.add("format", "pix_fmts=yuv420p")]
    chain += [graph.add("buffersink")]
    for before, after in pairwise(chain):
        before.link_to(after)
    graph.configure()
    return graph


class _Tape:
    """The sound of the new clip, which ends no later than its pictures."""

    def __init__(
        self, output: OutputContainer, sounds: AudioStream, begins: Fraction, seconds: float
    ) -> None:
        self._output = output
        self._begins = begins
        self._seconds = seconds
        self._heard = Fraction(0)
        self.is_full = False
        given = sounds.codec_context
        rate = given.sample_rate if given.sample_rate in SOUND_RATES else SOUND_RATES[-1]
        layout = "mono" if given.layout.nb_channels == 1 else "stereo"
        stream = output.add_stream("aac", rate=rate, layout=layout)
        stream.codec_context.bit_rate = SOUND_BITS_PER_SECOND
        self._stream = stream

    def hear(self, sound: av.AudioFrame) -> None:
        """The next sound of the old clip."""
        if sound.pts is None or sound.time_base is None or self.is_full:
            return
        at = sound.pts * sound.time_base - self._begins
        # Pieces that were put together begin their clocks anew; a muxer knows one way only.
        if at < self._heard - _OVERLAP:
            return
        at = max(at, self._heard)
        ends = at + Fraction(sound.samples, sound.sample_rate)
        if ends > self._seconds:
            self.is_full = True
            return
        self._heard = ends
        sound.pts, sound.time_base = round(at * sound.sample_rate), Fraction(1, sound.sample_rate)
        self._put(self._stream.encode(sound))

    def end(self) -> None:
        self._put(self._stream.encode(None))

    def _put(self, packets: "Sequence[Packet[AudioStream]]") -> None:
        for packet in packets:
            self._output.mux(packet)
