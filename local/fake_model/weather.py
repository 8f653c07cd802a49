"""What lies between the camera and the scene: snow, rain, fog, leaves, light and shade."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from local.fake_model.grade import look_up
from local.fake_model.picture import BLACK, NEUTRAL, WHITE, Frame, Painter, Plane, Size

Floats = NDArray[np.float64]
SMALLEST = 0.8
"""Radius in pixels below which a speck would be lost between them."""


def blend(
    picture: Frame,
    cover: Plane,
    luma: int,
    u: int | Plane = NEUTRAL,
    v: int | Plane = NEUTRAL,
) -> Frame:
    """The picture under a colour, where `cover` says how much of it hides, 0 to 255."""

    def mixed(plane: Plane, colour: int | Plane, over: Plane) -> Plane:
        # At most 240 * 255 + 255 * 240: two bytes hold it.
        kept = np.multiply(plane, 255 - over, dtype=np.uint16)
        kept += np.multiply(over, np.asarray(colour, np.uint8), dtype=np.uint16)
        kept += 128
        kept >>= 8
        return kept.astype(np.uint8)

    half = np.ascontiguousarray(cover[::2, ::2])
    return Frame(
        mixed(picture.y, luma, cover), mixed(picture.u, u, half), mixed(picture.v, v, half)
    )


@dataclass(frozen=True)
class Drift:
    """A texture that repeats without a seam and moves in pixels per second."""

    texture: Plane
    right: float
    down: float
    sway: float = 0.0

    def at(self, seconds: float, size: Size) -> Plane:
        """The part of the moving texture that covers the frame."""
        swing = self.sway * np.sin(seconds * 1.3 + self.down)
        left = int(-(self.right * seconds + swing) % size.width)
        top = int(-self.down * seconds % size.height)
        return self.texture[top : top + size.height, left : left + size.width]


def specks(
    size: Size, chance: np.random.Generator, count: int, radius: float, strength: int
) -> Plane:
    """Soft round specks on a tile of the frame's size, laid out twice each way."""
    reach = max(int(np.ceil(radius * 2)), 2)
    tile = np.zeros((size.height, size.width))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    for _ in range(count):
        x, y = chance.uniform(0, size.width), chance.uniform(0, size.height)
        own = max(radius * chance.uniform(0.6, 1.2), SMALLEST)
        distance = np.hypot(rows - y % 1, columns - x % 1)
        stamp = np.clip(1.4 - distance / own, 0, 1) * chance.uniform(0.5, 1)
        spot = np.ix_((rows[:, 0] + int(y)) % size.height, (columns[0] + int(x)) % size.width)
        tile[spot] = np.maximum(tile[spot], stamp)
    return np.tile((tile * strength).astype(np.uint8), (2, 2))


