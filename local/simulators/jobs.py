"""A job's life at a provider: queued → running → done or failed, in exactly the set time.

While it runs, the provider really downloads the media, checks it and edits the frames.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any, Protocol

from local.simulators.exchange import Refused
from local.simulators.fetching import Fetcher
from local.simulators.footage import (
    Footage,
    Limits,
    Problem,
    check_image,
    check_video,
    measure,
    shorten,
)
from local.simulators.ledger import Kind, Ledger
from local.simulators.settings import Settings
from local.simulators.timer import Timer

WORKERS = 64


class Phase(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({Phase.DONE, Phase.FAILED, Phase.CANCELLED})


class Developer(Protocol):
    """Who really edits the frames; `local.darkroom` is one."""

    def develop(
        self,
        source: Path,
        destination: Path,
        *,
        prompt: str,
        keep_audio: bool,
        aspect_ratio: str | None = None,
        images: Sequence[Path] = (),
    ) -> None:
        """Write an edited copy of a video."""

    def imagine(
        self,
        destination: Path,
        *,
        prompt: str,
        images: Sequence[Path],
        duration_seconds: int,
        aspect_ratio: str,
        sound: bool,
    ) -> None:
        """Write a new video from pictures and words."""


@dataclass(frozen=True)
class Rate:
    """A price per second of video, with the least that is billed."""

    usd_per_second: float
    least_seconds: float = 0.0
    most_seconds: float = 1e9
    whole_seconds: bool = False

    def seconds(self, duration_seconds: float) -> float:
        """The seconds billed for a video of this length."""
        length = round(duration_seconds) if self.whole_seconds else duration_seconds
        return min(max(length, self.least_seconds), self.most_seconds)

    def usd(self, duration_seconds: float) -> float:
        """The price in US dollars."""
        return round(self.seconds(duration_seconds) * self.usd_per_second, 6)


@dataclass(frozen=True)
class Order:
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


@dataclass
class Job:
    """An accepted order. `quirks` are the faults that stay with it: name → parameters."""

    id: str
    provider: str
    order: Order
    base_url: str
    seconds: float
    quirks: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    created_at: float = field(default_factory=time.time)
    born: float = field(default_factory=time.monotonic)
    phase: Phase = Phase.QUEUED
    started_at: float | None = None
    ended_at: float | None = None
    cancel_requested: bool = False
    footage: Footage | None = None
    failure: Refused | None = None
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


class Jobs:
    """All jobs of all providers, and the hands that work on them."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        timer: Timer,
        fetcher: Fetcher,
        developer: Developer,
        folder: Path,
        when_started: Callable[[Job], None],
        when_ended: Callable[[Job], None],
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._timer = timer
        self._fetcher = fetcher
        self._developer = developer
        self._folder = folder
        self._when_started = when_started
        self._when_ended = when_ended
        self._jobs: dict[tuple[str, str], Job] = {}
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="simulators-job")
        self._cores = BoundedSemaphore(os.cpu_count() or 2)

    def accept(self, job: Job) -> None:
        """Put a job into the queue."""
        with self._lock:
            self._jobs[job.provider, job.id] = job
        self._timer.after(job.seconds * self._settings.queued_share, lambda: self._start(job))

    def run_now(self, job: Job) -> None:
        """Accept a job and see it through before returning."""
        with self._lock:
            self._jobs[job.provider, job.id] = job
        self._begin(job)
        self._work(job)
        self._finish(job)

    def find(self, provider: str, job_id: str) -> Job | None:
        """The job with this id, if the provider knows it."""
        with self._lock:
            return self._jobs.get((provider, job_id))

    def of(self, provider: str) -> list[Job]:
        """All jobs of a provider, oldest first."""
        with self._lock:
            return [job for job in self._jobs.values() if job.provider == provider]

    def cancel(self, job: Job) -> bool:
        """Ask to stop; True when it was still waiting and is gone from the queue."""
        with self._lock:
            job.cancel_requested = True
            waiting = job.phase is Phase.QUEUED
        if waiting:
            self._finish(job)
        return waiting

    def inspect(self, order: Order, provider: str, job_id: str | None) -> Footage | None:
        """Fetch and check the media of an order. Raises Refused."""
        return self._gather(order, provider, job_id, self._folder)[2]

    def close(self) -> None:
        """Start nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _start(self, job: Job) -> None:
        if self._begin(job):
            self._pool.submit(self._run, job)

    def _begin(self, job: Job) -> bool:
        with self._lock:
            if job.phase is not Phase.QUEUED:
                return False
            job.phase, job.started_at = Phase.RUNNING, time.time()
        self._when_started(job)
        return True

    def _run(self, job: Job) -> None:
        self._work(job)
        if "stuck" not in job.quirks:
            self._timer.after(
                job.seconds - job.age_seconds, lambda: self._pool.submit(self._finish, job)
            )

    def _work(self, job: Job) -> None:
        order = job.order
        try:
            video, images, job.footage = self._gather(
                order, job.provider, job.id, self._folder, job.footage
            )
            self._fail_if_asked(job)
            destination = self._folder / f"{os.urandom(12).hex()}.mp4"
            with self._cores:
                if video is not None:
                    self._developer.develop(
                        video,
                        destination,
                        prompt=order.prompt,
                        keep_audio=order.keep_audio,
                        aspect_ratio=order.aspect_ratio,
                        images=images,
                    )
                    video.unlink(missing_ok=True)
                else:
                    self._developer.imagine(
                        destination,
                        prompt=order.prompt,
                        images=images,
                        duration_seconds=order.duration_seconds,
                        aspect_ratio=order.aspect_ratio or "16:9",
                        sound=order.keep_audio,
                    )
            if "short_video" in job.quirks:
                shorten(destination, float(job.quirks["short_video"].get("share", 0.5)))
            job.result = destination
        except Refused as failure:
            job.failure = failure
        except Exception as error:
            job.failure = Refused(Problem.GENERATION, f"generation failed: {error}")

    def _gather(
        self,
        order: Order,
        provider: str,
        job_id: str | None,
        folder: Path,
        known: Footage | None = None,
    ) -> tuple[Path | None, list[Path], Footage | None]:
        video, footage = None, known
        if order.video_url is not None:
            limit = max(order.limits.max_bytes, self._settings.fetch_max_bytes)
            video = self._fetcher.fetch(
                order.video_url, folder, provider, job_id, order.video_field, limit
            )
            footage = measure(video)
            check_video(footage, order.limits, order.video_field)
        images = []
        for url in order.image_urls:
            image = self._fetcher.fetch(
                url, folder, provider, job_id, order.image_field, order.limits.image_max_bytes
            )
            check_image(image, order.limits, order.image_field)
            images.append(image)
        return video, images, footage

    def _fail_if_asked(self, job: Job) -> None:
        if "fail" in job.quirks:
            reason = job.quirks["fail"].get("reason", "generation failed: no result")
            raise Refused(Problem.GENERATION, str(reason))
        if "moderation_fail" in job.quirks:
            raise Refused(Problem.MODERATION, "The content was refused by the safety filter")

    def _finish(self, job: Job) -> None:
        with self._lock:
            if job.phase in ENDED:
                return
            stops = job.cancel_requested and (
                job.phase is Phase.QUEUED or self._settings.fal_cancel_running == "stops"
            )
            if stops:
                job.failure = Refused(Problem.CANCELLED, "Request was cancelled")
                job.phase = Phase.CANCELLED
            else:
                job.phase = Phase.DONE if job.result and not job.failure else Phase.FAILED
            job.ended_at = time.time()
        self._ledger.enter(Kind.FINISHED, job.provider, job.id, phase=job.phase.value)
        if job.phase is Phase.DONE or (self._settings.bill_failed and not stops):
            seconds = job.billable_seconds
            usd = job.order.rate.usd(seconds)
            self._ledger.enter(
                Kind.BILLED, job.provider, job.id, usd=usd, seconds=job.order.rate.seconds(seconds)
            )
        self._when_ended(job)
