"""Edited pieces put together: reels of exactly the planned frames, then one film with one sound.

Each piece is brought to its planned count of frames, to the film's size, rate and colours, whatever
came back. That is most of the work, so a reel holds as many pieces as there was time for, and the
reels are joined as they are coded. The sound is the clip's own, encoded once, so that no join is
heard and nothing drifts; it is put in as the pictures go on, because a muxer keeps what it cannot
yet interleave in memory.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import av
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from retake.catalog.repair_plan import Target, not_repairable
from retake.domain.errors import RetakeError
from retake.domain.values import dataclass
from retake.media.cut import FASTSTART
from retake.media.encoder import Encoder
from retake.media.fade import Fade
from retake.media.measure import Deadline, Survey, opened, survey
from retake.media.seams import Tone, tone_of
from retake.media.sound import indexes
from retake.media.soundtrack import Soundtrack
from retake.media.transcode import frames

AHEAD_SECONDS = Fraction(1)  # of sound before its pictures


class ReelsDiffer(RetakeError):
    """Reels were coded by encoders that differ: their pictures cannot follow each other."""


@dataclass(frozen=True, slots=True)
class Joined:
    """What came of one piece: the tones at the ends of what is its own, and what had to be
    corrected. Of a piece that was faded into, `lead` are the tones of the last frame that it shares
    with the piece before, as it has it and as it was faded."""

    first: Tone
    last: Tone
    frames_corrected: int
    was_resized: bool
    was_retimed: bool
    lead: tuple[Tone, Tone] | None = None

    def to_mapping(self) -> dict[str, Any]:
        """For the record."""
        known = {name: value for name, value in asdict(self).items() if value is not None}
        tones = {name: list(known[name]) for name in ("first", "last")}
        if self.lead:
            tones["lead"] = [list(each) for each in self.lead]
        return known | tones


class Stitcher:
    """A reel in the making, coded as `like`, the survey of the clip, says; it has no sound."""

    def __init__(self, into: Path, like: Survey, target: Target, watch: Deadline) -> None:
        self._output = av.open(str(into), "w", format="mp4")
        self._target, self._watch = target, watch
        self._encoder = Encoder(self._output, like, target)
        self._made = 0
        self._fade = Fade()
        self._held: list[av.VideoFrame] = []  # of the piece before, to be faded

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            with suppress(av.FFmpegError):
                self._output.close()

    def add(self, piece: Path, count: int, *, lead: int = 0, tail: int = 0) -> Joined:
        """The next piece, of so many frames of its own after `lead` that it shares with the piece
        before; `tail` of them are shared with the next. Raises NotFootage, and Refused where it is
        no film."""
        found = survey(piece, self._watch)
        target = self._of(lead + count)
        tones: dict[int, Tone] = {}
        faded: list[Tone] = []
        held, self._held = self._held, []
        made = 0

        def take(picture: av.VideoFrame) -> None:
            nonlocal made
            at, made = made, made + 1
            if at in (lead - 1, lead, lead + count - 1):
                tones[at] = tone_of(picture)
            if at < lead:
                picture = self._fade.between(held[at], picture, Fraction(at + 1, lead + 1))
                if at == lead - 1:
                    faded.append(tone_of(picture))
            if at < lead + count - tail:
                self._put(picture)
            else:
                self._held.append(picture)

        frames(piece, found, target, take, self._watch, may_end_early=True)
        clip, rate = found.footage, float(self._target.rate)
        return Joined(
            first=tones[lead],
            last=tones[lead + count - 1],
            frames_corrected=abs(round(clip.duration_seconds * rate) - lead - count),
            was_resized=(clip.width, clip.height) != (target.width, target.height),
            was_retimed=abs(clip.fps - rate) > 0.01 * rate,
            lead=(tones[lead - 1], faded[0]) if lead else None,
        )

    def _put(self, picture: av.VideoFrame) -> None:
        self._encoder.put_as(picture, self._made)
        self._made += 1

    def hold(self, piece: Path, count: int, *, lead: int, tail: int) -> None:
        """Look again at a piece that ends an earlier reel, for the frames that the next shares."""
        found, made = survey(piece, self._watch), 0

        def take(picture: av.VideoFrame) -> None:
            nonlocal made
            made += 1
            if made > lead + count - tail:
                self._held.append(picture)

        frames(piece, found, self._of(lead + count), take, self._watch, may_end_early=True)

    def _of(self, pictures: int) -> Target:
        return replace(self._target, pictures=pictures)

    def end(self) -> None:
        """No piece more goes into this reel."""
        self._encoder.end()
        self._output.close()


def splice(
    reels: Iterable[Path],
    into: Path,
    target: Target,
    watch: Deadline,
    *,
    found: Survey,
    clip: Path | None,
) -> None:
    """One film of all reels, with the sound of `clip`, where it is kept; `found` is its survey.

    Raises ReelsDiffer, and Refused with NOT_REPAIRABLE at the deadline.
    """
    with ExitStack() as stack:
        output = stack.enter_context(av.open(str(into), "w", format="mp4", options=FASTSTART))
        pictures: VideoStream | None = None
        tape: _Tape | None = None
        made = 0
        for reel in reels:
            with av.open(str(reel), "r", format="mp4") as container:
                like = container.streams.video[0]
                if pictures is None:
                    pictures = output.add_stream_from_template(like)
                    if clip is not None:
                        tape = _Tape(output, clip, found, target)
                        stack.callback(tape.close)
                elif _coding(pictures) != _coding(like):
                    raise ReelsDiffer
                made += _copied(container, output, pictures, made, target, watch, tape)
        if made != target.pictures:
            raise not_repairable(f"it has {made} of {target.pictures} pictures")
        if tape is not None:
            tape.end()


def _coding(stream: VideoStream) -> tuple[bytes | None, Fraction | None]:
    return stream.codec_context.extradata, stream.time_base


def _copied(
    reel: InputContainer,
    output: OutputContainer,
    pictures: VideoStream,
    made: int,
    target: Target,
    watch: Deadline,
    tape: "_Tape | None",
) -> int:
    """Put a reel behind the `made` pictures there are; how many it had."""
    count = 0
    for packet in reel.demux(video=0):
        watch.check()
        if packet.pts is None or packet.dts is None:
            continue  # the end
        later = round(made / target.rate / packet.time_base)
        packet.pts, packet.dts, packet.stream = packet.pts + later, packet.dts + later, pictures
        output.mux(packet)
        count += 1
        if tape is not None:
            tape.play((made + count) / target.rate + AHEAD_SECONDS)
    return count


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
        # What breaks the film is not the clip's fault, as `opened` would call it.
        self._opened.__exit__(None, None, None)
