"""The camera: scenery, cars and people put together frame by frame, and the sound beside them."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from local.fake_model.film import Reel, written
from local.fake_model.picture import Frame, Plane, Size, of_rgb
from local.fake_model.sound import play
from local.fake_model.stage import Sprite, Stage, sprite
from local.sample import street
from local.sample.ambience import RATE, Passing, ambience
from local.sample.pen import Colour, Pen
from local.sample.people import WARDROBE, Walker, walker
from local.sample.traffic import SHAPES, Car, car

MARGIN = 24
"""Scene units drawn beyond the frame on each side: room for the camera to drift in."""
PAINTS: tuple[Colour, ...] = (
    (176, 34, 36), (38, 74, 128), (206, 208, 212), (58, 62, 68), (222, 176, 62), (44, 104, 92),
)  # fmt: skip


def make_clip(
    destination: Path,
    *,
    duration_seconds: float = 5.0,
    width: int = 1280,
    height: int = 720,
    fps: int = 30,
    sound: bool = True,
    seed: int = 0,
) -> Path:
    """Write a street scene (H.264, AAC stereo) and return where it lies.

    The same seed gives the same street. Raises ValueError when a side is odd or below 64 pixels.
    """
    if width % 2 or height % 2 or min(width, height) < 64:
        raise ValueError(f"{width}x{height} is no frame size: both sides even, 64 pixels or more.")
    count = max(round(duration_seconds * fps), 1)
    scene = _Scene(Size(width, height), count / fps, np.random.default_rng(seed))
    with written(destination) as print_:
        reel = Reel(print_, Fraction(fps), Fraction(1, fps))
        reel.load(Size(width, height))
        if sound:
            voice = print_.add_stream("aac", rate=RATE, layout="stereo")
            voice.bit_rate = 128_000
        for index in range(count):
            reel.show(scene.at(index / fps), index, 1)
        reel.close()
        if sound:
            heard = ambience(count / fps, scene.passings, np.random.default_rng(seed + 1))
            play(print_, voice, heard.astype(np.float32))
    return destination


@dataclass(frozen=True)
class _Drive:
    """One car's way through the scene: when its middle passes the middle, in pixels a second."""

    car: Car
    passes: float
    speed: float
    road: float


@dataclass(frozen=True)
class _Walk:
    """One person's way through the scene, in pixels and pixels a second."""

    walker: Walker
    start: float
    speed: float
    ground: float


