"""Which words of a prompt mean which treatment, and the colour grade of a prompt without any."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from local.fake_model import brushes, weather
from local.fake_model.grade import Grade, grade
from local.fake_model.picture import Brush, Frame, Painter, Size
from local.fake_model.reference import reference_brushes


@dataclass(frozen=True)
class Treatment:
    """One look: the words that ask for it, and how it redraws, grades and covers the picture.

    When several meet in one prompt all redraw first, then all grade, then all cover.
    """

    name: str
    words: str
    grade: Grade | None = None
    redraw: Brush | None = None
    overlay: Brush | None = None


TREATMENTS: tuple[Treatment, ...] = (
    Treatment("mirror", "mirror mirrored flip flipped", redraw=brushes.mirror),
    Treatment(
        "cartoon",
        "cartoon anime comic manga animated",
        grade(gamma=0.92, contrast=1.08, saturation=1.6),
        redraw=brushes.cartoon,
    ),
    Treatment("sketch", "sketch sketched pencil drawing drawn charcoal", redraw=brushes.sketch),
    Treatment("pixel", "pixel pixels pixelated pixel-art 8-bit", redraw=brushes.pixel),
    Treatment(
        "dusk",
        "dusk sunset evening twilight golden-hour",
        grade(
            exposure=0.72,
            gamma=1.25,
            saturation=0.62,
            shadows=(0.02, -0.03, 0.12),
            highlights=(0.34, 0.02, -0.26),
        ),
        overlay=weather.low_sun,
    ),
    Treatment(
        "night",
        "night midnight nighttime moonlight moonlit nocturnal",
        grade(
            exposure=0.46,
            gamma=1.45,
            contrast=1.08,
            saturation=0.62,
            shadows=(-0.03, 0.0, 0.08),
            highlights=(-0.05, -0.01, 0.07),
        ),
        overlay=weather.vignette,
    ),
    Treatment(
        "noir",
        "noir monochrome black-and-white black-white grayscale greyscale",
        grade(gamma=1.15, contrast=1.45, saturation=0.0),
        overlay=weather.vignette,
    ),
    Treatment(
        "sepia",
        "sepia vintage old-film antique nostalgic 1920s",
        grade(
            contrast=1.05,
            lift=0.03,
            saturation=0.1,
            shadows=(0.09, 0.0, -0.06),
            highlights=(0.15, 0.0, -0.13),
        ),
        overlay=weather.old_film,
    ),
    Treatment(
        "snow",
        "snow snowy snowing snowfall winter wintry blizzard",
        grade(
            gamma=0.9,
            contrast=1.02,
            lift=0.04,
            saturation=0.4,
            shadows=(-0.05, 0.0, 0.08),
            highlights=(-0.04, 0.0, 0.05),
        ),
        overlay=weather.snow,
    ),
    Treatment(
        "rain",
        "rain rainy raining storm stormy downpour",
        grade(
            exposure=0.72,
            contrast=1.05,
            saturation=0.42,
            shadows=(-0.04, 0.0, 0.06),
            highlights=(-0.06, 0.0, 0.06),
        ),
        overlay=weather.rain,
    ),
    Treatment(
        "fog",
        "fog foggy mist misty haze hazy",
        grade(contrast=0.75, lift=0.1, saturation=0.5, highlights=(-0.02, 0.0, 0.02)),
        overlay=weather.fog,
    ),
    Treatment(
        "neon",
        "neon cyberpunk synthwave futuristic",
        grade(
            exposure=0.58,
            gamma=1.35,
            contrast=1.15,
            saturation=0.9,
            hue_degrees=-14,
            shadows=(0.02, -0.03, 0.14),
            highlights=(0.1, -0.1, 0.16),
        ),
        overlay=brushes.glowing_edges,
    ),
    Treatment(
        "autumn",
        "autumn autumnal fall-colours fall-colors october",
        grade(
            exposure=0.97,
            contrast=1.06,
            saturation=1.1,
            shadows=(0.04, 0.0, -0.04),
            highlights=(0.07, 0.0, -0.08),
        ),
        redraw=brushes.turned_leaves,
        overlay=weather.leaves,
    ),
    Treatment(
        "underwater",
        "underwater ocean submerged undersea aquatic",
        grade(
            exposure=0.75,
            contrast=0.9,
            saturation=0.45,
            shadows=(-0.12, 0.02, 0.14),
            highlights=(-0.3, 0.06, 0.16),
        ),
        redraw=brushes.sway,
        overlay=weather.caustics,
    ),
)


def asked_for(prompt: str) -> list[Treatment]:
    """The treatments whose words stand in the prompt, as whole words in any case."""
    # Every pair of neighbours counts as one hyphenated word too: "black and white", "golden hour".
    words = re.findall(r"[\w'-]+", prompt.lower())
    kept = [word for word in words if word != "and"]
    said = {*words, *(part for word in words for part in word.split("-"))}
    said |= {f"{first}-{second}" for first, second in pairwise(kept)}
    return [treatment for treatment in TREATMENTS if said & set(treatment.words.split())]


def painter_for(prompt: str, size: Size, images: Sequence[Path] = ()) -> Painter:
    """The painter of a whole prompt and its reference pictures, for frames of one size."""
    chosen = asked_for(prompt)
    chance = np.random.default_rng(seed_of(prompt))
    looks = [treatment.grade for treatment in chosen if treatment.grade]
    if not chosen:
        looks = [grade_of_words(prompt)]
    steps: list[Brush] = [treatment.redraw for treatment in chosen if treatment.redraw]
    if looks:
        whole = looks[0]
        for later in looks[1:]:
            whole = whole.then(later)
        steps.append(whole.brush)
    steps += [treatment.overlay for treatment in chosen if treatment.overlay]
    steps += reference_brushes(images)
    painters = [brush(size, chance) for brush in steps]

    def paint(picture: Frame, seconds: float) -> Frame:
        for painter in painters:
            picture = painter(picture, seconds)
        return picture

    return paint


def grade_of_words(prompt: str) -> Grade:
    """A strong split-toned grade that any other prompt would hardly share."""
    chance = np.random.default_rng(seed_of(prompt))
    hue = chance.uniform(0, 2 * np.pi)
    wheel = hue + np.array([0, 2, 4]) * np.pi / 3
    warm = chance.uniform(0.14, 0.24) * np.cos(wheel)
    cold = chance.uniform(0.10, 0.18) * np.cos(wheel + np.pi * chance.uniform(0.75, 1.25))
    return grade(
        exposure=chance.uniform(0.8, 1.0),
        gamma=chance.uniform(0.8, 1.35),
        contrast=chance.uniform(1.05, 1.3),
        saturation=chance.uniform(0.5, 1.3),
        hue_degrees=chance.choice([-1, 1]) * chance.uniform(15, 50),
        shadows=(cold[0], cold[1], cold[2]),
        highlights=(warm[0], warm[1], warm[2]),
    )


def seed_of(prompt: str) -> int:
    """The number that every chance in a prompt's treatment is drawn from."""
    return int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:8], "big")
