"""Clips to be edited, and what a decoder finds in them afterwards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

Frames = NDArray[np.int16]
STEADY = tuple(range(0, 12 * 512, 512))


@dataclass(frozen=True)
class Clip:
    """What a decoder finds in a file; colours as U and V around zero."""

    luma: Frames
    blue: Frames
    red: Frames
    times: tuple[Fraction, ...]
    sound: tuple[bytes, ...]
    seconds: float


Edited = Callable[[str], Clip]


def write_clip(
    path: Path,
    *,
    stamps: Sequence[int] = STEADY,
    codec: str = "libx264",
    voice: str | None = "aac",
    pixels: str = "yuv420p",
    size: tuple[int, int] = (320, 180),
) -> Path:
    """A coloured picture with a moving square; stamps count 12288ths of a second."""
    width, height = size
    rows, columns = np.mgrid[:height, :width]
    scene = np.stack([columns * 255 // width, rows * 255 // height, 90 + columns * 0], axis=2)
    scene[: height // 3, :, 2] = 235
    scene[20:60:4, 20:100] = 250
    steps = [*(later - earlier for earlier, later in pairwise(stamps)), 512]
    with av.open(str(path), "w") as film:
        track = film.add_stream(codec, rate=24, options={"preset": "fast", "crf": "12"})
        assert isinstance(track, VideoStream)
        track.width, track.height, track.pix_fmt = width, height, pixels
        track.codec_context.time_base = Fraction(1, 12288)
        speech = film.add_stream(voice, rate=48000, layout="mono") if voice else None
        for index, (stamp, step) in enumerate(zip(stamps, steps, strict=True)):
            image = scene.astype(np.uint8)
            image[60:120, 10 + 12 * index : 60 + 12 * index] = (40, 150, 60)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base, frame.duration = stamp, Fraction(1, 12288), step
            film.mux(track.encode(frame))
        film.mux(track.encode(None))
        if speech:
            assert isinstance(speech, AudioStream)
            write_tone(film, speech)
    return path


def write_tone(film: OutputContainer, speech: AudioStream) -> None:
    whole = speech.codec_context.name.startswith("pcm")
    for index in range(20):
        wave = np.sin((np.arange(1024) + 1024 * index) * 0.05)[None] * 0.3
        made = (wave * 32767).astype(np.int16) if whole else wave.astype(np.float32)
        heard = av.AudioFrame.from_ndarray(made, format="s16" if whole else "fltp", layout="mono")
        heard.sample_rate, heard.pts = 48000, 1024 * index
        film.mux(speech.encode(heard))
    film.mux(speech.encode(None))


def read_clip(path: Path) -> Clip:
    planes: list[tuple[Frames, Frames, Frames]] = []
    times = []
    with av.open(str(path)) as film:
        for frame in film.decode(film.streams.video[0]):
            flat = frame.to_ndarray(format="yuv420p").astype(np.int16).ravel()
            count, half = frame.width * frame.height, (frame.height // 2, frame.width // 2)
            luma = flat[:count].reshape(frame.height, frame.width)
            blue, red = (part.reshape(half) - 128 for part in np.split(flat[count:], 2))
            planes.append((luma, blue, red))
            assert frame.pts is not None
            assert frame.time_base is not None
            times.append(frame.pts * frame.time_base)
    luma, blue, red = (np.stack(part) for part in zip(*planes, strict=True))
    with av.open(str(path)) as film:
        packets = film.demux(film.streams.audio) if film.streams.audio else ()
        sound = tuple(bytes(packet) for packet in packets if packet.size)
        seconds = (film.duration or 0) / av.time_base
    return Clip(luma, blue, red, tuple(times), sound, seconds)
