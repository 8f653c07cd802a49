"""Which of a clip's sound tracks is the one that is heard."""

from array import array
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import av
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.stream import Disposition

from retake.domain.values import dataclass

SOUND_CODECS = frozenset(
    {
        *("aac", "mp3", "mp2", "opus", "vorbis", "ac3", "eac3", "dts", "flac", "alac"),
        *("amr_nb", "amr_wb", "wmav1", "wmav2", "adpcm_ms", "adpcm_ima_wav", "speex"),
    }
)
LISTEN_SECONDS = 60.0  # longer than the longest clip that any model takes
_RATE = 8000
_SILENT = 33  # of 32,767: 60 dB below the loudest


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """One sound track: libav's index of it, its place among the sounds, and what it holds."""

    index: int
    place: int
    codec: str | None
    channels: int = 0
    peak: int = 0
    is_decodable: bool = False
    is_default: bool = False

    @property
    def is_heard(self) -> bool:
        return self.peak > _SILENT


@dataclass(frozen=True, slots=True)
class Sounds:
    """The sound tracks of a clip, and which of them come along; two of them are left and right."""

    tracks: tuple[SoundTrack, ...] = ()

    @property
    def taken(self) -> tuple[SoundTrack, ...]:
        usable = [each for each in self.tracks if each.is_decodable]
        heard = [each for each in usable if each.is_heard]
        if len(heard) > 1 and all(each.channels == 1 for each in heard):
            return tuple(heard[:2])  # as recorders put each microphone on a track of its own
        first = [*(it for it in heard if it.is_default), *heard, *usable]
        return tuple(first[:1])

    @property
    def codec(self) -> str | None:
        """Of what comes along; of the first track, where none can."""
        return next((each.codec for each in (*self.taken, *self.tracks)), None)

    @property
    def choice(self) -> str | None:
        """What a person should know about the choice; None where there was none."""
        taken, count = self.taken, len(self.tracks)
        if count < 2 or not taken:
            return None
        if len(taken) == 2:
            return f"its {count} mono sound tracks joined, one to each side"
        silent = [each for each in self.tracks[: taken[0].place - 1] if not each.is_heard]
        why = ", as those before it are silent or cannot be read" if silent else ""
        return f"its sound taken from track {taken[0].place} of {count}{why}"


def listen(container: InputContainer, check: Any) -> Sounds:
    """Decode the beginning of every sound track. `check` is called on the way, and may raise."""
    streams = list(container.streams.audio)
    known = [each for each in streams if _codec_of(each) in SOUND_CODECS or _is_pcm(each)]
    peaks = {each.index: -1 for each in known}
    resamplers = {
        each.index: AudioResampler(format="s16", layout="stereo", rate=_RATE) for each in known
    }
    for packet in container.demux(known) if known else ():
        check()
        if packet.pts is not None and packet.pts * packet.time_base > LISTEN_SECONDS:
            break
        with suppress(av.FFmpegError, ValueError):  # a click in it, or all of it: then it is silent
            for frame in packet.decode():
                for sound in resamplers[packet.stream.index].resample(frame):  # type: ignore[arg-type]
                    samples = array("h", bytes(sound.planes[0])[: 4 * sound.samples])
                    loudest = max(max(samples, default=0), -min(samples, default=0))
                    peaks[packet.stream.index] = max(peaks[packet.stream.index], loudest)
    return Sounds(tuple(_track(each, place, peaks) for place, each in enumerate(streams, 1)))


def _track(stream: Any, place: int, peaks: dict[int, int]) -> SoundTrack:
    peak = peaks.get(stream.index, -1)
    layout = getattr(getattr(stream, "codec_context", None), "layout", None)
    return SoundTrack(
        index=stream.index,
        place=place,
        codec=_codec_of(stream),
        channels=0 if layout is None else layout.nb_channels,
        peak=max(0, peak),
        is_decodable=peak >= 0,
        is_default=bool(stream.disposition & Disposition.default),
    )


def _codec_of(stream: Any) -> str | None:
    # None, against PyAV's own type hints, where libav knows no such codec.
    context = getattr(stream, "codec_context", None)
    return None if context is None else str(context.codec.canonical_name)


def _is_pcm(stream: Any) -> bool:
    return (_codec_of(stream) or "").startswith("pcm_")


def indexes(tracks: Sequence[SoundTrack]) -> list[int]:
    """libav's numbers of some tracks."""
    return [each.index for each in tracks]
