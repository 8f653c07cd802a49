"""A film from upload to message in memory: real steps, real decoders, a provider that is not ours.

The provider gives back what it was given, frame by frame, unless a test says otherwise: it reads
the piece behind the link and never looks at a record.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from retake.catalog.models import MODELS
from retake.domain.edit import Edit
from retake.domain.errors import LostRace, Unavailable
from retake.media.probe import probe
from retake.providers.contract import Order, Report, Submission, Task, Verdict
from retake.steps.fit import Bench
from retake.steps.intake import read_edit_id
from retake.steps.outcome import Next, Step
from retake.steps.persist import persist
from retake.steps.pieces import is_film
from retake.steps.save_result import ResultSaver
from retake.steps.split import Desk, split

from virtual.fake_provider import FakeDownloads, FakeProvider
from virtual.role_of_writes import as_function
from virtual.scene import Scene

MODEL = "fal/kling-o1-edit"
# The same row with limits that small films keep to: pieces of one to two seconds.
SMALL = replace(
    MODELS[MODEL],
    side_minimum=64,
    standard=replace(MODELS[MODEL].standard, minimum_seconds=1, maximum_seconds=2),
)
MANY_TURNS = 400


@dataclass
class EchoProvider(FakeProvider):
    """Sends back what each order's link leads to; `change` may say otherwise of the n-th order."""

    storage: Any = None
    change: Callable[[int, bytes], bytes | None] = lambda number, data: data
    orders: list[Order] = field(default_factory=list)
    asked: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.orders = []

    def send(self, order: Any) -> Submission:
        self.orders.append(order)
        return Submission(verdict=Verdict.ACCEPTED, task=Task(task_id=f"t-{len(self.orders)}"))

    def result_of(self, number: int) -> bytes | None:
        key = str(self.orders[number].video_url).split("/", 3)[3].partition("?")[0]
        return self.change(number, self.storage.objects["results", key])

    def poll(self, task: Task) -> Report:
        self.asked = task.task_id
        if self.result_of(int(task.task_id[2:]) - 1) is None:
            return Report(verdict=Verdict.FAILED, detail="generation failed")
        return Report(verdict=Verdict.SUCCEEDED, video_url=f"https://r.example/{task.task_id}")


class Frail:
    """A store whose n-th write or read fails: before it is done, or after, as a lost answer."""

    def __init__(self, real: Any, scene: "FilmScene") -> None:
        self._real, self._scene = real, scene

    def __getattr__(self, name: str) -> Any:
        act = getattr(self._real, name)

        def call(*given: Any, **named: Any) -> Any:
            self._scene.calls += 1
            is_due = self._scene.calls == self._scene.fails_at
            if is_due and not self._scene.after:
                raise Unavailable("planned")
            answer = act(*given, **named)
            if is_due:
                raise Unavailable("planned, after it was done")
            return answer

        return call


