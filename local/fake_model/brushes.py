"""Treatments that redraw the picture itself: cartoon, sketch, blocks, mirror and the like."""

import numpy as np

from local.fake_model.grade import look_up
from local.fake_model.picture import BLACK, NEUTRAL, WHITE, Frame, Painter, Plane, Size
from local.fake_model.weather import blend

CODES = np.arange(256, dtype=np.float64)


def mirror(size: Size, chance: np.random.Generator) -> Painter:
    """Left and right exchanged."""

    def paint(picture: Frame, seconds: float) -> Frame:
        planes = (picture.y, picture.u, picture.v)
        return Frame(*(np.ascontiguousarray(plane[:, ::-1]) for plane in planes))

    return paint


def cartoon(size: Size, chance: np.random.Generator) -> Painter:
    """Flat areas of few tones between ink lines."""
    reach = max(size.height // 720, 1)
    position = (CODES - BLACK) / (WHITE - BLACK) * 7
    # Tones lie on plateaus, joined by steep ramps, so that edges of areas do not flicker.
    plateau = np.floor(position) + np.clip((position % 1 - 0.5) * 5 + 0.5, 0, 1)
    tones = _bytes(plateau / 7 * (WHITE - BLACK) + BLACK, BLACK, WHITE)
    ink = _bytes((CODES - 15) * 10, 0, 235)

    def paint(picture: Frame, seconds: float) -> Frame:
        smooth = soften(picture.y, reach)
        lines = look_up(edges(smooth, 2 * reach), ink)
        flat = Frame(look_up(smooth, tones), picture.u, picture.v)
        return blend(flat, lines, BLACK + 6)

    return paint


def sketch(size: Size, chance: np.random.Generator) -> Painter:
    """Pencil lines and hatched shade on paper."""
    reach = max(size.height // 720, 1)
    rows, columns = np.mgrid[: size.height, : size.width]
    period = max(size.height // 100, 4)
    stroke = np.abs((rows + columns + 0.3 * np.sin(rows / 9) * period) / period % 1 - 0.5) * 2
    wobble = chance.normal(0, 10, stroke.shape)
    hatch = np.clip(138 + 120 * stroke + wobble, 0, 255).astype(np.uint8)
    grain = np.clip(chance.normal(225, 3, stroke.shape), 0, WHITE).astype(np.uint8)
    shade = _bytes(132 + (CODES - 30) * 0.95, 0, 255)
    line = _bytes(262 - CODES * 7.5, 44, 255)
    faint = _bytes((CODES - NEUTRAL) * 0.14 + NEUTRAL - 2, 0, 255)
    faint_warm = _bytes((CODES - NEUTRAL) * 0.14 + NEUTRAL + 1, 0, 255)

    def paint(picture: Frame, seconds: float) -> Frame:
        smooth = soften(picture.y, reach)
        strokes = edges(smooth, 2 * reach)
        paper = np.minimum(grain, np.maximum(look_up(smooth, shade), hatch))
        drawn = np.minimum(paper, look_up(strokes, line))
        return Frame(drawn, look_up(picture.u, faint), look_up(picture.v, faint_warm))

    return paint


def pixel(size: Size, chance: np.random.Generator) -> Painter:
    """Square blocks of one colour, about sixty to a frame's short side."""
    block = max(min(size.width, size.height) // 120, 2) * 2

    def blocks(plane: Plane, side: int) -> Plane:
        height, width = plane.shape
        padded = np.pad(plane, ((0, -height % side), (0, -width % side)), mode="edge")
        rows = np.add.reduceat(padded, np.arange(0, padded.shape[0], side), dtype=np.uint16)
        sums = np.add.reduceat(rows, np.arange(0, padded.shape[1], side), axis=1, dtype=np.uint32)
        small = (sums // (side * side)).astype(np.uint8)
        return small.repeat(side, axis=0).repeat(side, axis=1)[:height, :width]

    def paint(picture: Frame, seconds: float) -> Frame:
        half = block // 2
        luma = blocks(picture.y, block)
        return Frame(luma, blocks(picture.u, half), blocks(picture.v, half))

    return paint


def glowing_edges(size: Size, chance: np.random.Generator) -> Painter:
    """Outlines lit like tubes, magenta on the left and cyan on the right."""
    glow = _bytes((CODES - 9) * 8, 0, 235)
    side = np.linspace(0, 1, size.chroma[1])
    u = np.broadcast_to((164 + 6 * side).astype(np.uint8), size.chroma)
    v = np.broadcast_to((206 - 150 * side).astype(np.uint8), size.chroma)
    wide = max(size.height // 180, 1)

    def paint(picture: Frame, seconds: float) -> Frame:
        lines = look_up(edges(picture.y, 1), glow)
        halo = soften(lines, wide)
        return blend(picture, np.maximum(lines, halo), 190, u, v)

    return paint


def turned_leaves(size: Size, chance: np.random.Generator) -> Painter:
    """Whatever is green turned to orange and red, and nothing else."""
    # Green lies where both U and V are low; raising V alone by how low both are makes it orange.
    lack = _bytes(NEUTRAL - CODES, 0, 255)
    push = _bytes(CODES * 3.0, 0, 110)

    def paint(picture: Frame, seconds: float) -> Frame:
        green = np.minimum(look_up(picture.u, lack), look_up(picture.v, lack))
        v = np.minimum(picture.v, 255 - 110) + look_up(green, push)
        return Frame(picture.y, picture.u, np.minimum(np.where(green > 0, v, picture.v), 240))

    return paint


def sway(size: Size, chance: np.random.Generator) -> Painter:
    """Rows that swing sideways, as seen through water."""
    reach = size.width / 420
    rows = np.arange(0, size.height, 2)

    def paint(picture: Frame, seconds: float) -> Frame:
        phase = rows / size.height * 18 + seconds * 2.2
        swing = reach * (np.sin(phase) + 0.5 * np.sin(2.3 * phase + 1))
        steps = np.rint(swing / 2).astype(int).tolist()
        moved = [np.empty_like(plane) for plane in (picture.y, picture.u, picture.v)]
        for index, step in enumerate(steps):
            two, one = np.s_[2 * index : 2 * index + 2], np.s_[index : index + 1]
            shift(picture.y[two], moved[0][two], 2 * step)
            shift(picture.u[one], moved[1][one], step)
            shift(picture.v[one], moved[2][one], step)
        return Frame(*moved)

    return paint


def shift(source: Plane, target: Plane, step: int) -> None:
    """Copy rows `step` pixels to the right, the edge pixel filling the gap."""
    if step > 0:
        target[:, step:], target[:, :step] = source[:, :-step], source[:, :1]
    elif step < 0:
        target[:, :step], target[:, step:] = source[:, -step:], source[:, -1:]
    else:
        target[:] = source


def soften(plane: Plane, reach: int) -> Plane:
    """A blur of about `reach` pixels made of pairwise averages, which stay in bytes."""
    out = plane.copy()
    for turned in (out, out.T):
        for step in (reach, 2 * reach):
            turned[step:] = _mean(turned[step:], turned[:-step])
            turned[:-step] = _mean(turned[:-step], turned[step:])
    return out


def edges(plane: Plane, reach: int) -> Plane:
    """How much each pixel differs from its neighbours `reach` away, to the right and below."""
    out = np.zeros_like(plane)
    for turned, result in ((plane, out), (plane.T, out.T)):
        near, far = turned[:-reach], turned[reach:]
        step = np.maximum(near, far) - np.minimum(near, far)
        np.maximum(result[:-reach], step, out=result[:-reach])
    return out


def _mean(a: Plane, b: Plane) -> Plane:
    return (a & b) + ((a ^ b) >> 1)


def _bytes(values: np.typing.NDArray[np.float64], low: int, high: int) -> bytes:
    return np.clip(values, low, high).astype(np.uint8).tobytes()
