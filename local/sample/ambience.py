"""The sound of a street: wind, distant traffic, the hum of each passing car and some birds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
"""Samples a second."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Passing:
    """A car as it is heard: when it is nearest, which way it goes, how near it comes."""

    seconds: float
    leftwards: bool
    loudness: float


def ambience(seconds: float, passings: Sequence[Passing], chance: np.random.Generator) -> Floats:
    """Two channels of `seconds` of sound, shape (2, samples), within -1 and 1."""
    count = max(round(seconds * RATE), 1)
    time = np.arange(count) / RATE
    gusts = 0.75 + 0.25 * np.sin(2 * np.pi * time / 3.7 + chance.uniform(0, 6))
    bed = np.stack([_noise(count, chance, 220, 1.1) * gusts for _ in range(2)]) * 0.055
    bed += np.stack([_noise(count, chance, 2600, 0.6) * gusts[::-1] for _ in range(2)]) * 0.007
    for passing in passings:
        bed += _car(time, passing, chance)
    for _ in range(max(int(seconds * 0.7), 1)):
        bed += _bird(time, float(chance.uniform(0.2, max(seconds - 0.6, 0.3))), chance)
    # Cut sound would click at both ends.
    ends = np.minimum(np.minimum(time, time[::-1]) / 0.08, 1)
    mixed: Floats = np.tanh(bed * 1.6) * ends
    return mixed


def _noise(count: int, chance: np.random.Generator, middle_hertz: float, octaves: float) -> Floats:
    spectrum = np.fft.rfft(chance.normal(size=count))
    hertz = np.fft.rfftfreq(count, 1 / RATE).clip(1)
    shape = np.exp(-((np.log2(hertz / middle_hertz) / octaves / 1.4) ** 2))
    sound: Floats = np.fft.irfft(spectrum * shape, count)
    return sound / max(float(np.abs(sound).std()) * 3, 1e-9)


def _car(time: Floats, passing: Passing, chance: np.random.Generator) -> Floats:
    away = time - passing.seconds
    near = 1 / (1 + (away / 0.62) ** 2)
    pitch = 1 - 0.06 * np.tanh(away / 0.5)
    base = chance.uniform(58, 84)
    turns = np.cumsum(base * pitch) / RATE * 2 * np.pi
    engine = sum(np.sin(part * turns + part) / part**1.2 for part in (1, 2, 3, 4, 6))
    tyres = _noise(len(time), chance, 900, 1.2)
    sound = (0.05 * engine + 0.17 * tyres) * near * passing.loudness
    side = np.tanh(away / 0.7) * (-1 if passing.leftwards else 1) * 0.7
    stereo: Floats = np.stack([sound * np.sqrt((1 - side) / 2), sound * np.sqrt((1 + side) / 2)])
    return stereo


def _bird(time: Floats, start: float, chance: np.random.Generator) -> Floats:
    total = np.zeros_like(time)
    base = chance.uniform(3000, 4600)
    for note in range(int(chance.integers(2, 5))):
        away = time - start - note * 0.13
        sweep = base + 900 * np.sin(away * 26)
        total += np.sin(2 * np.pi * sweep * away) * np.exp(-(((away - 0.05) / 0.026) ** 2))
    side = chance.uniform(0.25, 0.75)
    stereo: Floats = np.stack([total * (1 - side), total * side]) * 0.022
    return stereo
