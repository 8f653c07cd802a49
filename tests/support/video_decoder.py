"""A video file watched to its end: what it really shows, whatever its index or Retake claims."""

import io
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import av


@dataclass(frozen=True)
class Seen:
    """What came out of the decoders: times in seconds, `steady` if every picture stays as long."""

    format: str
    codec: str
    width: int
    height: int
    pictures: int
    seconds: float
    fps: float
    is_steady: bool
    rotation: int
    sound: str | None
    sound_seconds: float
    whole_seconds: float


def watch(data: bytes) -> Seen:
    """Decode every picture and every sound of a file."""
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        name, whole = container.format.name, (container.duration or 0) / 1_000_000
        codec = stream.codec_context.name
        times, sizes, turns = [], set(), set()
        for picture in container.decode(stream):
            assert picture.pts is not None
            assert picture.time_base is not None
            times.append(Fraction(picture.pts) * picture.time_base)
            sizes.add((picture.width, picture.height))
            turns.add(picture.rotation)
    gaps = {after - before for before, after in pairwise(times)}
    assert min(gaps) > 0, "its pictures go back in time"
    ((width, height),) = sizes
    (rotation,) = turns
    usual = sorted(gaps)[len(gaps) // 2]
    sound, sound_seconds = _listen(data)
    return Seen(
        format="mp4" if "mp4" in name else name,
        codec=codec,
        width=width,
        height=height,
        pictures=len(times),
        seconds=float(times[-1] - times[0] + usual),
        fps=float(1 / usual),
        is_steady=max(gaps) - min(gaps) < Fraction(1, 1000),
        rotation=rotation,
        sound=sound,
        sound_seconds=sound_seconds,
        whole_seconds=whole,
    )


def _listen(data: bytes) -> tuple[str | None, float]:
    with av.open(io.BytesIO(data), "r") as container:
        if not container.streams.audio:
            return None, 0.0
        stream = container.streams.audio[0]
        samples = sum(sound.samples for sound in container.decode(stream))
        return stream.codec_context.name, samples / stream.codec_context.sample_rate
