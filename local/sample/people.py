"""People who walk: the place picks the pose, so that no foot slides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from local.fake_model.stage import Sprite, Stage, sprite
from local.sample.pen import Colour, Pen, Point, shaded

STRIDE = 1.5
"""Metres of two steps."""
POSES = 36
"""Drawings of one stride; more would not look smoother at thirty frames a second."""


@dataclass(frozen=True)
class Clothes:
    """What one person wears, and how tall they are in metres."""

    coat: Colour
    trousers: Colour
    hair: Colour
    skin: Colour
    tall: float = 1.74
    bag: Colour | None = None
    skirt: bool = False


WARDROBE: tuple[Clothes, ...] = (
    Clothes((164, 62, 54), (46, 52, 70), (52, 36, 28), (226, 180, 150), 1.7, (92, 66, 48)),
    Clothes((54, 74, 104), (72, 70, 66), (30, 26, 24), (150, 104, 78), 1.8),
    Clothes((206, 176, 118), (58, 46, 44), (138, 92, 50), (232, 190, 160), 1.66, None, True),
    Clothes((70, 102, 84), (40, 44, 52), (96, 90, 86), (206, 160, 130), 1.76, (48, 48, 52)),
    Clothes((222, 218, 208), (84, 96, 120), (36, 28, 26), (120, 82, 60), 1.72),
    Clothes(
        (112, 78, 124), (36, 38, 46), (168, 116, 64), (228, 184, 156), 1.62, (176, 60, 56), True
    ),
)


@dataclass(frozen=True)
class Walker:
    """A person's drawings through one stride of that many pixels, and the shadow underfoot."""

    steps: Sequence[Sprite]
    shadow: Sprite
    stride: float

    def enter(self, stage: Stage, middle: float, ground: float) -> None:
        """Put the person on stage with their feet at height `ground`."""
        x, y = round(middle), round(ground)
        drawing = self.steps[int(middle / self.stride * len(self.steps)) % len(self.steps)]
        stage.put(self.shadow, x - self.shadow.width // 3, y - self.shadow.height // 2)
        stage.put(drawing, x - drawing.width // 2, y - drawing.height + 2)


def walker(clothes: Clothes, metre: float, leftwards: bool) -> Walker:
    """A person at a scale of `metre` pixels to a metre."""
    count = min(max(round(STRIDE * metre), 8), POSES)
    steps = []
    for index in range(count):
        drawn = _pose(clothes, metre, 2 * np.pi * index / count)
        steps.append(sprite(ImageOps.mirror(drawn) if leftwards else drawn))
    if leftwards:
        steps = [steps[-index % count] for index in range(count)]
    shadow = Image.new("L", (round(1.5 * metre), round(0.5 * metre)))
    ImageDraw.Draw(shadow).ellipse(
        (0.2 * metre, 0.16 * metre, 1.35 * metre, 0.32 * metre), fill=120
    )
    dark = Image.new("RGBA", shadow.size, (20, 22, 28, 0))
    dark.putalpha(shadow.filter(ImageFilter.GaussianBlur(0.06 * metre)))
    return Walker(steps, sprite(dark), STRIDE * metre)


def _pose(clothes: Clothes, metre: float, phase: float) -> Image.Image:
    size = (round(1.3 * metre), round((clothes.tall + 0.12) * metre) + 2)
    pen = Pen(size, metre, -size[0] / metre / 2, -clothes.tall - 0.12, finer=3)
    grow = clothes.tall / 1.74
    lift = 0.025 * np.cos(2 * phase) - 0.02
    hip: Point = (0.0, float(-0.9 * grow - lift))
    neck: Point = (0.035, hip[1] - 0.54 * grow)
    far = 0.68
    _arm(pen, neck, -phase_swing(phase), clothes, far)
    _leg(pen, hip, phase + np.pi, clothes, far, grow)
    if clothes.bag:
        _bag(pen, hip, clothes.bag)
    _leg(pen, hip, phase, clothes, 1.0, grow)
    coat = clothes.coat
    hem = hip[1] + (0.24 if clothes.skirt else 0.1)
    wide = 0.2 if clothes.skirt else 0.15
    sway = 0.03 * float(np.sin(phase))
    torso = [
        (neck[0] - 0.1, neck[1] + 0.02),
        (neck[0] + 0.11, neck[1] + 0.03),
        (0.15, hip[1] - 0.22),
        (0.13, hip[1] - 0.04),
        (wide + sway, hem),
        (-wide + sway, hem),
        (-0.13, hip[1] - 0.06),
        (-0.15, neck[1] + 0.16),
    ]
    pen.fade(torso, shaded(coat, 1.12), shaded(coat, 0.78))
    pen.line([(neck[0], neck[1] + 0.03), (neck[0] + 0.015, neck[1] - 0.08)], clothes.skin, 0.1)
    head = (neck[0] + 0.03, neck[1] - 0.19 * grow)
    pen.disc(head[0] - 0.02, head[1] - 0.015, 0.108, clothes.hair, 0.132)
    pen.disc(head[0] + 0.025, head[1] + 0.012, 0.084, clothes.skin, 0.112)
    pen.disc(head[0] + 0.11, head[1] + 0.02, 0.018, clothes.skin, 0.025)
    pen.disc(head[0] - 0.015, head[1] - 0.08, 0.105, clothes.hair, 0.068)
    if clothes.skirt:
        pen.line([(head[0] - 0.09, head[1]), (head[0] - 0.1, head[1] + 0.16)], clothes.hair, 0.08)
    _arm(pen, neck, phase_swing(phase), clothes, 0.9)
    return pen.done()


def phase_swing(phase: float) -> float:
    """How far the near arm swings forward, in radians: against the near leg."""
    return float(-0.42 * np.sin(phase))


def _leg(pen: Pen, hip: Point, phase: float, clothes: Clothes, light: float, grow: float) -> None:
    thigh = 0.46 * np.sin(phase)
    # The knee bends while the leg swings forward and hardly while it carries.
    bend = 0.12 + 0.85 * max(0.0, float(np.cos(phase))) ** 1.5
    knee = (
        float(hip[0] + 0.43 * grow * np.sin(thigh)),
        float(hip[1] + 0.43 * grow * np.cos(thigh)),
    )
    shin = thigh - bend
    foot = (
        float(knee[0] + 0.42 * grow * np.sin(shin)),
        float(knee[1] + 0.42 * grow * np.cos(shin)),
    )
    tone = shaded(clothes.trousers, light)
    pen.line([hip, knee], tone, 0.17)
    pen.line([knee, foot], shaded(tone, 0.94), 0.115)
    toe = (
        foot[0] + 0.17 * float(np.cos(shin * 0.6)),
        foot[1] + 0.02 - 0.12 * float(np.sin(shin * 0.6)),
    )
    pen.line([(foot[0] - 0.02, foot[1] + 0.02), toe], shaded((48, 38, 34), light), 0.085)


def _arm(pen: Pen, neck: Point, swing: float, clothes: Clothes, light: float) -> None:
    shoulder = (neck[0], neck[1] + 0.09)
    elbow = (shoulder[0] + 0.29 * float(np.sin(swing)), shoulder[1] + 0.29 * float(np.cos(swing)))
    lower = swing + 0.28
    hand = (elbow[0] + 0.25 * float(np.sin(lower)), elbow[1] + 0.25 * float(np.cos(lower)))
    tone = shaded(clothes.coat, light * 0.92)
    pen.line([shoulder, elbow], tone, 0.11)
    pen.line([elbow, hand], shaded(tone, 0.95), 0.09)
    pen.disc(hand[0], hand[1] + 0.02, 0.048, shaded(clothes.skin, light))


def _bag(pen: Pen, hip: Point, colour: Colour) -> None:
    left, top = hip[0] - 0.27, hip[1] - 0.3
    pen.fade(
        [(left, top), (left + 0.2, top - 0.05), (left + 0.2, top + 0.3), (left - 0.01, top + 0.26)],
        shaded(colour, 1.1),
        shaded(colour, 0.7),
    )
