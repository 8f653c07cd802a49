"""Drawing in scene units (1/720 of the frame's height) on a larger canvas, so edges come smooth."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

Point = tuple[float, float]
Colour = tuple[int, int, int]

SUPERSAMPLING = 2


def shaded(colour: Colour, factor: float) -> Colour:
    """The colour in more or less light."""
    red, green, blue = (min(max(round(part * factor), 0), 255) for part in colour)
    return red, green, blue


def smooth(points: Sequence[Point], steps: int = 8) -> list[Point]:
    """An open Catmull-Rom curve through the points."""
    ring = np.array([points[0], *points, points[-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    curve = []
    for a, b, c, d in zip(ring, ring[1:], ring[2:], ring[3:], strict=False):
        part = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
        curve += [(float(x), float(y)) for x, y in part]
    return [*curve, (float(points[-1][0]), float(points[-1][1]))]


class Pen:
    """A transparent canvas to draw on; `left`, `top` is its corner in the scene."""

    def __init__(
        self, size: tuple[int, int], unit: float, left: float = 0, top: float = 0, finer: int = 0
    ) -> None:
        """`size` is in final pixels, `unit` the final pixels to one scene unit."""
        self._finer = finer or SUPERSAMPLING
        self._size, self._left, self._top = size, left, top
        self.scale = unit * self._finer
        self.image = Image.new("RGBA", (size[0] * self._finer, size[1] * self._finer))
        self._draw = ImageDraw.Draw(self.image)

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        """A filled shape."""
        self._draw.polygon(self._at(points), fill=(*fill, 255))

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour) -> None:
        """A filled upright rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill)

    def disc(self, x: float, y: float, across: float, fill: Colour, up: float = 0) -> None:
        """A filled ellipse by its middle and radii."""
        up = up or across
        corners = self._at([(x - across, y - up), (x + across, y + up)])
        self._draw.ellipse([*corners[0], *corners[1]], fill=(*fill, 255))

    def line(self, points: Sequence[Point], fill: Colour, width: float) -> None:
        """A line with round ends and joints."""
        thick = max(round(width * self.scale), 1)
        self._draw.line(self._at(points), fill=(*fill, 255), width=thick, joint="curve")
        if thick > 3:
            for x, y in (points[0], points[-1]):
                self.disc(x, y, width / 2, fill)

    def text(self, at: Point, words: str, height: float, fill: Colour) -> None:
        """Words around a middle point, their letters about `height` units tall."""
        font = ImageFont.load_default(height * self.scale)
        self._draw.text(self._at([at])[0], words, (*fill, 255), font, anchor="mm")

    def fade(
        self, points: Sequence[Point], first: Colour, last: Colour, across: bool = False
    ) -> None:
        """A shape filled with a gradient from top to bottom, or from left to right."""
        placed = np.array(self._at(points))
        low = np.maximum(np.floor(placed.min(axis=0)).astype(int), 0)
        high = np.minimum(np.ceil(placed.max(axis=0)).astype(int) + 1, self.image.size)
        if (high <= low).any():
            return
        width, height = (int(side) for side in high - low)
        mask = Image.new("L", (width, height))
        corner = (int(low[0]), int(low[1]))
        ImageDraw.Draw(mask).polygon([tuple(point) for point in (placed - low).tolist()], fill=255)
        steps = np.linspace((*first, 255), (*last, 255), width if across else height)
        strip = np.rint(steps).astype(np.uint8)
        ramp = Image.fromarray(strip[None] if across else strip[:, None], "RGBA")
        self.image.paste(ramp.resize((width, height), Image.Resampling.NEAREST), corner, mask)

    def shadow(self, points: Sequence[Point], strength: float, blur: float) -> None:
        """Everything drawn so far darkened under a soft shape; nothing becomes less transparent."""
        placed = np.array(self._at(points))
        room = 2 * blur * self.scale + 2
        low = np.maximum(np.floor(placed.min(axis=0) - room).astype(int), 0)
        high = np.minimum(np.ceil(placed.max(axis=0) + room).astype(int), self.image.size)
        if (high <= low).any():
            return
        area = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
        mask = Image.new("L", (area[2] - area[0], area[3] - area[1]))
        ImageDraw.Draw(mask).polygon(
            [tuple(point) for point in (placed - low).tolist()], fill=round(255 * strength)
        )
        mask = ImageChops.invert(mask.filter(ImageFilter.GaussianBlur(blur * self.scale)))
        part = self.image.crop(area)
        dark = ImageChops.multiply(part.convert("RGB"), Image.merge("RGB", (mask, mask, mask)))
        dark.putalpha(part.getchannel("A"))
        self.image.paste(dark, area[:2])

    def grain(self, box: tuple[float, float, float, float], amount: float, seed: int) -> None:
        """Fine unevenness, as stone and asphalt have it, over a rectangle of the scene."""
        (left, top), (right, bottom) = self._at([box[:2], box[2:]])
        area = (
            max(round(left), 0),
            max(round(top), 0),
            min(round(right), self.image.width),
            min(round(bottom), self.image.height),
        )
        if area[2] <= area[0] or area[3] <= area[1]:
            return
        part = np.asarray(self.image.crop(area)).astype(np.int16)
        noise = np.random.default_rng(seed).normal(0, amount, part.shape[:2]).astype(np.int16)
        part[..., :3] = np.clip(part[..., :3] + noise[..., None], 0, 255)
        self.image.paste(Image.fromarray(part.astype(np.uint8), "RGBA"), area[:2])

    def adopt(self, image: Image.Image) -> None:
        """Go on drawing on another picture of the same size."""
        self.image = image
        self._draw = ImageDraw.Draw(image)

    def done(self) -> Image.Image:
        """The drawing at its final size."""
        return self.image.reduce(self._finer)

    def _at(self, points: Sequence[Point]) -> list[Point]:
        return [((x - self._left) * self.scale, (y - self._top) * self.scale) for x, y in points]
