"""One video frame as three planes, and the two kinds of callable that change it."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

Plane = NDArray[np.uint8]

BLACK, WHITE, NEUTRAL = 16, 235, 128
"""Luma's ends and chroma's middle in limited-range video (ITU-R BT.601 and BT.709)."""


@dataclass(frozen=True)
class Size:
    """Width and height in pixels, both even."""

    width: int
    height: int

    @property
    def chroma(self) -> tuple[int, int]:
        """Shape (rows, columns) of a chroma plane in 4:2:0."""
        return self.height // 2, self.width // 2


@dataclass(frozen=True)
class ColourTags:
    """How a player turns the planes into light, as the code points of ITU-T H.273."""

    primaries: int = 1
    transfer: int = 1
    matrix: int = 1

    @classmethod
    def of(cls, frame: VideoFrame) -> "ColourTags":
        """What a decoded frame says of itself."""
        if frame.format.is_rgb:
            return cls()
        return cls(int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace))


@dataclass(frozen=True)
class Frame:
    """A 4:2:0 frame in limited range: `y` is (height, width), `u` and `v` half of that each way."""

    y: Plane
    u: Plane
    v: Plane

    @property
    def size(self) -> Size:
        """The frame's width and height."""
        return Size(self.y.shape[1], self.y.shape[0])


Painter = Callable[[Frame, float], Frame]
"""Changes one frame; the number is the frame's time in seconds, so that weather can move."""

Brush = Callable[[Size, np.random.Generator], Painter]
"""Prepares a painter for one clip: tables and textures are made once, not per frame."""


def of_frame(frame: VideoFrame) -> Frame:
    """The upright, even-sized picture in a decoded frame of any pixel format."""
    turns = round(frame.rotation / 90) % 4
    if frame.format.name != "yuv420p" or frame.color_range == ColorRange.JPEG:
        # Starting threads takes longer than converting a frame of this size.
        frame = frame.reformat(
            format="yuv420p",
            dst_colorspace=_space(frame),
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )
    width, height = frame.width // 2 * 2, frame.height // 2 * 2
    planes = []
    for plane, shrink in zip(frame.planes, (1, 2, 2), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        planes.append(np.rot90(rows[: height // shrink, : width // shrink], turns))
    return Frame(*(np.ascontiguousarray(plane) for plane in planes))


def to_frame(picture: Frame, pts: int, time_base: Fraction) -> VideoFrame:
    """A frame ready for the encoder, stamped with `pts` in `time_base` units."""
    flat = np.concatenate([picture.y.ravel(), picture.u.ravel(), picture.v.ravel()])
    frame = VideoFrame.from_ndarray(flat.reshape(-1, picture.y.shape[1]), format="yuv420p")
    frame.pts, frame.time_base = pts, time_base
    return frame


def _space(frame: VideoFrame) -> int | None:
    """Colours that are none of YUV become those of high definition; others stay what they are."""
    return Colorspace.ITU709 if frame.format.is_rgb else None


def of_rgb(pixels: NDArray[np.uint8]) -> Frame:
    """The picture of an RGB array of shape (height, width, 3) with even sides."""
    return of_frame(VideoFrame.from_ndarray(pixels, format="rgb24"))
