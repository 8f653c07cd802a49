"""The frame under construction, kept as video planes: pasting there spares a conversion a frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local.fake_model.picture import Frame, Plane, Size, of_rgb

Words = NDArray[np.uint16]


@dataclass(frozen=True)
class Sprite:
    """A drawing with soft edges: each plane times its cover, and what of the ground stays."""

    planes: tuple[Words, Words, Words]
    kept: tuple[Words, Words]

    @property
    def width(self) -> int:
        """Width in pixels, even."""
        return int(self.kept[0].shape[1])

    @property
    def height(self) -> int:
        """Height in pixels, even."""
        return int(self.kept[0].shape[0])


def sprite(drawn: Image.Image) -> Sprite:
    """The sprite of an RGBA drawing; an odd side grows by one clear pixel."""
    padded = Image.new("RGBA", (drawn.width + drawn.width % 2, drawn.height + drawn.height % 2))
    padded.paste(drawn)
    pixels = np.asarray(padded)
    picture = of_rgb(np.ascontiguousarray(pixels[..., :3]))
    cover = pixels[..., 3].astype(np.uint16)
    half = (cover[::2, ::2] + cover[1::2, ::2] + cover[::2, 1::2] + cover[1::2, 1::2]) // 4
    planes = (picture.y * cover, picture.u * half, picture.v * half)
    return Sprite(planes, (255 - cover, 255 - half))


@dataclass(frozen=True)
class Stage:
    """A picture larger than the frame, into which sprites are put."""

    picture: Frame

    def put(self, figure: Sprite, x: int, y: int) -> None:
        """Lay a sprite over the picture; what stands over an edge is cut off."""
        _cover(self.picture.y, figure.planes[0], figure.kept[0], x, y)
        _cover(self.picture.u, figure.planes[1], figure.kept[1], x // 2, y // 2)
        _cover(self.picture.v, figure.planes[2], figure.kept[1], x // 2, y // 2)

    def seen(self, x: float, y: float, size: Size) -> Frame:
        """The part of the picture from a corner that may lie between pixels."""
        return Frame(
            _between(self.picture.y, x, y, size.height, size.width),
            _between(self.picture.u, x / 2, y / 2, *size.chroma),
            _between(self.picture.v, x / 2, y / 2, *size.chroma),
        )


def _cover(plane: Plane, figure: Words, kept: Words, x: int, y: int) -> None:
    left, top = max(x, 0), max(y, 0)
    right, bottom = (
        min(x + figure.shape[1], plane.shape[1]),
        min(y + figure.shape[0], plane.shape[0]),
    )
    if left >= right or top >= bottom:
        return
    part = np.s_[top - y : bottom - y, left - x : right - x]
    mixed = kept[part] * plane[top:bottom, left:right]
    mixed += figure[part]
    mixed += 128
    mixed >>= 8
    plane[top:bottom, left:right] = mixed


def _between(plane: Plane, x: float, y: float, height: int, width: int) -> Plane:
    left, top = int(x), int(y)
    across, down = round((x - left) * 16), round((y - top) * 16)
    part = plane[top : top + height + 1, left : left + width + 1]
    # 255 * 16 * 16 is just what two bytes hold, so both ways are mixed before dividing.
    mixed = np.multiply(part[:-1], 16 - down, dtype=np.uint16)
    mixed += np.multiply(part[1:], down, dtype=np.uint16)
    result = mixed[:, :-1] * np.uint16(16 - across)
    result += mixed[:, 1:] * np.uint16(across)
    result >>= 8
    return result.astype(np.uint8)
