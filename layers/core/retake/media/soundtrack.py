"""The sound of a clip made anew: one track, in the time of its pictures."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import cast

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.filter import Graph
from av.packet import Packet

SOUND_BITS_PER_SECOND = 192_000
SOUND_RATES = (44_100, 48_000)
_OVERLAP = Fraction(1, 100)  # of sounds whose times were rounded to a coarse clock


class _Sides:
    """Two tracks of one channel each, made the left and the right of one."""

    def __init__(self, sounds: Sequence[AudioStream]) -> None:
        self._graph = Graph()
        self._ways = {}
        join = self._graph.add("join", "inputs=2:channel_layout=stereo")
        for side, stream in enumerate(sounds):
            way = self._graph.add_abuffer(template=stream)
            form = f"sample_fmts=fltp:sample_rates={SOUND_RATES[-1]}:channel_layouts=mono"
            mono = self._graph.add("aformat", form)
            way.link_to(mono)
            mono.link_to(join, 0, side)
            self._ways[stream.index] = way
        self._sink = self._graph.add("abuffersink")
        join.link_to(self._sink)
        self._graph.configure()

    def both(self, index: int, sound: av.AudioFrame) -> Iterator[av.AudioFrame]:
        """What can be given out now that one side goes on."""
        self._ways[index].push(sound)
        with suppress(av.BlockingIOError, av.EOFError):
            while True:
                yield cast("av.AudioFrame", self._sink.pull())


class Soundtrack:
    """The sound of the new clip, which ends no later than its pictures."""

    def __init__(
        self,
        output: OutputContainer,
        sounds: Sequence[AudioStream],
        begins: Fraction,
        seconds: float,
    ) -> None:
        self._output = output
        self._begins = begins
        self._seconds = seconds
        self._heard = Fraction(0)
        self.is_full = False
        self._sides = _Sides(sounds) if len(sounds) > 1 else None
        given = sounds[0].codec_context
        is_usual = given.sample_rate in SOUND_RATES and self._sides is None
        rate = given.sample_rate if is_usual else SOUND_RATES[-1]
        is_mono = given.layout.nb_channels == 1 and self._sides is None
        layout = "mono" if is_mono else "stereo"
        stream = output.add_stream("aac", rate=rate, layout=layout)
        stream.codec_context.bit_rate = SOUND_BITS_PER_SECOND
        self._stream = stream

    def take(self, index: int, sound: av.AudioFrame) -> None:
        """The next sound of one of the old clip's tracks."""
        for heard in self._sides.both(index, sound) if self._sides else (sound,):
            self.hear(heard)

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
