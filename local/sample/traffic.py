"""Cars, drawn once as a body and a set of turned wheels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from local.fake_model.stage import Sprite, Stage, sprite
from local.sample.pen import Colour, Pen, Point, shaded, smooth

SPOKES, TURNS = 5, 12
WHEEL = 0.32
"""Radius of a wheel in metres."""


@dataclass(frozen=True)
class Shape:
    """A car's outlines in metres, from the rear bumper on and upwards from the road."""

    length: float
    wheels: tuple[float, float]
    roof: Sequence[Point]
    glass: Sequence[Point]
    pillars: Sequence[float]


HATCHBACK = Shape(
    4.1,
    (0.76, 3.24),
    [
        (0.04, 0.3),
        (0.0, 0.55),
        (0.05, 0.86),
        (0.16, 1.0),
        (0.42, 1.34),
        (0.75, 1.46),
        (1.6, 1.5),
        (2.2, 1.42),
        (2.6, 1.2),
        (2.95, 0.99),
        (3.55, 0.9),
        (3.95, 0.76),
        (4.1, 0.52),
        (4.06, 0.3),
    ],
    [(0.36, 1.03), (0.58, 1.32), (0.9, 1.4), (1.6, 1.43), (2.12, 1.36), (2.45, 1.18), (2.72, 1.0)],
    (0.95, 1.72),
)
SALOON = Shape(
    4.6,
    (0.86, 3.66),
    [
        (0.04, 0.32),
        (0.0, 0.6),
        (0.03, 0.9),
        (0.2, 0.98),
        (0.75, 1.02),
        (1.15, 1.3),
        (1.6, 1.42),
        (2.3, 1.43),
        (2.75, 1.33),
        (3.3, 0.98),
        (4.0, 0.88),
        (4.45, 0.74),
        (4.6, 0.52),
        (4.56, 0.3),
    ],
    [(0.98, 1.02), (1.25, 1.25), (1.65, 1.35), (2.28, 1.36), (2.66, 1.27), (3.05, 1.0)],
    (1.45, 2.2),
)
VAN = Shape(
    4.9,
    (0.92, 3.95),
    [
        (0.03, 0.34),
        (0.0, 0.8),
        (0.02, 1.7),
        (0.12, 1.9),
        (0.5, 1.96),
        (3.1, 1.96),
        (3.5, 1.86),
        (4.1, 1.22),
        (4.6, 1.02),
        (4.85, 0.86),
        (4.9, 0.55),
        (4.86, 0.32),
    ],
    [(2.72, 1.16), (2.72, 1.76), (3.3, 1.76), (3.55, 1.66), (3.98, 1.18)],
    (3.18,),
)
SHAPES: tuple[Shape, ...] = (HATCHBACK, SALOON, VAN)
# How much light falls on a side panel at a height: the shoulder mirrors the sky, the sill the road.
PANEL_LIGHT = (
    (0.2, 0.42),
    (0.42, 0.62),
    (0.7, 0.84),
    (0.86, 0.96),
    (0.93, 1.3),
    (1.0, 1.04),
    (1.4, 1.1),
    (1.52, 1.38),
    (2.0, 1.4),
)


