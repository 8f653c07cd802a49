"""The scenery that stands still: sky, a row of houses, pavements and the road between them."""

from itertools import count, pairwise

import numpy as np
from PIL import Image

from local.fake_model.picture import Size
from local.fake_model.weather import clouds
from local.sample.pen import Colour, Pen, Point, shaded

HORIZON = 330.0
"""Where parallel lines meet, in units of 1/720 of the frame's height."""
METRE = 0.245
"""Units to a metre for each unit below the horizon; the eye is thus four metres up."""
WALL, KERB, MIDDLE, NEAR_KERB = 440.0, 503.0, 590.0, 688.0
"""Where the houses, the far kerb, the centre line and the near kerb meet the ground."""

CROSSING = (880.0, 1130.0)
"""From where to where the zebra crossing reaches at the near kerb."""

FACADES: tuple[Colour, ...] = (
    (158, 98, 80),
    (216, 201, 172),
    (150, 156, 162),
    (203, 172, 132),
    (126, 142, 160),
    (190, 126, 96),
    (226, 214, 196),
    (140, 110, 98),
)
AWNINGS: tuple[Colour, ...] = ((176, 52, 48), (40, 96, 84), (44, 74, 122), (190, 132, 44))
SIGNS = ("BAKERY", "BOOKS", "CAFE", "FLORIST", "CINEMA", "RECORDS", "TAILOR", "MARKET")


def metre_at(ground: float) -> float:
    """How many units a metre measures for what stands on the ground at this height."""
    return (ground - HORIZON) * METRE


