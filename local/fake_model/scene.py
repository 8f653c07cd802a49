"""Pictures that no clip gave: a slow move over reference images, or over hills at the horizon."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from local.fake_model.film import Reel, written
from local.fake_model.picture import Frame, Plane, Size, of_rgb
from local.fake_model.reference import read_image
from local.fake_model.sound import play
from local.fake_model.stage import Sprite, Stage, sprite
from local.fake_model.treatments import painter_for, seed_of

FRAMES_PER_SECOND, SAMPLE_RATE = 30, 48_000
SIZES = {"16:9": Size(1280, 720), "9:16": Size(720, 1280), "1:1": Size(960, 960)}
ROOM = 1.25
"""How much larger than the frame an image is held, so that the camera can move over it."""

FADE = 0.85
"""The share of an image's time after which the next one shows through."""
RIDGES = 5

Floats = NDArray[np.float64]
View = Callable[[float], Frame]
"""What the camera sees at a share of the whole clip, from 0 to 1."""


def imagine(
    destination: Path,
    *,
    prompt: str,
    images: Sequence[Path],
    duration_seconds: int,
    aspect_ratio: str,
    sound: bool,
    is_stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Write an mp4 that shows the images one after another, treated as the prompt asks.

    Without images it shows a landscape of the prompt's own. Raises ValueError for an unknown
    aspect ratio or a file that is no picture, and Stopped as soon as `is_stopped`.
    """
    if aspect_ratio not in SIZES:
        raise ValueError(f"{aspect_ratio!r} is none of the ratios {', '.join(SIZES)}.")
    size = SIZES[aspect_ratio]
    chance = np.random.default_rng(seed_of(prompt))
    view = slides(images, size) if images else landscape(size, chance)
    paint = painter_for(prompt, size)
    count = duration_seconds * FRAMES_PER_SECOND
    with written(destination) as print_:
        step = Fraction(1, FRAMES_PER_SECOND)
        reel = Reel(print_, Fraction(FRAMES_PER_SECOND), step, is_stopped)
        reel.load(size)
        voice = print_.add_stream("aac", rate=SAMPLE_RATE, layout="stereo") if sound else None
        for index in range(count):
            picture = view(index / max(count - 1, 1))
            reel.show(paint(picture, index / FRAMES_PER_SECOND), index, 1)
        reel.close()
        if voice:
            play(print_, voice, _chord(duration_seconds, chance))


def slides(images: Sequence[Path], size: Size) -> View:
    """A view that glides over each image in turn and fades from one to the next."""
    held = [Stage(of_rgb(np.asarray(_fitted(path, size)))) for path in images]
    room = held[0].picture.size

    def glide(index: int, along: float) -> Frame:
        # Every second image is left the other way, so that the cut shows.
        way = 0.02 + 0.96 * (along if index % 2 == 0 else 1 - along)
        return held[index].seen(
            (room.width - size.width) * way, (room.height - size.height) * (1 - way), size
        )

    def seen(share: float) -> Frame:
        place = min(share * len(held), len(held) - 1e-6)
        index, along = int(place), place % 1
        shown = glide(index, along)
        if along > FADE and index + 1 < len(held):
            shown = mixed(shown, glide(index + 1, 0), (along - FADE) / (1 - FADE))
        return shown

    return seen


def _fitted(path: Path, size: Size) -> Image.Image:
    room = (round(size.width * ROOM / 2) * 2, round(size.height * ROOM / 2) * 2)
    return ImageOps.fit(read_image(path), room, Image.Resampling.LANCZOS)


def mixed(before: Frame, after: Frame, share: float) -> Frame:
    """Two pictures over each other, `share` of the later one from 0 to 1."""
    late = round(share * 256)

    def plane(first: Plane, second: Plane) -> Plane:
        total = np.multiply(first, 256 - late, dtype=np.uint16)
        total += np.multiply(second, late, dtype=np.uint16)
        return (total >> 8).astype(np.uint8)

    return Frame(plane(before.y, after.y), plane(before.u, after.u), plane(before.v, after.v))


def landscape(size: Size, chance: np.random.Generator) -> View:
    """Ridges behind ridges under a low sun; the near ones pass faster than the far ones."""
    hue = chance.uniform(0, 2 * np.pi)
    base = 0.5 + 0.2 * np.cos(hue + np.array([0.0, 2.1, 4.2]))
    pale = 0.55 * np.array([1.0, 0.86, 0.7]) + 0.45 * base
    behind = _sunrise(size, base, pale)
    ridges = []
    for depth in range(RIDGES):
        near = (depth + 1) / RIDGES
        tone = pale * (1 - near) * 0.85 + base * 0.42 * near
        ridges.append(_ridge(size, 0.5 + 0.1 * depth, near, tone, chance))

    def seen(share: float) -> Frame:
        stage = Stage(Frame(behind.y.copy(), behind.u.copy(), behind.v.copy()))
        for ridge, top in ridges:
            stage.put(ridge, -round((ridge.width - size.width) * share), top)
        return stage.picture

    return seen


def _sunrise(size: Size, base: Floats, pale: Floats) -> Frame:
    down = np.linspace(0, 1, size.height)[:, None, None] ** 0.8
    sky = np.clip(base * 0.85 + 0.12, 0, 1) * (1 - down) + np.clip(pale + 0.2, 0, 1) * down
    rows, columns = np.mgrid[: size.height, : size.width]
    away = np.hypot(columns - size.width * 0.66, rows - size.height * 0.42) / size.height
    disc = np.clip((0.05 - away) * size.height / 2, 0, 1)
    glow = np.clip(np.exp(-away * 4) * 0.7 + disc, 0, 1)[..., None]
    lit = sky * (1 - glow) + glow * (1, 0.95, 0.8)
    return of_rgb((lit * 255).clip(0, 255).astype(np.uint8))


def _ridge(
    size: Size, level: float, near: float, tone: Floats, chance: np.random.Generator
) -> tuple[Sprite, int]:
    width = round(size.width * (1 + 0.35 * near))
    along = np.arange(width) / size.height
    line = np.full(width, level)
    for octave in range(1, 8):
        tall = (0.05 + 0.05 * near) / octave**1.35
        line += (
            tall * np.sin(along * 1.9 * octave + chance.uniform(0, 6.3)) * chance.uniform(0.4, 1)
        )
    # What lies lower is hidden by the nearer ridges; only the nearest reaches the frame's edge.
    top = int(line.min() * size.height) // 2 * 2
    bottom = size.height if near == 1 else min(top + int(0.42 * size.height), size.height)
    depth = np.arange(top, bottom)[:, None] / size.height - line
    pixels = np.empty((*depth.shape, 4))
    # Mist gathers at the foot of each ridge, where the next one stands before it.
    light = 1 + (1 - near) * np.clip(depth * 1.6, 0, 0.5)
    pixels[..., :3] = np.clip(tone * light[..., None], 0, 1)
    pixels[..., 3] = np.clip(depth * size.height, 0, 1)
    return sprite(Image.fromarray((pixels * 255).astype(np.uint8), "RGBA")), top


def _chord(seconds: float, chance: np.random.Generator) -> NDArray[np.float32]:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    root = 110 * 2 ** (chance.integers(0, 12) / 12)
    sound = np.zeros((2, time.size))
    for ratio in (1, 1.5, 2, 2.5, 3):
        for side, detune in enumerate((0.998, 1.002)):
            swell = 0.6 + 0.4 * np.sin(2 * np.pi * time * chance.uniform(0.08, 0.2))
            sound[side] += np.sin(2 * np.pi * root * ratio * detune * time) * swell / ratio
    fade = np.minimum(np.minimum(time, time[::-1]) / 0.4, 1)
    return (sound * fade * 0.09).astype(np.float32)