@dataclass(frozen=True)
class Car:
    """A car ready to be put on stage; `wheels` are where their middles lie in the body's pixels."""

    body: Sprite
    shadow: Sprite
    turned: Sequence[Sprite]
    wheels: tuple[Point, Point]
    metre: float
    leftwards: bool

    @property
    def width(self) -> int:
        """The body's width in pixels, its soft shadow not included."""
        return self.body.width

    def enter(self, stage: Stage, left: float, road: float, travelled: float) -> None:
        """Put the car on stage, standing at height `road`; distances in pixels."""
        x, y = round(left), round(road) - self.body.height
        around = (self.shadow.width - self.body.width) // 2
        stage.put(self.shadow, x - around, round(road) - self.shadow.height // 2)
        bob = round(0.4 * np.sin(travelled / self.metre * 1.7) * self.metre / 60)
        stage.put(self.body, x, y + bob)
        angle = travelled / self.metre / WHEEL / (2 * np.pi / SPOKES) * TURNS
        tyre = self.turned[int(-angle if self.leftwards else angle) % TURNS]
        for across, up in self.wheels:
            stage.put(tyre, round(x + across - tyre.width / 2), round(y + up - tyre.height / 2))


def car(shape: Shape, paint: Colour, metre: float, leftwards: bool) -> Car:
    """A car at a scale of `metre` pixels to a metre."""
    tall = max(y for _, y in shape.roof)
    size = (round(shape.length * metre) + 2, round((tall + 0.04) * metre))
    pen = Pen(size, metre, 0, -tall - 0.03, finer=4)
    _body(pen, shape, paint)
    body = pen.done()
    wheels = [(wheel * metre, size[1] - WHEEL * metre) for wheel in shape.wheels]
    if leftwards:
        body = ImageOps.mirror(body)
        wheels = [(size[0] - across, up) for across, up in wheels]
    room = round(0.35 * metre)
    shadow = Image.new("L", (size[0] + 2 * room, 2 * room))
    ImageDraw.Draw(shadow).ellipse(
        (room * 0.7, room * 0.72, size[0] + room * 1.6, room * 1.36), fill=190
    )
    shadow = shadow.filter(ImageFilter.GaussianBlur(0.07 * metre))
    turned = [sprite(_wheel(metre, turn / TURNS * 2 * np.pi / SPOKES)) for turn in range(TURNS)]
    dark = Image.new("RGBA", shadow.size, (14, 16, 22, 0))
    dark.putalpha(shadow)
    return Car(sprite(body), sprite(dark), turned, (wheels[0], wheels[1]), metre, leftwards)


def _body(pen: Pen, shape: Shape, paint: Colour) -> None:
    outline = [(x, -y) for x, y in smooth(shape.roof)]
    pen.polygon(outline, paint)
    heights, light = zip(*PANEL_LIGHT, strict=True)
    rows = -(np.arange(pen.image.height) / pen.scale - max(y for _, y in shape.roof) - 0.03)
    strength = np.interp(rows, heights, light)[:, None, None]
    pixels = np.asarray(pen.image).astype(float)
    pixels[..., :3] = pixels[..., :3] * strength + np.clip(strength - 1, 0, 1) * 70
    pen.adopt(Image.fromarray(pixels.clip(0, 255).astype(np.uint8), "RGBA"))
    glass = [(x, -y) for x, y in smooth(shape.glass)]
    pen.line([*glass, glass[0]], shaded(paint, 0.4), 0.05)
    pen.fade(glass, (132, 158, 178), (30, 38, 46))
    low = min(y for _, y in shape.glass)
    high = max(y for _, y in shape.glass)
    middle = (shape.pillars[-1] + max(x for x, _ in shape.glass)) / 2 - 0.18
    pen.disc(middle, -low - 0.17, 0.11, (34, 32, 34), 0.14)
    pen.line([(middle - 0.1, -low - 0.02), (middle + 0.12, -low - 0.02)], (44, 42, 46), 0.12)
    for pillar in shape.pillars:
        pen.line([(pillar, -low + 0.02), (pillar - 0.04, -high - 0.02)], shaded(paint, 0.55), 0.07)
    seams = [*shape.pillars, max(x for x, _ in shape.glass) - 0.06]
    for seam in seams:
        pen.line([(seam, -low + 0.02), (seam - 0.03, -0.34)], shaded(paint, 0.5), 0.018)
        pen.line(
            [(seam - 0.3, -low + 0.13), (seam - 0.14, -low + 0.13)], shaded(paint, 0.45), 0.035
        )
    pen.line([(0.3, -0.62), (shape.length - 0.4, -0.6)], shaded(paint, 0.6), 0.02)
    rear, front = shape.wheels
    pen.box(rear + 0.3, -0.3, front - 0.3, -0.2, (26, 27, 30))
    for wheel in shape.wheels:
        pen.disc(wheel, -WHEEL - 0.02, 0.395, shaded(paint, 0.5))
        pen.disc(wheel, -WHEEL - 0.01, 0.365, (18, 18, 20))
    length = shape.length
    nose = next(y for x, y in reversed(shape.roof) if x < length - 0.12)
    pen.polygon(
        [
            (length - 0.42, -nose + 0.06),
            (length - 0.14, -nose + 0.04),
            (length - 0.06, -nose + 0.2),
            (length - 0.32, -nose + 0.17),
        ],
        (240, 244, 246),
    )
    pen.polygon([(0.03, -0.9), (0.2, -0.92), (0.22, -0.72), (0.02, -0.7)], (176, 28, 26))
    pen.line([(0.02, -0.42), (0.32, -0.4)], (40, 41, 44), 0.06)
    pen.line([(length - 0.34, -0.4), (length - 0.05, -0.42)], (40, 41, 44), 0.06)
    mirror = max(x for x, _ in shape.glass) - 0.24
    pen.disc(mirror, -low - 0.07, 0.1, shaded(paint, 0.75), 0.07)
    # What lies outside of the body's outline was only drawn too far.
    mask = Image.new("L", pen.image.size)
    top = max(y for _, y in shape.roof) + 0.03
    ImageDraw.Draw(mask).polygon(
        [(x * pen.scale, (y + top) * pen.scale) for x, y in outline], fill=255
    )
    pen.image.putalpha(ImageChops.multiply(pen.image.getchannel("A"), mask))


def _wheel(metre: float, angle: float) -> Image.Image:
    side = round(2 * WHEEL * metre) + 4
    pen = Pen((side, side), metre, -side / metre / 2, -side / metre / 2, finer=4)
    pen.disc(0, 0, WHEEL, (24, 24, 26))
    pen.disc(0, 0, WHEEL * 0.7, (150, 154, 160))
    pen.disc(0, 0, WHEEL * 0.64, (42, 44, 48))
    for spoke in range(SPOKES):
        turn = angle + spoke * 2 * np.pi / SPOKES
        tip = (float(WHEEL * 0.62 * np.cos(turn)), float(WHEEL * 0.62 * np.sin(turn)))
        pen.line([(0, 0), tip], shaded((196, 200, 206), 1 - 0.18 * np.sin(turn)), 0.055)
    pen.disc(0, 0, 0.06, (120, 124, 130))
    return pen.done()
