"""Callbacks: who is told what and when, with each provider's own patience.

A receiver that does not answer 2xx in time is tried again after the provider's delays. The
signature is made anew for every attempt, as its timestamp must be.
"""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from threading import Lock
from typing import ClassVar, Protocol
from uuid import uuid4

from local.simulators.faults import FaultRule
from local.simulators.fetching import without_query
from local.simulators.ledger import Ledger, LedgerKind
from local.simulators.orders import Job, Phase
from local.simulators.settings import Switches
from local.simulators.timer import Timer
from local.simulators.views import JobView, look

SENDERS = 32
BEFORE_THE_END = frozenset({"forged", "foreign", "lie"})
STRANGE_URL = "http://169.254.169.254/latest/meta-data/result.mp4"


@dataclass(frozen=True)
class Notice:
    """A callback to be sent: its body, and how often and when it is tried again."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    retry_delays_seconds: tuple[float, ...]
    timeout_seconds: float
    redirect_is_final: bool = False


class Speaker(Protocol):
    """A provider's way to say in a callback how a job stands."""

    name: ClassVar[str]

    def see(self, job: Job) -> JobView:
        """A job as one answer shows it."""

    def notice(self, view: JobView, url: str, shown_id: str, foreign: bool, forged: bool) -> Notice:
        """The callback for a view."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """fal treats a redirect as a failure; the others are not known to follow one."""

    def redirect_request(self, *_: object) -> None:
        return None


class Courier:
    """Delivers callbacks and enters each attempt into the ledger."""

    def __init__(self, settings: Switches, ledger: Ledger, timer: Timer) -> None:
        self._settings = settings
        self._ledger = ledger
        self._timer = timer
        self._plans: dict[tuple[str, str], tuple[Speaker, FaultRule | None]] = {}
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="simulators-callback")
        # Proxies of the environment are left out: receivers are on this machine.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())

    def plan(self, job: Job, speaker: Speaker, rule: FaultRule | None) -> None:
        """Remember who speaks about a job, and its callback fault."""
        with self._lock:
            self._plans[job.provider, job.id] = speaker, rule

    def when_started(self, job: Job) -> None:
        """Send the dishonest callback, if this job has one."""
        speaker, rule = self._plan(job)
        if rule and job.order.callback_url and rule.fault in BEFORE_THE_END:
            self._submit(self._once(job, speaker, rule.fault))

    def when_ended(self, job: Job) -> None:
        """Send the honest callback as the job's rule wants it."""
        speaker, rule = self._plan(job)
        if job.order.callback_url is None or job.phase is Phase.CANCELLED:
            return
        if rule and rule.params.get("only"):
            return
        fault = rule.fault if rule else "ok"
        if fault == "none":
            return
        if fault == "early":
            self._attempt(job, speaker, retries_done=0)
            return
        copies = int(rule.params.get("copies", 2 if fault == "repeat" else 1)) if rule else 1
        wait = float(rule.params.get("seconds", 5)) if rule and fault == "late" else 0.0
        retries = None if fault == "once" else 0
        for _ in range(copies):
            self._timer.after(
                wait, lambda: self._submit(lambda: self._attempt(job, speaker, retries))
            )

    def close(self) -> None:
        """Send nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _plan(self, job: Job) -> tuple[Speaker, FaultRule | None]:
        with self._lock:
            return self._plans[job.provider, job.id]

    def _submit(self, work: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # Closed meanwhile.
            self._pool.submit(work)

    def _once(self, job: Job, speaker: Speaker, fault: str) -> Callable[[], None]:
        def send() -> None:
            shown = str(uuid4()) if fault == "forged" else job.id
            view = look(job, Phase.RUNNING, {"lie": {"says": "done", "url": STRANGE_URL}}, None)
            url = job.order.callback_url or ""
            self._post(
                job,
                speaker.notice(view, url, shown, fault == "foreign", fault == "forged"),
                attempt=1,
                fault=fault,
            )

        return send

    def _attempt(self, job: Job, speaker: Speaker, retries_done: int | None) -> None:
        """One honest delivery, and the next one when it fails; None: no retries."""
        notice = speaker.notice(
            speaker.see(job), job.order.callback_url or "", job.id, False, False
        )
        status = self._post(job, notice, attempt=(retries_done or 0) + 1, fault=None)
        told = 200 <= status < 300 or (notice.redirect_is_final and 300 <= status < 400)
        if told or retries_done is None or retries_done >= len(notice.retry_delays_seconds):
            return
        delay = notice.retry_delays_seconds[retries_done] * self._settings.callback_time_factor
        self._timer.after(
            delay, lambda: self._submit(lambda: self._attempt(job, speaker, retries_done + 1))
        )

    def _post(self, job: Job, notice: Notice, attempt: int, fault: str | None) -> int:
        headers = {"Content-Type": "application/json", **notice.headers}
        request = urllib.request.Request(notice.url, notice.body, headers, method="POST")
        patience = self._settings.callback_timeout_seconds or notice.timeout_seconds
        started = time.monotonic()
        sent_at = time.time()
        try:
            with self._opener.open(request, timeout=patience) as answer:
                status = int(answer.status)
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
        except (OSError, HTTPException, ValueError):
            status = 0
        self._ledger.enter(
            LedgerKind.CALLED_BACK,
            job.provider,
            job.id,
            url=without_query(notice.url),
            attempt=attempt,
            fault=fault,
            http_status=status,
            sent_at=sent_at,
            seconds=round(time.monotonic() - started, 4),
        )
        return status
