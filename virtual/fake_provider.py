"""A provider and the downloads of its results, that answer what a test tells them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from retake.domain.errors import OutboundError
from retake.outbound.client import Download
from retake.providers.contract import Billed, Cancellation, Order, Report, Submission, Task, Verdict

T = TypeVar("T")
SUCCESS = Report(verdict=Verdict.SUCCEEDED, video_url="https://cdn.example/out.mp4")


class FakeProvider:
    """Answers with the submissions and reports it was given, the last one for ever."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.unready: Exception | None = None
        self.submissions: list[Submission] = [
            Submission(verdict=Verdict.ACCEPTED, task=Task(task_id="task-1"))
        ]
        self.reports: list[Report] = [SUCCESS]
        self.polls = 0
        self.bills: dict[str, Billed] = {}
        self.listed: dict[str, str] = {}
        self.cancelled: list[str] = []
        self.cancellation = Cancellation.NOT_OFFERED
        self.names: tuple[str, ...] = ("default",)

    def billed_for(self, task: Task, *, since: datetime) -> Billed | None:
        return self.bills.get(task.task_id)

    def key_names(self, *, fresh: bool = False) -> tuple[str, ...]:
        return self.names

    def prepare(self, order: Order) -> Order:
        if self.unready is not None:
            raise self.unready
        return order

    def send(self, order: Order) -> Submission:
        self.orders.append(order)
        return _next(self.submissions)

    def find(self, mark: str, *, since: datetime, provider_model: str | None = None) -> Task | None:
        return next((Task(task_id=t) for m, t in self.listed.items() if m == mark), None)

    def cancel(self, task: Task) -> Cancellation:
        self.cancelled.append(task.task_id)
        return self.cancellation

    def poll(self, task: Task) -> Report:
        self.polls += 1
        return _next(self.reports)

    def result(self, task: Task) -> Report:
        return self.poll(task)


class FakeDownloads:
    """One file behind every link."""

    def __init__(self, body: bytes = b"video") -> None:
        self.body = body
        self.status = 200
        self.headers: dict[str, str] = {}
        self.error: OutboundError | None = None

    @contextmanager
    def download(
        self, url: str, *, seconds: float, maximum_bytes: int, redirects: int = 0
    ) -> Iterator[Download]:
        if self.error is not None:
            raise self.error
        yield Download(self.status, self.headers, len(self.body), iter([self.body]))


def _next(answers: list[T]) -> T:
    return answers.pop(0) if len(answers) > 1 else answers[0]
