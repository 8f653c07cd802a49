"""Reference pictures: their colours tint the edit, and they stay visible as small prints."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from local.fake_model.grade import LIGHT, Grade
from local.fake_model.picture import NEUTRAL, Brush, Frame, Painter, Plane, Size, of_rgb

SHOWN = 4
"""More prints than these would hide the picture."""


def read_image(path: Path) -> Image.Image:
    """The upright RGB picture in a file; ValueError when it holds none."""
    try:
        with Image.open(path) as opened:
            return ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path.name} is not a readable picture.") from error


def reference_brushes(images: Sequence[Path]) -> list[Brush]:
    """What the reference pictures do to every frame; nothing when there are none."""
    if not images:
        return []
    pictures = [read_image(path) for path in images]
    return [palette(pictures).brush, *prints(pictures[:SHOWN])]


def palette(pictures: Sequence[Image.Image]) -> Grade:
    """A grade that pulls shadows and lights towards those of the pictures."""
    small = [np.asarray(picture.resize((64, 64))) for picture in pictures]
    seen = of_rgb(np.concatenate(small, axis=0))
    luma = seen.y[::2, ::2].ravel()
    middle = np.median(luma)
    ends = []
    for part in (luma <= middle, luma >= middle):
        ends.append([(plane.ravel()[part].mean() - NEUTRAL) / 224 for plane in (seen.u, seen.v)])
    tint = np.stack([np.interp(LIGHT, (0.15, 0.85), axis) for axis in zip(*ends, strict=True)], 1)
    return Grade(LIGHT, 0.6 * np.eye(2), 0.75 * tint)


def prints(pictures: Sequence[Image.Image]) -> list[Brush]:
    """One brush that lays the pictures into the lower right corner, white-edged."""

    def brush(size: Size, chance: np.random.Generator) -> Painter:
        side = max(min(size.width, size.height) // 5 // 2 * 2, 8)
        edge = max(side // 24, 1)
        room = max(side // 6 // 2 * 2, 2)
        shadow = Image.new("L", (size.width, size.height))
        layer = Image.new("RGB", (size.width, size.height))
        cover = Image.new("L", (size.width, size.height))
        right = size.width - room
        for picture in reversed(pictures):
            card = ImageOps.expand(ImageOps.fit(picture, (side, side)), edge, (244, 242, 238))
            corner = (right - card.width, size.height - room - card.height)
            layer.paste(card, corner)
            cover.paste(255, (*corner, right, size.height - room))
            shadow.paste(150, (*corner, right, size.height - room))
            right -= card.width + room // 2
        shade = np.asarray(shadow.filter(ImageFilter.GaussianBlur(room / 2)))
        card_y, mask = of_rgb(np.asarray(layer)), np.asarray(cover)
        return _pasting(card_y, mask, shade)

    return [brush]


def _pasting(layer: Frame, mask: Plane, shade: Plane) -> Painter:
    rows, columns = np.nonzero(shade)
    top, left = int(rows.min()) // 2 * 2, int(columns.min()) // 2 * 2
    dark = (255 - shade[top:, left:]).astype(np.uint16)
    inside = mask[top:, left:] > 0
    inside_half = inside[::2, ::2]

    def paint(picture: Frame, seconds: float) -> Frame:
        y, u, v = picture.y.copy(), picture.u.copy(), picture.v.copy()
        corner = y[top:, left:]
        corner[:] = np.where(inside, layer.y[top:, left:], (corner * dark) >> 8)
        for target, source in ((u, layer.u), (v, layer.v)):
            half = target[top // 2 :, left // 2 :]
            half[:] = np.where(inside_half, source[top // 2 :, left // 2 :], half)
        return Frame(y, u, v)

    return paint
