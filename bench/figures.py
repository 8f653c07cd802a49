"""The arithmetic of a measurement: medians, their spread, and ratios within one run."""

import os
import platform
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """A median, and the middle half of the values around it; `unit` is written behind both."""

    median: float
    low: float
    high: float
    unit: str
    values: int

    @classmethod
    def of(cls, values: Sequence[float], unit: str) -> "Figure":
        """At least one value; with fewer than three the spread is their range."""
        if len(values) < 3:
            return cls(statistics.median(values), min(values), max(values), unit, len(values))
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high, unit, len(values))


def ratio(values: Sequence[float], references: Sequence[float]) -> Figure:
    """What each round's value is to the same round's reference.

    Both were taken one after the other on the same machine, so what disturbs one disturbs both.
    """
    return Figure.of([v / r for v, r in zip(values, references, strict=True)], "×")


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1)]


def slowest(values: Sequence[float], share: float, unit: str) -> Figure:
    """That percentile, and the middle half of what it would be for draws from the same values.

    A bootstrap (Efron, 1979): one percentile has no spread of its own to state.
    """
    draw = random.Random(len(values))  # no secret: the same values give the same spread
    drawn = [percentile(draw.choices(values, k=len(values)), share) for _ in range(1000)]
    spread = Figure.of(drawn, unit)
    return replace(spread, median=percentile(values, share), values=len(values))


def worst(values: Sequence[float], unit: str) -> Figure:
    """The largest of them, for a limit that none may exceed, and the middle half of them all."""
    return replace(Figure.of(values, unit), median=max(values))


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound, and what it bounds in words."""

    text: str
    met: bool
    why: str = ""  # where it is missed
    is_undecided: bool = False  # missed by the median, and met by values of its middle half


def judged(bounds: Mapping[str, tuple[Figure, float]], why: str = "") -> Goal:
    """Whether each figure is at most its bound, which the words say; undecided where the middle
    half of its values lies on both sides of a bound that the median misses."""
    missed = [(figure, most) for figure, most in bounds.values() if figure.median > most]
    is_undecided = bool(missed) and all(figure.low <= most for figure, most in missed)
    return Goal(", ".join(bounds), not missed, why, is_undecided)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing measured. `figures` by column name: measured, or counted (a number or text)."""

    what: str
    figures: Mapping[str, Figure | float | str]
    ratio: Figure | float | None = None
    goal: Goal | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One measurement of the page: its rows, what they are held against, and what to know."""

    key: str
    title: str
    reference: str
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    at: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    machine: str = field(default_factory=lambda: _machine())

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def _machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} processors ({platform.machine()}), Python {platform.python_version()}, "
        f"load {load:.1f} at the end"
    )
