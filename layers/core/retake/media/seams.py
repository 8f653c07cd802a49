"""How much a film steps in brightness and colour at its joins."""

from collections.abc import Sequence
from math import hypot

import av
from av.video.reformatter import Interpolation

_SIDE = 8
TENTHS = 10  # of a shade of 255, in which tones are kept

# Mean brightness and colours (Y, U, V) of a frame, in tenths of a shade.
Tone = tuple[int, int, int]


def tone_of(picture: av.VideoFrame) -> Tone:
    """The mean of a frame."""
    small = picture.reformat(
        width=_SIDE, height=_SIDE, format="yuv444p", interpolation=Interpolation.AREA
    )
    means = []
    for plane in small.planes:
        raw, line = bytes(plane), plane.line_size
        values = [raw[row * line + at] for row in range(_SIDE) for at in range(_SIDE)]
        means.append(round(TENTHS * sum(values) / len(values)))
    return means[0], means[1], means[2]


def step(before: Sequence[int], after: Sequence[int]) -> dict[str, float]:
    """From one frame to the next, in shades of 255."""
    return {
        "brightness": round(abs(after[0] - before[0]) / TENTHS, 1),
        "colour": round(hypot(after[1] - before[1], after[2] - before[2]) / TENTHS, 1),
    }
