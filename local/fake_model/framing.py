"""Aspect ratios: reading them, and cutting a picture to one."""

import re
from fractions import Fraction

import numpy as np

from local.fake_model.picture import Frame

RATIO = re.compile(r"([1-9]\d{0,3}):([1-9]\d{0,3})")


def read_ratio(words: str) -> Fraction:
    """Width over height of words such as "16:9"; ValueError for anything else."""
    found = RATIO.fullmatch(words.strip())
    if not found:
        raise ValueError(f"{words!r} is not an aspect ratio such as 16:9.")
    return Fraction(int(found[1]), int(found[2]))


def crop(picture: Frame, ratio: Fraction) -> Frame:
    """The largest middle part of the picture that has the ratio, to the nearest even pixel."""
    size = picture.size
    width = min(size.width, round(size.height * ratio / 2) * 2)
    height = min(size.height, round(size.width / ratio / 2) * 2)
    width, height = max(width, 2), max(height, 2)
    left, top = (size.width - width) // 4, (size.height - height) // 4
    chroma = np.s_[top : top + height // 2, left : left + width // 2]
    return Frame(
        np.ascontiguousarray(picture.y[2 * top : 2 * top + height, 2 * left : 2 * left + width]),
        np.ascontiguousarray(picture.u[chroma]),
        np.ascontiguousarray(picture.v[chroma]),
    )
