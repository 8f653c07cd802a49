"""Edited pieces put together: one H.264 file of exactly the planned frames, one sound over all.

Each piece is brought to its planned count of frames, to the film's size, rate and colours, whatever
came back. The sound is the clip's own, encoded once, so that no join is heard and nothing drifts;
it is put in as the pictures go on, because a muxer keeps what it cannot yet interleave in memory.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
from av.container import OutputContainer

from retake.catalog.repair_plan import Target
from retake.domain.values import dataclass
from retake.media.cut import FASTSTART
from retake.media.encoder import Encoder
from retake.media.measure import Deadline, Survey, opened, survey
from retake.media.seams import Tone, tone_of
from retake.media.sound import indexes
from retake.media.soundtrack import Soundtrack
from retake.media.transcode import frames

AHEAD_SECONDS = Fraction(1)  # of sound before its pictures


@dataclass(frozen=True, slots=True)
class Joined:
    """What came of one piece: the tones at its ends, and what had to be corrected."""

    first: Tone
    last: Tone
    frames_corrected: int
    was_resized: bool
    was_retimed: bool


class Stitcher:
    """A film in the making. `sound` is the clip's survey and file, where its sound is kept."""

    def __init__(
        self, into: Path, like: Survey, target: Target, watch: Deadline, clip: Path | None
    ) -> None:
        self._output = av.open(str(into), "w", format="mp4", options=FASTSTART)
        self._target, self._watch = target, watch
        self._encoder = Encoder(self._output, like, target)
        self._tape = _Tape(self._output, clip, like, target) if clip else None
        self._made = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._tape is not None:
            self._tape.close()
        if error is not None:
            with suppress(av.FFmpegError):
                self._output.close()

    def add(self, piece: Path, count: int) -> Joined:
        """The next piece, of so many frames. Raises NotFootage, and Refused where it is no film."""
        found = survey(piece, self._watch)
        target = Target(
            self._target.width,
            self._target.height,
            self._target.rate,
            count,
            self._target.most_bits_per_second,
        )
        tones: list[Tone] = []
        made = 0

        def take(picture: av.VideoFrame) -> None:
            nonlocal made
            if made in (0, count - 1):
                tones.append(tone_of(picture))
            own = picture.pts, picture.time_base
            picture.pts, picture.time_base = self._made, 1 / self._target.rate
            self._encoder.put(picture)
            picture.pts, picture.time_base = own
            made += 1
            self._made += 1
            if self._tape is not None:
                self._tape.play(self._made / self._target.rate + AHEAD_SECONDS)

        frames(piece, found, target, take, self._watch, may_end_early=True)
        clip, rate = found.footage, float(self._target.rate)
        return Joined(
            first=tones[0],
            last=tones[-1],
            frames_corrected=abs(round(clip.duration_seconds * rate) - count),
            was_resized=(clip.width, clip.height) != (target.width, target.height),
            was_retimed=abs(clip.fps - rate) > 0.01 * rate,
        )

    def end(self) -> None:
        """All pieces are in."""
        self._encoder.end()
        if self._tape is not None:
            self._tape.end()
        self._output.close()


class _Tape:
    """The clip's sound, played into the film as far as its pictures have come."""

    def __init__(self, output: OutputContainer, clip: Path, found: Survey, target: Target) -> None:
        self._opened = opened(clip, found.demuxer, number=found.number)
        container, _ = self._opened.__enter__()
        taken = indexes(found.sounds.taken)
        sounds = [each for each in container.streams.audio if each.index in taken]
        self._begins = found.begins
        self._track = Soundtrack(output, sounds, found.begins, target.seconds)
        self._sounds: Iterator[Any] = self._decoded(container.demux(sounds))

    def _decoded(self, packets: Iterable[Any]) -> Iterator[tuple[Fraction | None, int, Any]]:
        for packet in packets:
            at = packet.pts * packet.time_base - self._begins if packet.pts is not None else None
            with suppress(av.InvalidDataError):
                for sound in packet.decode():
                    yield at, packet.stream.index, sound

    def play(self, until: Fraction) -> None:
        """All that is heard before this time."""
        while not self._track.is_full:
            at, index, sound = next(self._sounds, (None, -1, None))
            if sound is None:
                return
            self._track.take(index, sound)
            if at is not None and at >= until:
                return

    def end(self) -> None:
        self.play(Fraction(1 << 40))
        self._track.end()

    def close(self) -> None:
        self._opened.__exit__(None, None, None)
