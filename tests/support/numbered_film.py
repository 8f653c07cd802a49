"""Clips whose every frame carries its own number as bars, and a decoder that reads them back.

An independent way to tell that no frame is missing, doubled or out of order: drawn and read with
PyAV alone, whatever Retake made of the clip between.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

BITS = 12
SHADES = (40, 215)
SAMPLE_RATE = 48_000


def picture_of(number: int, width: int, height: int) -> np.ndarray:
    """A grey frame with one bar for each bit of its number, the highest first."""
    rows = np.full((height, width, 3), 128, dtype=np.uint8)
    wide = width // BITS
    for bit in range(BITS):
        shade = SHADES[number >> (BITS - 1 - bit) & 1]
        rows[height // 4 : 3 * height // 4, bit * wide : (bit + 1) * wide] = shade
    return rows


def number_in(picture: av.VideoFrame) -> int:
    """What the bars of a frame say."""
    grey = picture.to_ndarray(format="gray")
    row = grey[grey.shape[0] // 2]
    wide = grey.shape[1] / BITS
    bits = [row[int((bit + 0.5) * wide)] > 127 for bit in range(BITS)]
    return sum(1 << (BITS - 1 - at) for at, is_set in enumerate(bits) if is_set)


def film(
    numbers: Sequence[int],
    *,
    fps: Fraction | int = 24,
    width: int = 320,
    height: int = 192,
    layout: str | None = None,
    shot: "Shot | None" = None,
) -> bytes:
    """A film of these numbers; with a `layout` it clicks at the beginning of each second."""
    file = io.BytesIO()
    if shot is not None:
        return _as_shot(numbers, (width, height), layout, shot)
    with av.open(file, "w", format="mp4") as output:
        video = output.add_stream("libx264", rate=Fraction(fps))
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.options = {"preset": "ultrafast", "crf": "20", "g": "48"}
        sound = output.add_stream("aac", rate=SAMPLE_RATE, layout=layout) if layout else None
        for at, number in enumerate(numbers):
            picture = av.VideoFrame.from_ndarray(picture_of(number, width, height), format="rgb24")
            picture.pts, picture.time_base = at, 1 / Fraction(fps)
            output.mux(video.encode(picture))
        output.mux(video.encode(None))
        if sound is not None:
            _clicks(output, sound, len(numbers) / Fraction(fps))
    return file.getvalue()


@dataclass(frozen=True, kw_only=True)
class Shot:
    """How a phone stores it: when each frame begins, and the turn that players make good, to the
    right; in BT.709."""

    times: Sequence[Fraction]
    seconds: Fraction
    rotation: int = 0


def _as_shot(
    numbers: Sequence[int], seen: tuple[int, int], layout: str | None, shot: Shot
) -> bytes:
    file, tick = io.BytesIO(), Fraction(1, 90_000)
    with av.open(file, "w", format="mp4") as output:
        video = output.add_stream("libx264", rate=30)
        video.width, video.height = seen if not shot.rotation % 180 else seen[::-1]
        video.pix_fmt = "yuv420p"
        video.options = {"preset": "ultrafast", "crf": "20", "g": "48"}
        context = video.codec_context
        context.time_base = tick
        context.color_range, context.colorspace = 1, 1
        context.color_primaries, context.color_trc = 1, 1
        if shot.rotation:
            video.set_display_rotation(-shot.rotation)  # PyAV turns the other way
        sound = output.add_stream("aac", rate=SAMPLE_RATE, layout=layout) if layout else None
        for at, number in zip(shot.times, numbers, strict=True):
            upright = picture_of(number, *seen)
            turned = np.ascontiguousarray(np.rot90(upright, shot.rotation // 90))
            picture = av.VideoFrame.from_ndarray(turned, format="rgb24")
            picture.pts, picture.time_base = round(at / tick), tick
            output.mux(video.encode(picture))
        output.mux(video.encode(None))
        if sound is not None:
            _clicks(output, sound, shot.seconds)
    return file.getvalue()


def _clicks(output: av.container.OutputContainer, sound: av.AudioStream, seconds: Fraction) -> None:
    total = int(seconds * SAMPLE_RATE)
    wave = np.zeros(total, dtype=np.float32)
    tone = np.sin(np.arange(480) * 2 * np.pi * 1000 / SAMPLE_RATE).astype(np.float32)
    for start in range(0, total - 480, SAMPLE_RATE):
        wave[start : start + 480] = tone
    channels = sound.codec_context.layout.nb_channels
    for begin in range(0, total, 1024):
        part = np.repeat(wave[None, begin : begin + 1024], channels, axis=0)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(part), format="fltp", layout=sound.codec_context.layout.name
        )
        frame.sample_rate, frame.pts = SAMPLE_RATE, begin
        frame.time_base = Fraction(1, SAMPLE_RATE)
        output.mux(sound.encode(frame))
    output.mux(sound.encode(None))


def numbers_in(data: bytes) -> list[int]:
    """The numbers of all frames, in the order in which they are shown."""
    with av.open(io.BytesIO(data), "r") as container:
        return [number_in(picture) for picture in container.decode(video=0)]


def clicks_in(data: bytes) -> list[float]:
    """When each click begins, in seconds of the file's own clock."""
    begins, last = [], -1.0
    with av.open(io.BytesIO(data), "r") as container:
        for sound in container.decode(audio=0):
            wave = np.abs(sound.to_ndarray()).max(axis=0)
            start = float((sound.pts or 0) * (sound.time_base or 0))
            for place in np.nonzero(wave > 0.3)[0]:
                at = start + float(place) / sound.sample_rate
                if at - last > 0.5:
                    begins.append(at)
                last = at
    return begins


def as_path(data: bytes, folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path