@dataclass
class FilmScene:
    """One stack in memory, and its workflow played by hand."""

    scene: Scene = field(default_factory=Scene)
    told: list[str] = field(default_factory=list)
    fails_at: int = 0  # which call of the stores that Fit makes fails; 0: none
    after: bool = False  # what was asked for is done all the same
    calls: int = 0
    clock: Callable[[], float] = time.monotonic  # Fit's own, within one call

    def __post_init__(self) -> None:
        self.provider = EchoProvider(storage=self.scene.storage)
        self.scene.provider = self.provider
        self.invocations: list[str] = []

    def drop(self, data: bytes, **metadata: str) -> Edit:
        self.scene.clip = None  # type: ignore[assignment]  # looked at for real
        return self.scene.upload("shots/long.mp4", body=data, model=MODEL, fit="split", **metadata)

    def play(self, edit: Edit, *, until: Callable[[Edit], bool] = lambda edit: False) -> Edit:
        """The film's workflow and those of its pieces, to the end or as far as a test wants."""
        return self._played(edit, {edit.edit_id: "validate"}, until)

    def resumed(self, edit: Edit, *, until: Callable[[Edit], bool] = lambda edit: False) -> Edit:
        """The workflows that are under way, taken up by new executions."""
        steps = {each.edit_id: "validate" for each in (edit, *self.now_open(edit))}
        return self._played(edit, steps, until)

    def _played(self, edit: Edit, steps: dict[str, str], until: Callable[[Edit], bool]) -> Edit:
        open_ids = list(steps)
        for _ in range(MANY_TURNS):
            open_ids = [key for key in open_ids if steps[key] != "ended"]
            if not open_ids or until(self.scene.now(edit)):
                return self.scene.now(edit)
            for key in open_ids:
                steps[key] = self.step(key, steps[key])
            for body in self.scene.queued:
                key = read_edit_id(body) or ""
                if key not in steps:
                    open_ids.append(key)
                    steps[key] = "validate"
            self.scene.queued.clear()
            self.scene.clock.advance(10)
        raise AssertionError(f"it never ended: {steps}")

    def step(self, key: str, name: str) -> str:
        edit = self.scene.records.get(key)
        self.invocations.append(name)
        step: Step
        if name == "validate":
            step = self.scene.validate(edit, look=probe)
            return "submit"
        if name == "submit":
            step = self.scene.submit(edit, deadline_seconds=3600)
        elif name == "fit":
            step = self.split(edit) if is_film(edit) else self.scene.fit(edit)
            return "fit" if step.next is Next.FIT else "submit"
        elif name == "poll":
            step = self.scene.poll(edit)
        else:
            self.persist(edit)
            return "ended"
        ways = {Next.PERSIST: "persist", Next.FIT: "fit"}
        ways |= {Next.SUBMIT: "submit", Next.TURN: "submit"}  # who stands in line looks again
        return ways.get(step.next, "poll")

    def split(self, edit: Edit, **bench: Any) -> Step:
        """Fit's part; a fault that a test has planned befalls it, and the workflow comes again."""
        storage: Any = Frail(self.scene.storage, self)
        writer: Any = self.scene.records.films._writer
        whole, writer._table = writer._table, Frail(self.scene.table, self)
        desk = Desk(self.scene.records, Bench(storage, "results", **bench), self.clock)
        try:
            with as_function("FitFunction", self.scene.table):
                return split(self.scene.records.get(edit.edit_id), desk)
        except (Unavailable, LostRace):
            return Step(edit.edit_id, Next.FIT)
        finally:
            writer._table = whole

    def persist(self, edit: Edit) -> None:
        number = int((edit.provider_task_id or "t-0")[2:]) - 1
        body = self.provider.result_of(number) if number >= 0 else b""
        provider: Any = self.provider
        keeper: Any = ResultSaver(
            self.scene.storage,
            "results",
            lambda name: provider,
            FakeDownloads(body or b""),  # type: ignore[arg-type]
        )
        answer = persist(
            edit, records=self.scene.records, keeper=keeper, publish=self.scene.published.append
        )
        if edit.parent_id is None:
            self.told.append(answer["notification"]["notification_id"])
        self.scene.records.mark_notified(edit.edit_id)

    def result(self, edit: Edit) -> bytes:
        seen = self.scene.now(edit)
        assert seen.result is not None, (seen.reason, seen.message)
        data: bytes = self.scene.storage.objects["results", seen.result.key]
        return data

    def opened(self, edit: Edit) -> list[str]:
        """The edits of pieces that there are."""
        known = edit.film.edit_ids if edit.film else ()
        return list(self.scene.records.get_many(known))

    def now_open(self, edit: Edit) -> list[Edit]:
        """The pieces that have begun, as they stand now."""
        known = self.scene.now(edit).film
        return list(self.scene.records.get_many(known.edit_ids).values()) if known else []

    def pieces(self, edit: Edit) -> list[Edit]:
        film = self.scene.now(edit).film
        assert film is not None
        return [self.scene.records.get(key) for key in film.edit_ids]
