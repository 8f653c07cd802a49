"""How the coded pictures of a clip are shown."""

import math
from collections.abc import Sequence
from fractions import Fraction

from retake.domain.values import dataclass

SQUARE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Display:
    """What a player does to a coded picture before it is seen, in this order.

    It cuts out the clean aperture (`crop`: left, top, width, height), makes the pixels square
    (`pixel_aspect` is their width by their height), mirrors left and right, and turns clockwise.
    """

    width: int
    height: int
    pixel_aspect: Fraction = SQUARE
    is_mirrored: bool = False
    rotation_degrees: int = 0
    crop: tuple[int, int, int, int] | None = None

    @property
    def sides(self) -> tuple[int, int]:
        """Width and height as shown, in square pixels: the lines stay, the columns change."""
        _, _, width, height = self.crop or (0, 0, self.width, self.height)
        wide = max(1, round(width * self.pixel_aspect))
        return (height, wide) if self.rotation_degrees % 180 else (wide, height)


def turn_of(matrix: Sequence[float]) -> tuple[bool, int]:
    """Whether a transformation (a, b, c, d) mirrors, and how far it turns clockwise: 0 to 270.

    A point (x, y) goes to (ax + cy, bx + dy), y counting downwards (ISO/IEC 14496-12, 6.2.2).
    """
    a, b, c, d = matrix
    is_mirrored = a * d - b * c < 0
    if is_mirrored:
        a, b = -a, -b  # what is left after left and right were changed
    return is_mirrored, round(math.degrees(math.atan2(b, a)) / 90) * 90 % 360


def sensible(aspect: Fraction | None) -> Fraction:
    """A pixel aspect that cameras have; one that no camera has is a broken field, and is square."""
    return aspect if aspect and Fraction(1, 4) <= aspect <= 4 else SQUARE
