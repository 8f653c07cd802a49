"""An order, and the job it becomes once a provider has accepted it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil
from pathlib import Path
from typing import Any

from local.simulators.exchange import RefusedCall
from local.simulators.footage import Limits, MeasuredVideo


class Phase(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({Phase.DONE, Phase.FAILED, Phase.CANCELLED})


@dataclass(frozen=True)
class Rate:
    """A price per second of video, with the least that is billed."""

    usd_per_second: float
    least_seconds: float = 0.0
    most_seconds: float = 1e9
    whole_seconds: bool = False
    counts_result: bool = False
    """The result's seconds are billed too, as many as the clip's."""

    def seconds(self, duration_seconds: float) -> float:
        """The seconds billed for a video of this length."""
        # Begun seconds count; a hair that a container's clock leaves over is none.
        length = ceil(duration_seconds - 0.01) if self.whole_seconds else duration_seconds
        billed = min(max(length, self.least_seconds), self.most_seconds)
        return 2 * billed if self.counts_result else billed

    def usd(self, duration_seconds: float) -> float:
        """The price in US dollars."""
        return round(self.seconds(duration_seconds) * self.usd_per_second, 6)


@dataclass(frozen=True)
class JobOrder:
    """What was asked for, in words common to all dialects; `*_field` name the dialect's own."""

    model: str
    prompt: str
    video_url: str | None
    keep_audio: bool
    limits: Limits
    rate: Rate
    video_field: str
    image_field: str
    image_urls: tuple[str, ...] = ()
    aspect_ratio: str | None = None
    duration_seconds: int = 5
    callback_url: str | None = None
    flaw: RefusedCall | None = None
    """What is wrong with it, where that only shows when it runs."""


@dataclass(frozen=True)
class FetchedMedia:
    """What was fetched for an order, as files of our own."""

    video: Path | None
    images: tuple[Path, ...]
    footage: MeasuredVideo | None

    def discard(self) -> None:
        """Delete the files."""
        for path in (self.video, *self.images):
            if path is not None:
                path.unlink(missing_ok=True)


@dataclass
class Job:
    """An accepted order. `quirks` are the faults that stay with it: name → parameters."""

    id: str
    provider: str
    order: JobOrder
    base_url: str
    seconds: float
    body: Any = None
    stores_payloads: bool = True
    is_forgotten: bool = False
    quirks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    created_at: float = field(default_factory=time.time)
    born: float = field(default_factory=time.monotonic)
    phase: Phase = Phase.QUEUED
    started_at: float | None = None
    ended_at: float | None = None
    cancel_requested: bool = False
    media: FetchedMedia | None = None
    footage: MeasuredVideo | None = None
    failure: RefusedCall | None = None
    result: Path | None = None
    link: str | None = None
    polls: int = 0

    @property
    def age_seconds(self) -> float:
        """Seconds since it was accepted."""
        return time.monotonic() - self.born

    @property
    def billable_seconds(self) -> float:
        """Length of the source, or of what was ordered where there is none."""
        return self.footage.duration_seconds if self.footage else self.order.duration_seconds