def sky(size: Size, chance: np.random.Generator) -> Image.Image:
    """A summer sky with clouds, twice as wide as asked and seamless, so it can drift."""
    down = np.linspace(0, 1, size.height)[:, None]
    stops = np.array([(82, 142, 206), (132, 180, 222), (198, 220, 234), (232, 234, 228)])
    blue = np.stack(
        [np.interp(down[:, 0], (0, 0.25, 0.5, 0.62), stops[:, part]) for part in range(3)], axis=1
    )
    # Twice squeezed upright: clouds seen from below lie flat.
    wide = (clouds(size, chance, 3) * 0.68 + clouds(size, chance, 9) * 0.32)[::2]
    wide = np.concatenate([wide, wide])[: size.height]
    cover = np.clip((wide - 0.47) * 4, 0, 1) ** 0.8 * np.clip(1.2 - down * 1.5, 0, 0.96)
    under = np.roll(wide, max(size.height // 40, 1), axis=0)
    lit = np.clip(0.75 + (wide - under) * 3, 0, 1)[..., None]
    cloud = np.array([188, 200, 214]) * (1 - lit) + np.array([255, 254, 250]) * lit
    mixed = blue[:, None] * (1 - cover[..., None]) + cloud * cover[..., None]
    return Image.fromarray(np.tile(mixed.clip(0, 255).astype(np.uint8), (1, 2, 1)))


def skyline(pen: Pen, left: float, right: float, chance: np.random.Generator) -> None:
    """Far towers in the haze."""
    for depth, tone in ((0, (186, 204, 220)), (1, (164, 184, 202))):
        x = left - 40
        while x < right:
            width = chance.uniform(36, 90)
            top = chance.uniform(150, 270) + 40 * depth
            pen.fade(_rectangle(x, top, x + width, WALL), shaded(tone, 0.98), (212, 222, 228))
            for row in np.arange(top + 8, top + 130, 9):
                pen.line([(x + 5, row), (x + width - 5, row)], shaded(tone, 0.95), 1.6)
            x += width + chance.uniform(-6, 50)


def houses(pen: Pen, left: float, right: float, chance: np.random.Generator) -> None:
    """The row of houses, each with its own height, colour and shop."""
    x, before, first = left - chance.uniform(20, 120), 0.0, int(chance.integers(len(FACADES)))
    for index in count():
        if x >= right:
            return
        width = float(chance.choice([168, 196, 224, 252]))
        floors = int(chance.integers(1, 4))
        if floors * 78 == before:
            floors = floors % 3 + 1
        wall = FACADES[(first + index) % len(FACADES)]
        top = WALL - 98 - floors * 78 - 16
        _house(pen, x, x + width, top, floors, wall, (first + index), chance)
        if before > floors * 78:
            # The taller neighbour stands between this house and the sun on the left.
            reach = (before - floors * 78) * 0.35 + 26
            edge = [(x, top), (x + reach * 0.6, top), (x + reach, WALL - 60), (x, WALL)]
            pen.shadow(edge, 0.38, 1.2)
        pen.shadow(_rectangle(x + width - 3, top + 8, x + width, WALL), 0.5, 1.5)
        x, before = x + width, floors * 78


def _house(  # noqa: PLR0913  a place, a size and how it is painted
    pen: Pen,
    left: float,
    right: float,
    top: float,
    floors: int,
    wall: Colour,
    number: int,
    chance: np.random.Generator,
) -> None:
    for _ in range(int(chance.integers(1, 3))):
        stack = chance.uniform(left + 15, right - 35)
        pen.fade(
            _rectangle(stack, top - 24, stack + 20, top + 4), (168, 112, 92), (120, 80, 68), True
        )
        pen.box(stack - 2, top - 27, stack + 22, top - 22, (104, 74, 64))
    pen.fade(_rectangle(left, top, right, WALL), shaded(wall, 1.08), shaded(wall, 0.84))
    pen.grain((left, top, right, WALL), 4.5, int(chance.integers(1 << 30)))
    if wall[0] > 1.35 * wall[2]:
        for row in np.arange(top + 6, WALL - 98, 5.0):
            pen.line([(left, row), (right, row)], shaded(wall, 0.93), 0.6)
    pen.box(left - 2, top - 4, right + 2, top + 7, shaded(wall, 1.16))
    pen.box(left - 2, top + 7, right + 2, top + 10, shaded(wall, 0.72))
    for tooth in np.arange(left + 4, right - 6, 11.0):
        pen.box(tooth, top + 10, tooth + 5, top + 15, shaded(wall, 0.98))
    pen.shadow(_rectangle(left, top + 10, right, top + 20), 0.3, 2.5)
    across = max(int((right - left) // 54), 2)
    pitch = (right - left) / across
    warm = chance.random((floors, across)) < 0.16
    for floor in range(floors):
        sill = top + 22 + floor * 78 + 58
        for column in range(across):
            middle = left + (column + 0.5) * pitch
            _window(pen, middle, sill, wall, bool(warm[floor, column]), chance)
        pen.line([(left, sill + 15), (right, sill + 15)], shaded(wall, 1.1), 2)
        pen.line([(left, sill + 17), (right, sill + 17)], shaded(wall, 0.78), 1)
    _shop(pen, left, right, number, chance)


def _window(
    pen: Pen, x: float, sill: float, wall: Colour, warm: bool, chance: np.random.Generator
) -> None:
    left, right, top = x - 14, x + 14, sill - 50
    pen.box(left - 4, top - 6, right + 4, sill + 3, shaded(wall, 1.2))
    pen.box(left - 1, top - 1, right + 1, sill + 1, (236, 234, 228))
    first, last = ((255, 226, 160), (226, 168, 96)) if warm else ((164, 192, 214), (62, 78, 96))
    pen.fade(_rectangle(left + 1, top + 1, right - 1, sill - 1), first, last)
    if warm:
        pen.box(left + 1, top + 1, left + 7, sill - 1, (240, 214, 176))
        pen.box(right - 7, top + 1, right - 1, sill - 1, (232, 204, 166))
    elif chance.random() < 0.45:
        blind = top + chance.uniform(8, 26)
        pen.fade(_rectangle(left + 1, top + 1, right - 1, blind), (226, 224, 214), (196, 196, 190))
    else:
        slant = [
            (left + 3, sill - 3),
            (left + 15, top + 3),
            (left + 21, top + 3),
            (left + 9, sill - 3),
        ]
        pen.fade(slant, (196, 214, 228), (92, 110, 130))
    pen.box(x - 0.9, top, x + 0.9, sill, (232, 230, 224))
    pen.box(left, top + 17, right, top + 18.6, (232, 230, 224))
    pen.shadow(_rectangle(left, top, right, top + 4), 0.4, 1.2)
    pen.box(left - 6, sill + 2, right + 6, sill + 6, shaded(wall, 1.26))
    pen.shadow(_rectangle(left - 5, sill + 6, right + 7, sill + 10), 0.32, 1.4)


def _shop(pen: Pen, left: float, right: float, number: int, chance: np.random.Generator) -> None:
    paint = AWNINGS[number % len(AWNINGS)]
    top = WALL - 92
    pen.fade(_rectangle(left + 6, top, right - 6, WALL), shaded(paint, 0.62), shaded(paint, 0.42))
    pen.box(left + 6, top - 2, right - 6, top + 20, shaded(paint, 0.8))
    pen.line([(left + 6, top - 2), (right - 6, top - 2)], shaded(paint, 1.25), 1.5)
    _sign(pen, (left + right) / 2, top + 9, SIGNS[number % len(SIGNS)])
    door = right - 48 if chance.random() < 0.5 else left + 16
    panes = [(left + 12, door - 6), (door + 38, right - 12)]
    for start, stop in panes:
        if stop - start < 20:
            continue
        pen.fade(_rectangle(start, top + 26, stop, WALL - 16), (255, 232, 182), (150, 112, 78))
        for item in np.arange(start + 6, stop - 12, 15.0):
            tall = chance.uniform(8, 24)
            tone = shaded((140, 96, 70), chance.uniform(0.5, 1.3))
            pen.box(item, WALL - 16 - tall, item + 10, WALL - 16, tone)
        width = (stop - start) * 0.22
        glare = [
            (start + 6, WALL - 18),
            (start + 6 + width, top + 28),
            (start + 6 + 1.6 * width, top + 28),
            (start + 6 + 0.6 * width, WALL - 18),
        ]
        pen.fade(glare, (250, 238, 208), (182, 150, 116))
    pen.box(door, top + 26, door + 32, WALL, shaded(paint, 0.5))
    pen.fade(_rectangle(door + 5, top + 31, door + 27, WALL - 20), (236, 206, 152), (96, 78, 66))
    pen.disc(door + 28, WALL - 30, 1.4, (220, 190, 110))
    _awning(pen, left + 8, right - 8, top + 20, paint)


def _awning(pen: Pen, left: float, right: float, top: float, paint: Colour) -> None:
    edges = np.linspace(left, right, max(int((right - left) // 13), 4))
    pen.shadow(_rectangle(left + 4, top + 18, right + 6, top + 42), 0.5, 3)
    for index, (start, stop) in enumerate(pairwise(edges)):
        tone = paint if index % 2 else (238, 232, 220)
        flare = [(start, top), (stop, top), (stop + 0.5, top + 20), (start - 0.5, top + 20)]
        pen.fade(flare, shaded(tone, 1.1), shaded(tone, 0.9))
        pen.disc((start + stop) / 2, top + 20, (stop - start) / 2, shaded(tone, 0.8), 4)


def _sign(pen: Pen, x: float, y: float, word: str) -> None:
    pen.text((x, y), " ".join(word), 13, (246, 236, 208))


def ground(pen: Pen, left: float, right: float, bottom: float, chance: np.random.Generator) -> None:
    """Both pavements and the road, with joints and a crossing that run to the horizon."""
    pen.fade(_rectangle(left, WALL, right, KERB), (186, 182, 174), (206, 202, 192))
    for x in np.arange(-2600, 3900, 62.0):
        pen.line([_towards(x, WALL), _towards(x, KERB)], (166, 162, 154), 0.8)
    for y in (452, 468, 486):
        pen.line([(left, y), (right, y)], (168, 164, 156), 0.8)
    pen.grain((left, WALL, right, KERB), 5, 11)
    pen.shadow(_rectangle(left, WALL - 4, right, WALL + 9), 0.42, 4)
    pen.box(left, KERB - 3, right, KERB + 1, (216, 212, 204))
    pen.box(left, KERB + 1, right, KERB + 7, (132, 130, 126))
    pen.fade(_rectangle(left, KERB + 7, right, NEAR_KERB), (104, 105, 108), (82, 83, 87))
    for track in (536, 562, 624, 664):
        pen.shadow(_rectangle(left, track - 5, right, track + 5), 0.1, 5)
    for x, y in ((300, 548), (930, 640), (1120, 530)):
        pen.shadow(_rectangle(x, y, x + 90, y + 14), 0.16, 1)
    step, length = 7.5 * metre_at(MIDDLE), 3 * metre_at(MIDDLE)
    for x in np.arange(left - step, right, step):
        dash = [
            (x + 3, MIDDLE - 2.6),
            (x + length + 3, MIDDLE - 2.6),
            (x + length, MIDDLE + 2.6),
            (x, MIDDLE + 2.6),
        ]
        if _towards(CROSSING[0], MIDDLE)[0] - length < x < _towards(CROSSING[1], MIDDLE)[0]:
            continue
        pen.polygon(dash, (226, 224, 214))
    bars = np.geomspace(KERB + 14 - HORIZON, NEAR_KERB - 8 - HORIZON, 15) + HORIZON
    for high, low in list(pairwise(bars))[::2]:
        near, far = CROSSING
        shape = [_towards(near, high), _towards(far, high), _towards(far, low), _towards(near, low)]
        pen.polygon(shape, (222, 221, 214))
    pen.grain((left, KERB + 7, right, NEAR_KERB), 7, 12)
    pen.shadow(_rectangle(left, KERB + 7, right, KERB + 12), 0.4, 2)
    pen.fade(_rectangle(left, NEAR_KERB, right, NEAR_KERB + 9), (198, 195, 188), (222, 218, 210))
    pen.fade(_rectangle(left, NEAR_KERB + 9, right, bottom), (190, 186, 178), (176, 172, 164))
    for x in np.arange(-800, 2100, 62.0):
        pen.line([_towards(x, NEAR_KERB + 9), _towards(x, bottom)], (158, 154, 146), 1.2)
    pen.grain((left, NEAR_KERB, right, bottom), 6, 13)


# How much light a layer of leaves gets, how many they are, how far they lie towards the shade.
LEAVES = ((0.45, 420, 4.5), (0.68, 520, 2.0), (0.92, 480, -2.0), (1.22, 260, -5.0))


def shade_of_tree(pen: Pen, x: float, foot: float) -> None:
    """Where a street tree keeps the sun off the ground."""
    turns = np.linspace(0, 2 * np.pi, 40)
    shape = [(x + 34 + 58 * float(np.cos(a)), foot + 3 + 9 * float(np.sin(a))) for a in turns]
    pen.shadow(shape, 0.36, 3)


def tree(pen: Pen, x: float, foot: float, chance: np.random.Generator) -> None:
    """A street tree in full leaf, lit from the upper left."""
    pen.fade(
        [(x - 4, foot), (x - 2.4, foot - 90), (x + 2.4, foot - 90), (x + 4, foot)],
        (116, 92, 72),
        (72, 56, 46),
        True,
    )
    for lean in (-22, 16):
        pen.line([(x, foot - 74), (x + lean, foot - 116)], (84, 66, 54), 2.6)
    leaf, lobes = (86, 122, 60), 0.09
    for light, many, push in LEAVES:
        turn, out = chance.uniform(0, 2 * np.pi, many), np.sqrt(chance.random(many))
        for angle, far in zip(turn, out, strict=True):
            # Lobes make an outline that no compass drew.
            spread = far * (1 + lobes * np.sin(5 * angle + x) + lobes * np.cos(3 * angle + 2 * x))
            across, up = 48 * spread * np.cos(angle), 50 * spread * np.sin(angle)
            sun = light * (1 - 0.2 * np.sin(angle + 0.8) * far)
            own = shaded(leaf, sun * chance.uniform(0.86, 1.14))
            wide = chance.uniform(1.2, 3.4)
            pen.disc(x + push + across, foot - 134 + push + up, wide, own, wide * 0.7)


def lamp(pen: Pen, x: float, foot: float) -> None:
    """A lamp post."""
    pen.fade(_rectangle(x - 1.8, foot - 168, x + 1.8, foot), (84, 90, 94), (40, 44, 48), True)
    pen.box(x - 4, foot - 12, x + 4, foot, (52, 56, 60))
    pen.line([(x, foot - 166), (x + 8, foot - 176), (x + 26, foot - 178)], (58, 62, 66), 2.2)
    pen.disc(x + 28, foot - 176, 8, (66, 70, 74), 3)
    pen.disc(x + 28, foot - 174, 6, (244, 240, 222), 1.6)


def _towards(x: float, y: float) -> Point:
    """The point at height `y` on the line from the horizon's middle to `x` at the near kerb."""
    return 640 + (x - 640) * (y - HORIZON) / (NEAR_KERB - HORIZON), y


def _rectangle(left: float, top: float, right: float, bottom: float) -> list[Point]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]
