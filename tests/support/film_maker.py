"""Clips as cameras, phones and recorders really write them: turned, squeezed, in fields, in colour.

The scene is a circle and a letter F on white, drawn as it should be seen; `film` stores it as a
camera of the given kind would, and `seen_in` gives back what a player shows of any file.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.filter import Graph

Pixels = np.ndarray[Any, Any]
BARS = ((191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0), (191, 0, 191), (191, 0, 0))
UNSAID = 2


@dataclass(frozen=True)
class Sound:
    """One sound track: a tone of this loudness from 0 to 1, or silence."""

    loudness: float = 0.3
    layout: str = "stereo"
    codec: str = "aac"
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Camera:
    """How a clip is stored. `seen` is its size as it should be shown, rotation clockwise."""

    seen: tuple[int, int] = (320, 180)
    squeeze: Fraction = Fraction(1)  # the pixel aspect
    rotation: int = 0
    mirrored: bool = False
    seconds: float = 1.0
    fps: Fraction = Fraction(24)
    times: tuple[Fraction, ...] = ()  # of each picture, in place of a steady rate
    container: str = "mp4"
    codec: str = "libx264"
    pixels: str = "yuv420p"
    fields: bool = False
    matrix: int = UNSAID
    transfer: int = UNSAID
    primaries: int = UNSAID
    range: int = 0
    sounds: tuple[Sound, ...] = ()
    bars: bool = False
    options: dict[str, str] = field(default_factory=dict)
    muxing: dict[str, str] = field(default_factory=dict)
    tag: str | None = None
    cover: bool = False


def scene(width: int, height: int, at: float = 0.0) -> Pixels:
    """The scene as it should be seen; its circle moves to the right as time goes on."""
    y, x = np.mgrid[0:height, 0:width]
    unit = min(width, height) / 8
    picture = np.full((height, width, 3), 235, np.uint8)
    centre = width / 2 + at * width
    picture[(x - centre) ** 2 + (y - height / 2) ** 2 <= (2 * unit) ** 2] = (20, 20, 20)
    for left, top, wide, high in ((0.5, 0.5, 0.5, 3), (0.5, 0.5, 1.75, 0.5), (0.5, 1.5, 1.25, 0.5)):
        rows = slice(round(top * unit), round((top + high) * unit))
        picture[rows, round(left * unit) : round((left + wide) * unit)] = (20, 20, 200)
    return picture


def bars(width: int, height: int) -> Pixels:
    """The colours of a test card, side by side."""
    picture = np.zeros((height, width, 3), np.uint8)
    for place, colour in enumerate(BARS):
        picture[:, place * width // len(BARS) : (place + 1) * width // len(BARS)] = colour
    return picture


def film(camera: Camera, room: Path) -> bytes:
    """The whole file."""
    path = room / f"film.{camera.container}"
    with av.open(str(path), "w", format=camera.container, options=camera.muxing) as output:
        cover = _add_cover(output) if camera.cover else []
        coded = _coded_size(camera)
        stream: Any = output.add_stream(camera.codec, rate=camera.fps)
        stream.width, stream.height, stream.pix_fmt = *coded, camera.pixels
        stream.options = {**_speed(camera.codec), **camera.options}
        context = stream.codec_context
        context.sample_aspect_ratio = camera.squeeze
        context.time_base = Fraction(1, 90_000)
        context.color_range, context.colorspace = camera.range, camera.matrix
        context.color_primaries, context.color_trc = camera.primaries, camera.transfer
        if camera.tag:
            context.codec_tag = camera.tag
        if camera.rotation or camera.mirrored:
            # PyAV mirrors after it has turned, and turns the other way.
            turn = camera.rotation if camera.mirrored else -camera.rotation
            stream.set_display_rotation(turn, hflip=camera.mirrored)
        sounds = [_add_sound(output, each) for each in camera.sounds]
        for packet in cover:
            output.mux(packet)
        times = camera.times or _steady(camera)
        for at in times:
            picture = _stored(camera, coded, at)
            picture.pts, picture.time_base = round(at * 90_000), Fraction(1, 90_000)
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
        for (track, sound), number in zip(sounds, range(len(sounds)), strict=True):
            _play(output, track, sound, sound.seconds or camera.seconds, 300 + 200 * number)
    return path.read_bytes()


def _steady(camera: Camera) -> tuple[Fraction, ...]:
    return tuple(number / camera.fps for number in range(round(camera.seconds * camera.fps)))


def _speed(codec: str) -> dict[str, str]:
    fast = {"preset": "ultrafast"}
    return {
        "libx264": {**fast, "crf": "10", "bf": "0"},
        "libx264rgb": {**fast, "crf": "5"},
        "libx265": {**fast, "crf": "10", "x265-params": "log-level=none"},
        "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
        "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    }.get(codec, {})


def _coded_size(camera: Camera) -> tuple[int, int]:
    width, height = camera.seen
    if camera.rotation % 180:
        width, height = height, width
    return round(width / camera.squeeze / 2) * 2, height


def _stored(camera: Camera, coded: tuple[int, int], at: Fraction) -> av.VideoFrame:
    drawn = _drawn(camera, coded, float(at))
    if camera.fields:
        drawn[1::2] = _drawn(camera, coded, float(at + 1 / (2 * camera.fps)))[1::2]
    return _in_colours(drawn, camera)


def _drawn(camera: Camera, coded: tuple[int, int], at: float) -> Pixels:
    width, height = camera.seen
    seen = bars(width, height) if camera.bars else scene(width, height, at / 4)
    turned = np.rot90(seen, camera.rotation // 90)  # against the clock, as the player turns with it
    if camera.mirrored:
        turned = turned[:, ::-1]
    columns = (np.arange(coded[0]) + 0.5) * turned.shape[1] / coded[0]
    return np.ascontiguousarray(turned[: coded[1], columns.astype(int)])


def _in_colours(drawn: Pixels, camera: Camera) -> av.VideoFrame:
    picture = av.VideoFrame.from_ndarray(drawn, format="rgb24")
    graph = Graph()
    to = 1 if camera.matrix == UNSAID and not camera.bars else camera.matrix
    way = f"out_color_matrix={to if to not in (0, UNSAID) else 1}"
    way += f":out_range={'pc' if camera.range == 2 else 'tv'}:flags=accurate_rnd+full_chroma_int"
    steps = [
        graph.add_buffer(
            width=picture.width, height=picture.height, format=picture.format, time_base=Fraction(1)
        ),
        graph.add("scale", way),
        graph.add("format", f"pix_fmts={camera.pixels}"),
        graph.add("setfield", "tff" if camera.fields else "prog"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*steps).configure()
    picture.pts, picture.time_base = 0, Fraction(1)
    graph.vpush(picture)
    made = graph.vpull()
    made.color_range, made.colorspace = camera.range, camera.matrix
    made.color_primaries, made.color_trc = camera.primaries, camera.transfer
    return made


def _add_cover(output: Any) -> list[Any]:
    stream: Any = output.add_stream("mjpeg", rate=1)
    stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
    picture = av.VideoFrame(64, 64, "yuvj420p")
    picture.pts, picture.time_base = 0, Fraction(1)
    return [*stream.encode(picture), *stream.encode(None)]


def _add_sound(output: Any, sound: Sound) -> tuple[Any, Sound]:
    track: Any = output.add_stream(sound.codec, rate=48_000, layout=sound.layout)
    return track, sound


def _play(output: Any, track: Any, sound: Sound, seconds: float, hertz: float) -> None:
    count = round(seconds * 48_000)
    tone = sound.loudness * np.sin(np.arange(count) * 2 * np.pi * hertz / 48_000)
    channels = 1 if sound.layout == "mono" else 2
    size = track.codec_context.frame_size or 1024
    for begin in range(0, count, size):
        part = np.repeat(tone[None, begin : begin + size], channels, 0).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=sound.layout)
        frame.sample_rate, frame.pts, frame.time_base = 48_000, begin, Fraction(1, 48_000)
        output.mux(track.encode(frame))
    output.mux(track.encode(None))


def seen_in(data: bytes, number: int = 0) -> Pixels:
    """A picture as its pixels are decoded, in the colours that the file's own tags say."""
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        for picture, _ in zip(container.decode(stream), range(number + 1), strict=False):
            last = picture
        graph = Graph()
        matrix = {0: 1, UNSAID: 1}.get(int(last.colorspace), int(last.colorspace))
        full = int(last.color_range) == 2
        steps = [
            graph.add_buffer(
                width=last.width, height=last.height, format=last.format, time_base=Fraction(1)
            ),
            graph.add(
                "scale",
                f"in_color_matrix={matrix}:in_range={'pc' if full else 'tv'}"
                ":flags=accurate_rnd+full_chroma_int",
            ),
            graph.add("format", "pix_fmts=rgb24"),
            graph.add("buffersink"),
        ]
        graph.link_nodes(*steps).configure()
        last.pts, last.time_base = 0, Fraction(1)
        graph.vpush(last)
        return graph.vpull().to_ndarray(format="rgb24")


def loudness_of(data: bytes) -> Sequence[float]:
    """How loud each channel of the first sound track is, from 0 to 1."""
    with av.open(io.BytesIO(data), "r") as container:
        parts = [frame.to_ndarray() for frame in container.decode(audio=0)]
    samples = np.concatenate(parts, axis=1)
    return [float(np.sqrt(2 * np.mean(channel**2))) for channel in samples]