class _Scene:
    """Everything in front of the camera for one clip; what stands still is drawn once."""

    def __init__(self, size: Size, seconds: float, chance: np.random.Generator) -> None:
        self._size = size
        self._unit = unit = size.height / 720
        self._margin = margin = round(MARGIN * unit / 2) * 2
        self._whole = (size.width + 2 * margin, size.height + 2 * margin)
        self._left = 640 - (size.width / 2 + margin) / unit
        right = 640 + (size.width / 2 + margin) / unit
        bottom = 720 + MARGIN
        self._sky = of_rgb(np.asarray(street.sky(Size(*self._whole), chance)))
        pen = Pen(self._whole, unit, self._left, -MARGIN)
        street.skyline(pen, self._left, right, chance)
        street.houses(pen, self._left, right, chance)
        street.ground(pen, self._left, right, bottom, chance)
        self._posts = self._greenery(pen, right, chance)
        drawn = pen.done()
        # Below this row nothing shows the sky, and the backdrop alone will do.
        clear = np.asarray(drawn.getchannel("A")).min(axis=1) < 255
        self._open = (int(np.flatnonzero(clear).max(initial=0)) // 2 + 1) * 2
        self._backdrop = of_rgb(np.asarray(drawn.convert("RGB")))
        self._houses = sprite(drawn.crop((0, 0, self._whole[0], self._open)))
        self._drives = self._traffic(seconds, chance)
        self._walks = self._crowd(chance)
        self._grain = np.rint(chance.normal(0, 1.5, (size.height + 64, size.width + 64))).astype(
            np.int16
        )
        self._dice = chance
        self.passings = [
            Passing(drive.passes, drive.car.leftwards, 0.6 if drive.car.leftwards else 1.0)
            for drive in self._drives
        ]

    def at(self, seconds: float) -> Frame:
        """The frame that the camera sees at a time."""
        wide, middle = self._whole[0], self._whole[0] / 2
        drift = round(seconds * 7 * self._unit / 2) % (wide // 2) * 2
        planes = zip(_planes(self._backdrop), _planes(self._sky), (1, 2, 2), strict=True)
        picture = Frame(
            *(_under(sky, back, drift // by, self._open // by) for back, sky, by in planes)
        )
        stage = Stage(picture)
        stage.put(self._houses, 0, 0)
        far = [walk for walk in self._walks if walk.ground < self._down(street.MIDDLE)]
        for walk in far:
            walk.walker.enter(stage, walk.start + walk.speed * seconds, walk.ground)
        stage.put(self._posts[0], 0, self._posts[1])
        for drive in self._drives:
            way = drive.speed * (seconds - drive.passes)
            left = middle + (-way if drive.car.leftwards else way) - drive.car.width / 2
            drive.car.enter(stage, left, drive.road, way)
        for walk in self._walks[len(far) :]:
            walk.walker.enter(stage, walk.start + walk.speed * seconds, walk.ground)
        return self._exposed(stage, seconds)

    def _exposed(self, stage: Stage, seconds: float) -> Frame:
        # A hand never holds quite still: two slow waves a side, which never repeat together.
        x = self._margin * (1 + 0.72 * np.sin(0.5 * seconds - 0.9) + 0.08 * np.sin(2.9 * seconds))
        y = self._margin * (1 + 0.3 * np.sin(0.8 * seconds) + 0.07 * np.sin(3.7 * seconds + 1))
        picture = stage.seen(float(x), float(y), self._size)
        top, left = self._dice.integers(64), self._dice.integers(64)
        grain = self._grain[top : top + self._size.height, left : left + self._size.width]
        noisy = np.clip(picture.y + grain, 16, 235).astype(np.uint8)
        return Frame(noisy, picture.u, picture.v)

    def _down(self, units: float) -> float:
        return (units + MARGIN) * self._unit

    def _greenery(self, pen: Pen, right: float, chance: np.random.Generator) -> tuple[Sprite, int]:
        tall, foot = 250, 500
        top = round(self._down(foot - tall))
        front = Pen((self._whole[0], round(tall * self._unit)), self._unit, self._left, foot - tall)
        for index, x in enumerate(np.arange(self._left + 90, right, 164.0)):
            if index % 2:
                street.lamp(front, float(x), 499)
            else:
                street.shade_of_tree(pen, float(x), 493)
                street.tree(front, float(x), 493, chance)
        return sprite(front.done()), top

    def _traffic(self, seconds: float, chance: np.random.Generator) -> list[_Drive]:
        drives = []
        number = int(chance.integers(6))
        for road, first, gap, leftwards in ((562.0, 0.7, 2.3, True), (672.0, 1.5, 2.9, False)):
            metre = street.metre_at(road) * self._unit
            passes = first
            while passes < seconds + 2.5:
                shape = SHAPES[(number + leftwards) % len(SHAPES)]
                made = car(shape, PAINTS[number % len(PAINTS)], metre, leftwards)
                drives.append(_Drive(made, passes, 6.4 * metre, self._down(road)))
                passes += gap + float(chance.uniform(-0.2, 0.4))
                number += 1
        return drives

    def _crowd(self, chance: np.random.Generator) -> list[_Walk]:
        walks = []
        grounds = [*np.linspace(455, 486, len(WARDROBE)).tolist(), 719.0]
        places = chance.permutation(len(WARDROBE)).tolist()
        for index, ground in enumerate(grounds):
            near = ground > street.NEAR_KERB
            metre = street.metre_at(ground) * self._unit
            leftwards = bool(near or chance.random() < 0.5)
            made = walker(WARDROBE[(index * 5 + 2) % len(WARDROBE)], metre, leftwards)
            pace = float(chance.uniform(1.2, 1.5)) * metre
            share = 0.93 if near else (places[index] + 0.5) / len(places)
            start = self._whole[0] * (share + (0.1 if leftwards else -0.1))
            walks.append(_Walk(made, start, -pace if leftwards else pace, self._down(ground)))
        return walks


def _planes(picture: Frame) -> tuple[Plane, Plane, Plane]:
    return picture.y, picture.u, picture.v


def _under(sky: Plane, backdrop: Plane, drift: int, rows: int) -> Plane:
    plane = backdrop.copy()
    plane[:rows] = sky[:rows, drift : drift + plane.shape[1]]
    return plane
