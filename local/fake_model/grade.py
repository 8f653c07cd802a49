"""Colour grades: a tone curve, a turn of the colours and a tint, applied by table lookups."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local.fake_model.picture import BLACK, NEUTRAL, WHITE, Frame, Painter, Plane, Size

Tint = tuple[float, float, float]
Floats = NDArray[np.float64]

# Rows give U and V of an RGB offset, ITU-R BT.709.
RGB_TO_UV = np.array([[-0.1146, -0.3854, 0.5], [0.5, -0.4542, -0.0458]])
LIGHT = np.linspace(0.0, 1.0, 256)


@dataclass(frozen=True)
class Grade:
    """A grade over luma 0..1 and chroma -0.5..0.5; two of them in a row are again one.

    `tone` is the new luma at 256 steps of the old one, `turn` a 2x2 matrix over (U, V), `tint` of
    shape (256, 2) the chroma added at each old luma.
    """

    tone: Floats
    turn: Floats
    tint: Floats

    def then(self, later: "Grade") -> "Grade":
        """The one grade that does what this and then `later` would do."""
        tone = np.interp(self.tone, LIGHT, later.tone)
        added = np.stack([np.interp(self.tone, LIGHT, later.tint[:, i]) for i in (0, 1)], axis=1)
        return Grade(tone, later.turn @ self.turn, self.tint @ later.turn.T + added)

    def brush(self, size: Size, chance: np.random.Generator) -> Painter:
        """A painter that applies this grade."""
        code_light = np.clip((np.arange(256) - BLACK) / (WHITE - BLACK), 0, 1)
        tone = np.interp(code_light, LIGHT, self.tone) * (WHITE - BLACK) + BLACK
        tone_table = _table(np.clip(tone, BLACK, WHITE))
        codes = np.arange(256) - NEUTRAL
        # Each chroma code is the sum of three bytes: from U, from V and from the old luma.
        tables = []
        for row in (0, 1):
            tint = np.interp(code_light, LIGHT, self.tint[:, row]) * 224
            from_u = _table(np.clip(self.turn[row, 0] * codes + NEUTRAL, 0, 255))
            from_v = _table(np.clip(self.turn[row, 1] * codes + NEUTRAL, 0, 255))
            tables.append((from_u, from_v, _table(np.clip(tint + NEUTRAL, 0, 255))))

        def paint(picture: Frame, seconds: float) -> Frame:
            dim = np.ascontiguousarray(picture.y[::2, ::2])
            chroma = []
            for from_u, from_v, from_y in tables:
                total = np.add(look_up(picture.u, from_u), look_up(dim, from_y), dtype=np.int16)
                total += look_up(picture.v, from_v)
                total -= 2 * NEUTRAL
                chroma.append(np.clip(total, BLACK, 240, out=total).astype(np.uint8))
            return Frame(look_up(picture.y, tone_table), *chroma)

        return paint


def grade(  # noqa: PLR0913  the knobs of a grading desk, all with a default
    *,
    exposure: float = 1.0,
    gamma: float = 1.0,
    contrast: float = 1.0,
    lift: float = 0.0,
    saturation: float = 1.0,
    hue_degrees: float = 0.0,
    shadows: Tint = (0, 0, 0),
    highlights: Tint = (0, 0, 0),
) -> Grade:
    """A grade in a colourist's words; tints are RGB offsets of at most about 0.5."""
    tone = exposure * LIGHT**gamma
    tone = np.clip(lift + (1 - lift) * (0.5 + (tone - 0.5) * contrast), 0, 1)
    angle = np.radians(hue_degrees)
    turn = saturation * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    bright = LIGHT[:, None]
    colour = np.array(shadows) * (1 - bright) + np.array(highlights) * bright
    return Grade(tone, turn, colour @ RGB_TO_UV.T)


def look_up(plane: Plane, table: bytes) -> Plane:
    """Every byte of the plane replaced by its entry in the table of 256."""
    # bytes.translate is 2.5 times as fast as numpy's own indexing here.
    return np.frombuffer(plane.tobytes().translate(table), np.uint8).reshape(plane.shape)


def _table(values: Floats) -> bytes:
    return np.rint(values).astype(np.uint8).tobytes()