def clouds(size: Size, chance: np.random.Generator, cells: int) -> Floats:
    """Seamless smooth noise from 0 to 1 on a tile of the frame's size."""
    total = np.zeros((size.height, size.width))
    for octave in range(3):
        across, up = cells * 2**octave, max(cells * 2**octave * size.height // size.width, 2)
        coarse = np.tile(chance.random((up, across)), (3, 3)).astype(np.float32)
        smooth = Image.fromarray(coarse).resize(
            (size.width, size.height), Image.Resampling.BICUBIC, (across, up, 2 * across, 2 * up)
        )
        total += np.asarray(smooth) / 2**octave
    low, high = np.percentile(total, (2, 98))
    noise: Floats = np.clip((total - low) / (high - low), 0, 1)
    return noise


def snow(size: Size, chance: np.random.Generator) -> Painter:
    """Three depths of flakes, and a bright haze over the ground."""
    unit = size.height / 720
    area = size.width / size.height * 9 / 16
    layers = [
        Drift(specks(size, chance, int(900 * area), 1.4 * unit, 170), 18 * unit, 75 * unit, 6),
        Drift(specks(size, chance, int(300 * area), 2.8 * unit, 215), 34 * unit, 130 * unit, 14),
        Drift(specks(size, chance, int(70 * area), 6.5 * unit, 190), 60 * unit, 235 * unit, 26),
    ]
    ground = np.clip((np.arange(size.height) / size.height - 0.5) * 2, 0, 1) * 78
    haze = np.broadcast_to(ground.astype(np.uint8)[:, None], (size.height, size.width))

    def paint(picture: Frame, seconds: float) -> Frame:
        white = np.maximum(haze, _deepest(layers, seconds, size))
        return blend(picture, white, WHITE - 5, NEUTRAL + 3, NEUTRAL - 2)

    return paint


def rain(size: Size, chance: np.random.Generator) -> Painter:
    """Slanted streaks at two depths under a darker sky edge."""
    unit = size.height / 720
    area = size.width / size.height * 9 / 16
    far = _streaks(size, chance, int(420 * area), 34 * unit, 1, 70)
    near = _streaks(size, chance, int(130 * area), 80 * unit, max(round(2 * unit), 1), 105)
    layers = [
        Drift(far, -170 * unit, 1000 * unit),
        Drift(near, -290 * unit, 1700 * unit),
    ]
    shade = vignette(size, chance)

    def paint(picture: Frame, seconds: float) -> Frame:
        streaks = _deepest(layers, seconds, size)
        return blend(shade(picture, seconds), streaks, 205, NEUTRAL + 5, NEUTRAL - 3)

    return paint


def fog(size: Size, chance: np.random.Generator) -> Painter:
    """Two banks that drift through each other, thickest in the middle distance."""
    height = np.linspace(0, 1, size.height)[:, None]
    depth = 0.5 + 0.5 * np.exp(-(((height - 0.5) / 0.28) ** 2))
    banks = [
        Drift(_tiled(clouds(size, chance, 4)), size.width / 28, 0),
        Drift(_tiled(clouds(size, chance, 6)), -size.width / 40, 0),
    ]
    density = np.broadcast_to((depth * 255).astype(np.uint8), (size.height, size.width))
    thick = (np.arange(256) * 0.55 + 70).clip(0, 215).astype(np.uint8).tobytes()

    def paint(picture: Frame, seconds: float) -> Frame:
        one, two = (bank.at(seconds, size) for bank in banks)
        cover = look_up((one >> 1) + (two >> 1), thick)
        cover = (np.multiply(cover, density, dtype=np.uint16) >> 8).astype(np.uint8)
        return blend(picture, cover, 206, NEUTRAL + 2, NEUTRAL - 2)

    return paint


def leaves(size: Size, chance: np.random.Generator) -> Painter:
    """Falling leaves in two colours."""
    unit = size.height / 720
    kinds = [
        (Drift(_foliage(size, chance, 26, 13 * unit), 55 * unit, 95 * unit, 30), 120, 72, 176),
        (Drift(_foliage(size, chance, 16, 19 * unit), 90 * unit, 150 * unit, 45), 92, 98, 188),
    ]

    def paint(picture: Frame, seconds: float) -> Frame:
        for drift, luma, u, v in kinds:
            picture = blend(picture, drift.at(seconds, size), luma, u, v)
        return picture

    return paint


def caustics(size: Size, chance: np.random.Generator) -> Painter:
    """A net of light that wanders where two wave patterns meet."""
    waves = [
        Drift(_tiled(clouds(size, chance, 13)), size.width / 22, size.height / 30),
        Drift(_tiled(clouds(size, chance, 15)), -size.width / 26, size.height / 44),
    ]
    line = (np.exp(-((np.arange(256) / 26) ** 2)) * 84).astype(np.uint8).tobytes()
    fade = (np.linspace(1, 0.3, size.height)[:, None] * 255).astype(np.uint8)
    deep = vignette(size, chance)

    def paint(picture: Frame, seconds: float) -> Frame:
        one, two = (wave.at(seconds, size) for wave in waves)
        net = look_up(np.maximum(one, two) - np.minimum(one, two), line)
        net = (np.multiply(net, fade, dtype=np.uint16) >> 8).astype(np.uint8)
        return blend(deep(picture, seconds), net, 215, NEUTRAL + 8, NEUTRAL - 24)

    return paint


def low_sun(size: Size, chance: np.random.Generator) -> Painter:
    """A warm glow low on one side, dusk closing in from the corners."""
    rows, columns = np.mgrid[: size.height, : size.width]
    far = np.hypot((columns / size.width - 0.74) * 1.5, (rows / size.height - 0.4) * 1.9)
    glow = (np.clip(np.exp(-((far / 0.5) ** 2)) * 0.5, 0, 1) * 255).astype(np.uint8)
    shade = vignette(size, chance)

    def paint(picture: Frame, seconds: float) -> Frame:
        return blend(shade(picture, seconds), glow, 182, 70, 176)

    return paint


def vignette(size: Size, chance: np.random.Generator) -> Painter:
    """Corners that fall into the dark."""
    rows, columns = np.mgrid[: size.height, : size.width]
    far = np.hypot(columns / size.width - 0.5, rows / size.height - 0.5)
    cover = (np.clip((far - 0.3) * 1.4, 0, 0.62) * 255).astype(np.uint8)

    def paint(picture: Frame, seconds: float) -> Frame:
        return blend(picture, cover, BLACK)

    return paint


def old_film(size: Size, chance: np.random.Generator) -> Painter:
    """Grain, flicker, a wandering scratch and dark corners."""
    # Grains two pixels wide: finer ones would cost most of the file and be lost in it.
    coarse = np.abs(chance.normal(0, 15, (size.height + 1, size.width + 1))).clip(0, 60)
    noise = coarse.astype(np.uint8).repeat(2, axis=0).repeat(2, axis=1)
    shade = vignette(size, chance)

    def paint(picture: Frame, seconds: float) -> Frame:
        # Jumps must depend on the time alone, or two runs would differ.
        dice = np.random.default_rng(round(seconds * 1000) & 0xFFFFFFFF)
        top, left = dice.integers(size.height), dice.integers(size.width)
        grain = noise[top : top + size.height, left : left + size.width].copy()
        grain += dice.integers(0, 14, dtype=np.uint8)
        if dice.random() < 0.35:
            scratch = int((0.2 + 0.6 * dice.random()) * size.width)
            grain[:, scratch : scratch + max(size.height // 480, 1)] += 60
        return blend(shade(picture, seconds), grain, 40, NEUTRAL - 10, NEUTRAL + 10)

    return paint


def _deepest(layers: Sequence[Drift], seconds: float, size: Size) -> Plane:
    cover = layers[0].at(seconds, size)
    for layer in layers[1:]:
        cover = np.maximum(cover, layer.at(seconds, size))
    return cover


def _tiled(tile: Floats) -> Plane:
    return np.tile((tile * 255).astype(np.uint8), (2, 2))


def _folded(canvas: Image.Image, size: Size, margin: int) -> Plane:
    """The canvas with what stands over its edges brought back in on the other side."""
    drawn = np.asarray(canvas).copy()
    height, width = size.height, size.width
    drawn[margin : 2 * margin] = np.maximum(drawn[margin : 2 * margin], drawn[height + margin :])
    drawn[height : height + margin] = np.maximum(drawn[height : height + margin], drawn[:margin])
    across = drawn[margin : height + margin].copy()
    across[:, margin : 2 * margin] |= across[:, width + margin :]
    across[:, width : width + margin] |= across[:, :margin]
    return np.tile(across[:, margin : width + margin], (2, 2))


def _streaks(
    size: Size, chance: np.random.Generator, count: int, length: float, thick: int, strength: int
) -> Plane:
    margin = int(length * 1.5) + 2
    canvas = Image.new("L", (size.width + 2 * margin, size.height + 2 * margin))
    pen = ImageDraw.Draw(canvas)
    for _ in range(count):
        x = margin + chance.uniform(0, size.width)
        y = margin + chance.uniform(0, size.height)
        own = length * chance.uniform(0.5, 1.2)
        tone = int(strength * chance.uniform(0.4, 1))
        pen.line((x, y, x - own * 0.17, y + own), fill=tone, width=thick)
    return _folded(canvas.filter(ImageFilter.GaussianBlur(0.6)), size, margin)


def _foliage(size: Size, chance: np.random.Generator, count: int, length: float) -> Plane:
    margin = int(length * 2) + 2
    canvas = Image.new("L", (size.width + 2 * margin, size.height + 2 * margin))
    pen = ImageDraw.Draw(canvas)
    for _ in range(count):
        x = margin + chance.uniform(0, size.width)
        y = margin + chance.uniform(0, size.height)
        turn, slim = chance.uniform(0, 2 * np.pi), chance.uniform(0.2, 0.45)
        along = np.linspace(0, 2 * np.pi, 25)
        # A leaf is an ellipse drawn to a point at both ends.
        wide = slim * np.sin(along) * np.abs(np.sin(along))
        px = length * (np.cos(along) * np.cos(turn) - wide * np.sin(turn))
        py = length * (np.cos(along) * np.sin(turn) + wide * np.cos(turn))
        outline = [(x + float(a), y + float(b)) for a, b in zip(px, py, strict=True)]
        pen.polygon(outline, fill=int(chance.uniform(150, 235)))
    return _folded(canvas.filter(ImageFilter.GaussianBlur(length / 16)), size, margin)
