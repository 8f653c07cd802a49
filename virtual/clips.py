"""Small real clips, encoded on the fly.

`clip()` gives the bytes of a whole file; the same arguments are encoded once per process.
"""

import atexit
import functools
import itertools
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

Index = Literal["last", "first", "fragmented", "fragmented without list", "segment list"]
MOVFLAGS: dict[Index, dict[str, str]] = {
    "last": {},
    "first": {"movflags": "faststart"},
    "fragmented": {"movflags": "empty_moov+frag_keyframe"},
    "fragmented without list": {"movflags": "empty_moov+frag_keyframe+skip_trailer"},
    "segment list": {"movflags": "cmaf+frag_keyframe+global_sidx+skip_trailer"},
}
TICKS = 90_000  # of a variable frame rate; every usual rate divides it
SAMPLES_PER_SECOND, SAMPLES_PER_FRAME = 48_000, 1024

_directory = tempfile.TemporaryDirectory(prefix="retake-clips-")
atexit.register(_directory.cleanup)
_serial = itertools.count()


@functools.cache
def clip(  # noqa: PLR0913  every property of a clip that a test may want otherwise
    seconds: float = 5.0,
    width: int = 1280,
    height: int = 720,
    fps: float = 24,
    *,
    container: str = "mp4",
    codec: str = "libx264",
    sound: bool = True,
    index: Index = "last",
    rotation: int = 0,
    variable: bool = False,
    movflags: str = "",
    gop: int = 12,
    still: bool = False,
    layout: str = "stereo",
) -> bytes:
    """A whole video file. `variable` halves the frame rate in its second half.

    `container` is an output format of libav: mp4, mov, matroska, webm, avi, mpegts, flv. `rotation`
    is clockwise, as a player turns it. `movflags` overrides `index` with the muxer's own words.
    `gop` is the distance of key pictures, so the length of a fragment. A `still` clip shows one
    shade all along, which is coded twice as fast; else every picture has another one. `layout` is
    that of the sound: one channel is coded twice as fast as two.
    """
    path = Path(_directory.name) / f"{next(_serial)}.{container}"
    options = MOVFLAGS[index] if container in ("mp4", "mov") else {}
    if movflags:
        options = {"movflags": movflags}
    with av.open(path, "w", format=container, options=options) as output:
        video = _video_stream(output, codec, width, height, fps, gop)
        if variable:  # reordered pictures of unequal length would blur where the last one ends
            video.codec_context.max_b_frames = 0
            video.options = {**video.options, "bf": "0"}
        if rotation:
            video.set_display_rotation(-rotation)
        audio = _audio_stream(output, container, layout) if sound else None
        _encode_pictures(output, video, _picture_times(seconds, fps, variable), 1 if still else 8)
        if audio is not None:
            _encode_silence(output, audio, seconds)
    data = path.read_bytes()
    path.unlink()
    return data


def small(**spec: Any) -> bytes:
    """A clip of one second and 64x64 pixels, cheap to encode; the rest as `clip`."""
    return clip(**{"seconds": 1, "width": 64, "height": 64, **spec})


@functools.cache
def recording(seconds: float = 2.0, container: str = "mp4") -> bytes:
    """A file that holds sound only."""
    path = Path(_directory.name) / f"{next(_serial)}.{container}"
    with av.open(path, "w", format=container) as output:
        _encode_silence(output, _audio_stream(output, container), seconds)
    data = path.read_bytes()
    path.unlink()
    return data


def _video_stream(
    output: OutputContainer, codec: str, width: int, height: int, fps: float, gop: int
) -> VideoStream:
    stream = output.add_stream(codec, rate=Fraction(fps).limit_denominator(1001))
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = Fraction(1, TICKS)
    stream.codec_context.gop_size = gop
    speedy: dict[str, dict[str, str]] = {
        "libx264": {"preset": "ultrafast", "bf": "2", "sc_threshold": "0"},
        "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:pools=none"},
        "libsvtav1": {"preset": "13"},
        "libvpx": {"deadline": "realtime", "cpu-used": "8"},
        "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
    }
    stream.options = dict(speedy.get(codec, {}))
    if codec == "libx265":
        stream.codec_context.codec_tag = "hvc1"
    return stream


def _audio_stream(output: OutputContainer, container: str, layout: str = "stereo") -> AudioStream:
    codec = {"webm": "libopus", "matroska": "libopus", "avi": "mp2"}.get(container, "aac")
    stream = output.add_stream(codec, rate=SAMPLES_PER_SECOND, layout=layout)
    assert isinstance(stream, AudioStream)
    if codec == "aac":
        stream.options = {"aac_coder": "fast"}
    return stream


def _picture_times(seconds: float, fps: float, variable: bool) -> Iterator[tuple[int, int]]:
    """When each picture begins and how long it stays, in ticks."""
    step, at, end = round(TICKS / fps), 0, round(seconds * TICKS)
    while at < end - step // 2:
        stay = 2 * step if variable and at >= end // 2 else step
        yield at, stay
        at += stay


def _encode_pictures(
    output: OutputContainer, stream: VideoStream, times: Iterator[tuple[int, int]], looks: int
) -> None:
    stays: dict[int, int] = {}
    shades = []
    for shade in range(0, 256, 256 // looks):
        picture = av.VideoFrame(stream.width, stream.height, "yuv420p")
        for plane in picture.planes:
            plane.update(bytes([shade]) * plane.buffer_size)
        shades.append(picture)
    for (at, stay), picture in zip(times, itertools.cycle(shades), strict=False):
        picture.pts, picture.duration, picture.time_base = at, stay, Fraction(1, TICKS)
        stays[at] = stay
        _mux(output, stream.encode(picture), stays)
    _mux(output, stream.encode(None), stays)


def _mux(
    output: OutputContainer, packets: "list[Packet[VideoStream]]", stays: dict[int, int]
) -> None:
    for packet in packets:  # encoders forget how long a picture stays
        packet.duration = stays.get(packet.pts or 0, packet.duration)
        output.mux(packet)


def _encode_silence(output: OutputContainer, stream: AudioStream, seconds: float) -> None:
    for number in range(int(seconds * SAMPLES_PER_SECOND / SAMPLES_PER_FRAME)):
        sound = av.AudioFrame("fltp", stream.layout.name, SAMPLES_PER_FRAME)
        for plane in sound.planes:
            plane.update(bytes(plane.buffer_size))
        sound.rate = SAMPLES_PER_SECOND
        sound.pts, sound.time_base = number * SAMPLES_PER_FRAME, Fraction(1, SAMPLES_PER_SECOND)
        output.mux(stream.encode(sound))
    output.mux(stream.encode(None))
