"""What a provider sees when it looks into the media it was given, and what it refuses.

Limits: fal's model page for Kling O1 video-to-video edit (3-10.05 s, 720-2160 px, 24-60 fps,
200 MB, .mp4/.mov; images up to 10 MB, at least 300 px, 1:2.5 to 2.5:1), EvoLink's page (100 MB),
Novita's blog on Kling O1 (fast mode 6-20 s).
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import av

from local.simulators.exchange import RefusedCall

SLACK_SECONDS = 0.05
MIB = 1024 * 1024


class ProblemKind(StrEnum):
    """What can be wrong with a request's body or media, or end a job."""

    INVALID = "invalid"
    MISSING = "missing"
    UNKNOWN_FIELD = "unknown_field"
    PROMPT_TOO_LONG = "prompt_too_long"
    TOO_MANY_IMAGES = "too_many_images"
    UNREACHABLE = "unreachable"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    BAD_FORMAT = "bad_format"
    BAD_PIXELS = "bad_pixels"
    BAD_FRAME_RATE = "bad_frame_rate"
    BAD_IMAGE = "bad_image"
    MODERATION = "moderation"
    GENERATION = "generation"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class MeasuredVideo:
    """A measured video."""

    duration_seconds: float
    width: int
    height: int
    frames_per_second: float
    size_bytes: int
    container: str


@dataclass(frozen=True)
class Limits:
    """What a provider takes; None: it does not say."""

    min_seconds: float = 3.0
    max_seconds: float = 10.0
    max_bytes: int = 200 * MIB
    pixels: tuple[int, int] | None = None
    frames_per_second: tuple[float, float] | None = None
    image_max_bytes: int = 10 * MIB
    image_min_pixels: int = 300
    image_aspects: tuple[float, float] = (0.4, 2.5)


def measure(path: Path) -> MeasuredVideo:
    """Look into a video file. Raises Refused when it is none."""
    try:
        with av.open(str(path), format="mov") as container:
            stream = container.streams.video[0]
            if stream.duration is not None and stream.time_base is not None:
                seconds = float(stream.duration * stream.time_base)
            else:
                seconds = (container.duration or 0) / av.time_base
            return MeasuredVideo(
                duration_seconds=seconds,
                width=stream.codec_context.width,
                height=stream.codec_context.height,
                frames_per_second=float(stream.average_rate or 0),
                size_bytes=path.stat().st_size,
                container="mov",
            )
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise RefusedCall(ProblemKind.BAD_FORMAT, "The video must be .mp4 or .mov") from error


def check_video(footage: MeasuredVideo, limits: Limits, field: str) -> None:
    """Raises Refused when the footage is outside the limits."""
    low, high = limits.pixels or (0, 1 << 30)
    slow, fast = limits.frames_per_second or (0.0, 1e9)
    seconds = footage.duration_seconds
    sides = (footage.width, footage.height)
    rate = footage.frames_per_second
    rows: list[tuple[bool, ProblemKind, str]] = [
        (footage.size_bytes > limits.max_bytes, ProblemKind.TOO_LARGE, "Video file too large"),
        (seconds > limits.max_seconds + SLACK_SECONDS, ProblemKind.TOO_LONG, "Video too long"),
        (seconds < limits.min_seconds - SLACK_SECONDS, ProblemKind.TOO_SHORT, "Video too short"),
        (
            min(sides) < low or max(sides) > high,
            ProblemKind.BAD_PIXELS,
            f"Video sides must be {low}-{high} px, got {sides[0]}x{sides[1]}",
        ),
        (
            not slow - 0.1 <= rate <= fast + 0.1,
            ProblemKind.BAD_FRAME_RATE,
            f"Frame rate must be {slow:g}-{fast:g}, got {rate:.2f}",
        ),
    ]
    for broken, problem, message in rows:
        if broken:
            raise RefusedCall(problem, message, field)


def check_image(path: Path, limits: Limits, field: str) -> None:
    """Raises Refused when a file is no picture the provider takes."""
    if path.stat().st_size > limits.image_max_bytes:
        raise RefusedCall(ProblemKind.BAD_IMAGE, "Image file too large", field)
    try:
        with av.open(str(path)) as container:
            context = container.streams.video[0].codec_context
            known = context.name in ("mjpeg", "png", "webp")
            width, height = context.width, context.height
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise RefusedCall(ProblemKind.BAD_IMAGE, "Image format not supported", field) from error
    low, high = limits.image_aspects
    if not known or min(width, height) < limits.image_min_pixels:
        raise RefusedCall(
            ProblemKind.BAD_IMAGE,
            f"Image must be jpg, png or webp, >= 300 px: {width}x{height}",
            field,
        )
    if not low <= width / height <= high:
        raise RefusedCall(ProblemKind.BAD_IMAGE, "Image aspect ratio out of range", field)


def shorten(path: Path, share: float) -> None:
    """Cut a video file in place to a share of its length, without touching its frames."""
    shorter = path.with_suffix(".short.mp4")
    with av.open(str(path)) as source, av.open(str(shorter), "w", format="mp4") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        end = float((stream.duration or 0) * (stream.time_base or 0)) * share
        for packet in source.demux(stream):
            if packet.pts is None or float(packet.pts * packet.time_base) >= end:
                continue
            packet.stream = copy
            target.mux(packet)
    shorter.replace(path)
