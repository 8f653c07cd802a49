"""A provider in memory with a ledger of its own: the judge of what was accepted and billed.

It speaks a plain dialect through the real `Provider`, so that the one POST, its verdicts and the
reading of answers are the code that is deployed. How each provider's words read is tried elsewhere.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from retake.domain.errors import OutboundError
from retake.outbound.client import Reply
from retake.providers.base import Provider
from retake.providers.callbacks import BadCallback, Callback
from retake.providers.contract import DeletionOutcome, Order, Report, Task, Verdict

BASE = "https://seller.example"
CDN = "https://cdn.example"
# Canaries: words that may appear nowhere but where they are used.
KEY = "CANARY-KEY-1f8a"
SIGNATURE = "X-Amz-Signature=CANARY-SIGNATURE-77b2"
_NONCE = re.compile(r"nonce=(e-[0-9a-z]{20})\.(\d+)")


@dataclass
class Job:
    """One line of the ledger."""

    job_id: str
    edit_id: str
    source: str
    callback: str | None
    accepted_at: float
    done_at: float
    succeeds: bool = True
    is_billed: bool = True
    begins_at: float = 0.0
    key: str = KEY


@dataclass
class Ledger:
    """What a provider has taken, and what it answers to questions about it.

    Each key is an account of its own: another one's jobs are unknown to it, and who asks with the
    wrong one is noted.
    """

    now: Callable[[], float]
    seconds: float = 50.0  # what a job takes
    succeeds: bool = True
    lists: bool = False
    # With one key; more are refused with 429, or wait in a queue of its own.
    runs_at_once: int | None = None
    queues: bool = False
    has_credit: bool = True
    without_credit: set[str] = field(default_factory=set)  # of the keys
    asked_with_wrong_key: list[str] = field(default_factory=list)
    link_seconds: float = 4 * 3600
    on_accept: Callable[[Job], None] = lambda job: None
    jobs: list[Job] = field(default_factory=list)
    forgotten: set[str] = field(default_factory=set)
    _open: list[Job] = field(default_factory=list)
    refused: int = 0
    most_open: int = 0

    def open(self, key: str = KEY) -> list[Job]:
        """What it has taken of this key and not finished."""
        # What is done was taken long ago, in a crowd by far the most.
        self._open = [job for job in self._open if job.done_at > self.now()]
        return [job for job in self._open if job.key == key]

    def of(self, edit_id: str) -> list[Job]:
        return [job for job in self.jobs if job.edit_id == edit_id]

    def answer(
        self, method: str, url: str, body: Mapping[str, Any] | None, key: str = KEY
    ) -> Reply:
        """What the server says to a request that reached it with this key."""
        path = url.removeprefix(BASE)
        if method == "POST":
            return self._accepted(body or {}, key)
        if method == "DELETE":
            return self._forgotten(path.removeprefix("/jobs/"))
        if path.startswith("/jobs?mark="):
            return self._listed(path.removeprefix("/jobs?mark="), key)
        return self._told(path.removeprefix("/jobs/"), key)

    def _accepted(self, body: Mapping[str, Any], key: str) -> Reply:
        if not self.has_credit or key in self.without_credit:
            self.refused += 1
            return said(402, {"code": "credit", "text": "no credit"})
        running = self.open(key)
        is_full = self.runs_at_once is not None and len(running) >= self.runs_at_once
        if is_full and not self.queues:
            self.refused += 1
            return said(429, {"code": "busy", "text": "too many run"})
        begins_at = self.now()
        if is_full:
            ends = sorted(job.done_at for job in running)
            begins_at = ends[len(running) - int(self.runs_at_once or 0)]
        named = _NONCE.search(body["video"])
        assert named, "an order without the mark of its attempt"
        job = Job(
            f"job-{len(self.jobs) + 1}",
            named[1],
            body["video"],
            body.get("callback"),
            self.now(),
            begins_at + self.seconds,
            self.succeeds,
            begins_at=begins_at,
            key=key,
        )
        self.jobs.append(job)
        self._open.append(job)
        self.most_open = max(self.most_open, len(running) + 1)
        self.on_accept(job)
        return said(200, {"id": job.job_id})

    def _listed(self, mark: str, key: str) -> Reply:
        if not self.lists:
            return said(404, {"code": "unknown", "message": "no list"})
        # As fal does: what still runs is not in the list yet.
        ended = [job for job in self.jobs if job.key == key and job.done_at <= self.now()]
        found = [job for job in ended if mark in job.source]
        return said(200, {"jobs": [job.job_id for job in found]})

    def _forgotten(self, job_id: str) -> Reply:
        if job_id in self.forgotten:
            return said(404, {"code": "unknown", "message": "no such job"})
        self.forgotten.add(job_id)
        return said(200, {})

    def _numbered(self, job_id: str) -> Job | None:
        """Its job of this id, which is its place in the ledger."""
        number = job_id.removeprefix("job-")
        at = int(number) - 1 if number.isdecimal() else -1
        return self.jobs[at] if 0 <= at < len(self.jobs) else None

    def _told(self, job_id: str, key: str) -> Reply:
        job = self._numbered(job_id)
        if job is not None and job.key != key:
            self.asked_with_wrong_key.append(job_id)
        if job is None or job.key != key:
            return said(404, {"code": "unknown", "message": "no such job"})
        if self.now() < job.begins_at:
            return said(200, {"status": "queued"})
        if self.now() < job.done_at:
            return said(200, {"status": "running"})
        if not job.succeeds:
            return said(200, {"status": "failed", "message": "it did not work out"})
        dies_at = self.now() + self.link_seconds
        return said(
            200, {"status": "done", "video": f"{CDN}/{job_id}.mp4?until={dies_at:.0f}&{SIGNATURE}"}
        )


def said(status: int, body: Mapping[str, Any]) -> Reply:
    return Reply(status, {}, json.dumps(body).encode())


class House(Provider):
    """The plain dialect."""

    keeps: ClassVar[str] = "It keeps everything."

    id_name: ClassVar[str] = "id"

    def request_for(self, order: Order) -> tuple[str, dict[str, Any]]:
        body = {"video": order.video_url, "prompt": order.prompt, "callback": order.callback_url}
        return "/jobs", body

    def task_url(self, task: Task) -> str:
        return f"{BASE}/jobs/{task.task_id}"

    def find(self, mark: str, *, since: datetime, provider_model: str | None = None) -> Task | None:
        answer = self.ask(f"{BASE}/jobs?mark={mark}")
        found = [] if isinstance(answer, Report) else answer.get("jobs", [])
        return Task(task_id=found[0]) if found else None

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback:
        try:
            task_id = json.loads(body)["id"]
        except (ValueError, KeyError, TypeError):
            raise BadCallback from None
        return Callback(task_id=task_id, claim=Report(verdict=Verdict.RUNNING))


class Novita(House):
    name: ClassVar[str] = "novita"


class Fal(House):
    """The one that can be asked to forget."""

    name: ClassVar[str] = "fal"

    def forget(self, task: Task) -> DeletionOutcome:
        try:
            reply = self.call("DELETE", f"{BASE}/jobs/{task.task_id}")
        except OutboundError:
            return DeletionOutcome.UNANSWERED
        return DeletionOutcome.FORGOTTEN if reply.status == 200 else DeletionOutcome.UNKNOWN_TASK


class Aimlapi(House):
    name: ClassVar[str] = "aimlapi"


HOUSES = {house.name: house for house in (Novita, Fal, Aimlapi)}
