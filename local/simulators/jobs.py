"""A job's life at a provider: queued → running → done or failed, in exactly the set time.

While it runs, the provider really downloads the media, checks it and edits the frames.
"""

import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Protocol

from local.simulators.callbacks import Courier
from local.simulators.exchange import RefusedCall
from local.simulators.fetching import Fetcher
from local.simulators.footage import ProblemKind, check_image, check_video, measure, shorten
from local.simulators.ledger import Ledger, LedgerKind
from local.simulators.orders import ENDED, FetchedMedia, Job, JobOrder, Phase
from local.simulators.settings import Switches
from local.simulators.timer import Timer

WORKERS = 64
log = logging.getLogger(__name__)


class Developer(Protocol):
    """Who really edits the frames; `local.fake_model` is one."""

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


class Jobs:
    """All jobs of all providers, and the hands that work on them."""

    def __init__(
        self,
        settings: Switches,
        ledger: Ledger,
        timer: Timer,
        fetcher: Fetcher,
        developer: Developer,
        folder: Path,
        courier: Courier,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._timer = timer
        self._fetcher = fetcher
        self._developer = developer
        self._folder = folder
        self._courier = courier
        self._jobs: dict[tuple[str, str], Job] = {}
        self._waiting: dict[tuple[str, str], Job] = {}
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="simulators-job")
        self._cores = BoundedSemaphore(os.cpu_count() or 2)

    def accept(self, job: Job) -> None:
        """Put a job into the queue."""
        with self._lock:
            self._jobs[job.provider, job.id] = job
            self._waiting[job.provider, job.id] = job
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

    def ahead_of(self, job: Job) -> int:
        """How many jobs of the same provider wait in front of it."""
        with self._lock:
            waiting = list(self._waiting.values())
        return sum(other.provider == job.provider and other.born < job.born for other in waiting)

    def cancel(self, job: Job) -> None:
        """Take it from the queue, or stop it where the settings let a running one stop."""
        job.cancel_requested = True
        if job.phase is Phase.QUEUED or self._settings.fal_cancel_running == "stops":
            self._finish(job)

    def inspect(self, order: JobOrder, provider: str, job_id: str) -> FetchedMedia:
        """Fetch and check the media of an order. Raises Refused."""
        video, footage, images = None, None, []
        if order.video_url is not None:
            most = max(order.limits.max_bytes, self._settings.fetch_max_bytes)
            video = self._fetcher.fetch(
                order.video_url, self._folder, provider, job_id, order.video_field, most
            )
            footage = measure(video)
            check_video(footage, order.limits, order.video_field)
        for url in order.image_urls:
            most = order.limits.image_max_bytes
            image = self._fetcher.fetch(
                url, self._folder, provider, job_id, order.image_field, most
            )
            check_image(image, order.limits, order.image_field)
            images.append(image)
        return FetchedMedia(video, tuple(images), footage)

    def clear(self) -> None:
        """Forget the jobs that have ended, and delete their results."""
        with self._lock:
            ended = {key: job for key, job in self._jobs.items() if job.phase in ENDED}
            for key in ended:
                del self._jobs[key]
        for job in ended.values():
            if job.result:
                job.result.unlink(missing_ok=True)

    def close(self) -> None:
        """Start nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _start(self, job: Job) -> None:
        if self._begin(job):
            self._hand(self._run, job)

    def _hand(self, work: Callable[[Job], None], job: Job) -> None:
        with suppress(RuntimeError):  # Closed meanwhile.
            self._pool.submit(work, job)

    def _begin(self, job: Job) -> bool:
        with self._lock:
            if job.phase is not Phase.QUEUED:
                return False
            job.phase, job.started_at = Phase.RUNNING, time.time()
            self._waiting.pop((job.provider, job.id), None)
        self._courier.when_started(job)
        return True

    def _run(self, job: Job) -> None:
        self._work(job)
        if "stuck" not in job.quirks:
            self._timer.after(job.seconds - job.age_seconds, lambda: self._hand(self._finish, job))

    def _work(self, job: Job) -> None:
        order = job.order
        try:
            if order.flaw:
                raise order.flaw
            if job.media is None:
                job.media = self.inspect(order, job.provider, job.id)
            job.footage = job.media.footage
            self._fail_if_asked(job)
            destination = self._folder / f"{os.urandom(12).hex()}.mp4"
            with self._cores:
                self._develop(order, job.media, destination)
            if "short_video" in job.quirks:
                shorten(destination, float(job.quirks["short_video"].get("share", 0.5)))
            job.result = destination
        except RefusedCall as failure:
            job.failure = failure
        except Exception as error:
            if not self._fetcher.is_stopping:
                log.exception("a job of %s failed", job.provider)
            job.failure = RefusedCall(ProblemKind.GENERATION, f"generation failed: {error}")
        finally:
            if job.media:
                job.media.discard()

    def _develop(self, order: JobOrder, media: FetchedMedia, destination: Path) -> None:
        if media.video is not None:
            self._developer.develop(
                media.video,
                destination,
                prompt=order.prompt,
                keep_audio=order.keep_audio,
                aspect_ratio=order.aspect_ratio,
                images=media.images,
            )
        else:
            self._developer.imagine(
                destination,
                prompt=order.prompt,
                images=media.images,
                duration_seconds=order.duration_seconds,
                aspect_ratio=order.aspect_ratio or "16:9",
                sound=order.keep_audio,
            )

    def _fail_if_asked(self, job: Job) -> None:
        if "fail" in job.quirks:
            reason = job.quirks["fail"].get("reason", "generation failed: no result")
            raise RefusedCall(ProblemKind.GENERATION, str(reason))
        if "moderation_fail" in job.quirks:
            raise RefusedCall(
                ProblemKind.MODERATION, "The content was refused by the safety filter"
            )

    def _finish(self, job: Job) -> None:
        with self._lock:
            if job.phase in ENDED:
                return
            stops = job.cancel_requested and (
                job.phase is Phase.QUEUED or self._settings.fal_cancel_running == "stops"
            )
            if stops:
                job.failure = RefusedCall(ProblemKind.CANCELLED, "Request was cancelled")
            done = job.result is not None and job.failure is None
            phase = Phase.CANCELLED if stops else Phase.DONE if done else Phase.FAILED
            job.ended_at = time.time()
            self._waiting.pop((job.provider, job.id), None)
            self._ledger.enter(LedgerKind.FINISHED, job.provider, job.id, phase=phase.value)
            if done or (self._settings.bill_failed and not stops):
                self._bill(job)
            # Last, so that whoever sees the end also finds its link and its bill.
            job.phase = phase
        self._courier.when_ended(job)

    def _bill(self, job: Job) -> None:
        rate, seconds = job.order.rate, job.billable_seconds
        self._ledger.enter(
            LedgerKind.BILLED,
            job.provider,
            job.id,
            usd=rate.usd(seconds),
            seconds=rate.seconds(seconds),
        )
