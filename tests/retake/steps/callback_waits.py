"""Edits that wait for a provider's call, and a provider that calls whenever chance wants."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlsplit

from retake.aws.dynamodb_changes import Change
from retake.domain.edit import Edit
from retake.domain.signed_links import LinkSecrets, Signer
from retake.providers.callbacks import Callback
from retake.providers.contract import Order, Report, Submission, Task, Verdict
from retake.steps.callback import Call, callback_url, take_call
from retake.steps.outcome import Next, Step

from tests.retake.steps.racing_time import Time
from tests.support.template_reader import states
from virtual.fake_provider import FakeProvider
from virtual.jsonata import evaluated
from virtual.memory_table import MemoryTable
from virtual.scene import Scene
from virtual.update import Refused, update

SIGNER = Signer(lambda: LinkSecrets((("a", b"a secret of at least 24 bytes"),)))
RUNNING = Report(verdict=Verdict.RUNNING)
DONE = Report(verdict=Verdict.SUCCEEDED, video_url="https://cdn.example/out.mp4")


def listening(edit_id: str, token: str) -> dict[str, Any]:
    """What `Wait For Callback` asks of DynamoDB, as the workflow's file says it."""
    scope = {"input": {"edit_id": edit_id}, "context": {"Task": {"Token": token}}}
    arguments: dict[str, Any] = evaluated(states()["Wait For Callback"]["Arguments"], scope)
    return arguments


class RacingTable(MemoryTable):
    """Others may come before every single call."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self._time = time

    def get(self, key: str) -> dict[str, Any] | None:
        self._time.let_others_go()
        return super().get(key)

    def write(self, *changes: Change) -> None:
        self._time.let_others_go()
        super().write(*changes)

    def update(self, arguments: Mapping[str, Any]) -> None:
        """Raises Refused."""
        self._time.let_others_go()
        with self._lock:
            update(self, arguments)


@dataclass
class Job:
    """One job at the provider, and when the first call about its end was taken."""

    done_at: float
    calls: int = 0
    called_at: float = float("inf")


class Caller(FakeProvider):
    """Calls early, late and several times at once, and is slow to answer."""

    def __init__(self, chance: Random, time: Time) -> None:
        super().__init__()
        self._chance = chance
        self._time = time
        self.jobs: dict[str, Job] = {}
        self.take: Any = None

    def send(self, order: Order) -> Submission:
        chance, url = self._chance, order.callback_url or ""
        edit_id = url.split("/")[-3]
        seconds = chance.choice(
            [0.0, chance.uniform(0, 9), chance.uniform(0, 300), 45 + chance.uniform(-3, 3)]
        )
        job = self.jobs[f"task of {edit_id}"] = Job(self._time.now() + seconds)
        early = chance.choice([seconds, chance.uniform(0, seconds)])
        for _ in range(chance.randrange(5)):  # at about the same time, before anything is done
            self._call(job, url, after=max(0.0, early - chance.uniform(0, 5)))
        end = seconds + chance.uniform(0, 0.3)
        for _ in range(chance.randrange(1, 4)):
            self._call(job, url, after=end + chance.choice([0, 0, chance.uniform(0, 60)]))
        self._time.sleep(chance.choice([0, chance.uniform(0, 3)]))
        if chance.random() < 0.2:
            return Submission(verdict=Verdict.AMBIGUOUS)
        return Submission(verdict=Verdict.ACCEPTED, task=Task(task_id=f"task of {edit_id}"))

    def poll(self, task: Task) -> Report:
        self._time.sleep(self._chance.choice([0, self._chance.random()]))
        report = DONE if self._time.now() >= self.jobs[task.task_id].done_at else RUNNING
        self._time.sleep(self._chance.choice([0, self._chance.random()]))
        return report

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback:
        return Callback(task_id=body.decode(), claim=RUNNING)

    def _call(self, job: Job, url: str, *, after: float) -> None:
        provider, edit_id, attempt, token = urlsplit(url).path.split("/")[-4:]
        call = Call(provider, edit_id, attempt, token, {}, f"task of {edit_id}".encode())

        def ring() -> None:
            is_about_the_end = self._time.now() >= job.done_at
            assert self.take(call) == 200
            job.calls += 1
            if is_about_the_end:
                job.called_at = min(job.called_at, self._time.now())

        self._time.spawn(ring, after=after)


@dataclass
class Course:
    """How one edit went through its workflow: questions, waits that ended by themselves."""

    edit: Edit
    polls: int = 0
    timeouts: int = 0
    overslept: float = 0.0
    is_done: bool = False


@dataclass
class Stage:
    """Edits in their workflows, their provider, and the door it calls at."""

    time: Time
    scene: Scene
    courses: list[Course] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.caller: Caller = self.scene.provider
        self.caller.take = self._take

    def begin(self, name: str, *, after: float = 0.0) -> None:
        course = Course(self.scene.validated(name))
        self.courses.append(course)
        self.time.spawn(lambda: self._go(course), after=after)

    def job(self, course: Course) -> Job:
        return self.caller.jobs[f"task of {course.edit.edit_id}"]

    def _take(self, call: Call) -> int:
        provider: Any = self.caller
        return take_call(
            call,
            records=self.scene.records,
            signer=SIGNER,
            provider=lambda name: provider,
            wake=self.time.wake,
            proof=self.scene.proof,
        )

    def _url(self, edit: Edit) -> str:
        return callback_url("https://api.example", edit, SIGNER, self.scene.records)

    def _go(self, course: Course) -> None:
        """The workflow: Submit, then the loop of waits and Polls, until Persist would follow."""
        step: Step = self.scene.submit(course.edit, callback_url=self._url)
        while step.next is not Next.PERSIST:
            if step.next is Next.LISTEN:
                self._listen(course, step)
            else:
                self.time.sleep(step.wait_seconds)
            course.polls += 1
            step = self.scene.poll(course.edit)
        course.is_done = True

    def _listen(self, course: Course, step: Step) -> None:
        token = f"{course.edit.edit_id} {course.polls}"
        table: RacingTable = self.scene.table  # type: ignore[assignment]  # of this stage
        try:
            table.update(listening(course.edit.edit_id, token))
        except Refused:
            return
        deadline = self.time.now() + step.wait_seconds
        if not self.time.wait(token, step.wait_seconds):
            course.timeouts += 1
            course.overslept += max(0.0, deadline - self.job(course).called_at)
