"""Uploads of every kind of nonsense, through the real steps, one after another.

What comes out is judged by the records, the provider's own list of orders and the clock.
"""

import resource
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from retake.aws.dynamodb_values import from_item
from retake.domain.edit import Edit
from retake.domain.errors import RetakeError, Unavailable
from retake.domain.vocabulary import Reason, Status
from retake.media.probe import probe
from retake.steps.persist import persist
from retake.steps.policy import Inbox
from retake.steps.save_result import ResultSaver

from tests.fuzz.drops import BODIES, NAMES, REQUEST, event_about, metadata_of
from tests.fuzz.mutations import mutated, mutated_json
from virtual.fake_provider import FakeDownloads
from virtual.scene import Scene

TRIES = 6  # of saving; what does not play is asked for again before it counts
STEPS = 12  # more than any edit needs from its upload to its end
SECONDS = 10.0  # of the processor, for one upload; validate has a minute


@dataclass
class Tally:
    """What became of many uploads; figures of the process at their worst."""

    uploads: int = 0
    edits: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    orders: int = 0
    invalid: int = 0
    slowest_seconds: float = 0.0
    grown_bytes: int = 0

    def lines(self) -> Iterator[str]:
        """A summary a person can read."""
        yield f"{self.uploads:,} uploads asked for {self.edits:,} edits"
        yield "each edit ended in exactly one record with a reason"
        yield f"{self.orders:,} orders at the provider, none for the {self.invalid:,} invalid ones"
        yield f"slowest: {self.slowest_seconds:.2f} s of the processor for all its steps"
        yield f"memory: the process grew by {self.grown_bytes / 1e6:.0f} MB over all"
        yield ", ".join(f"{end} {count:,}" for end, count in self.ends.most_common())


@dataclass
class Stage(Scene):
    """A scene in which uploads are played to their end."""

    started: list[str] = field(default_factory=list)

    def drop(self, chance: Random, number: int) -> tuple[str, list[str]]:
        """Put one file of nonsense into the inbox and say so; its kind, and the edits it began."""
        key = f"{number}/{chance.choice(NAMES)}"
        if chance.random() < 0.1:
            kind, key, body = "a request file", f"{number}/a.request.json", b""
            body = mutated_json(chance, REQUEST)
            body = mutated(chance, body) if chance.random() < 0.5 else body
        else:
            kind = chance.choice(tuple(BODIES))
            body = BODIES[kind](chance)
        self.storage.objects["inbox", key] = body
        self.storage.metadata[key] = metadata_of(chance)
        size = chance.choice((len(body), 0, 2**40))  # an event may lie; only the store knows
        self.started.clear()
        self.queued.clear()
        message = event_about(key, f"v{number}", size).decode()
        for _ in range(chance.choice((1, 1, 2))):  # delivered at least once
            self.take_in(message, self.started.append)
        return kind, sorted(set(self.started))

    def play_all(self, edit_ids: list[str]) -> list[Edit]:
        """Play some edits, and those which their uploads turn out to ask for besides."""
        ended = [self.play(edit_id) for edit_id in edit_ids]
        for message in set(self.queued):
            self.started.clear()
            self.take_in(message, self.started.append)
            ended += [self.play(edit_id) for edit_id in self.started]
        return ended

    def records_about(self, number: int) -> int:
        """How many records there are in the table about one upload."""
        uploads = [from_item(item).get("upload") or {} for item in self.table.items.values()]
        return sum(upload.get("key", "").startswith(f"{number}/") for upload in uploads)

    def play(self, edit_id: str) -> Edit:
        """Take the steps the workflow would take, until the edit is closed."""
        error = None
        for _ in range(STEPS):
            edit = self.records.get(edit_id)
            if edit.is_finished:
                return edit
            try:
                step = self._step(edit)
            except RetakeError as raised:
                error = type(raised).__name__
                step = None
            if step is None or step.next in ("PERSIST", "FIT", "SETTLE"):
                self._persist(self.records.get(edit_id), error or _without_fit(step))
        return self.records.get(edit_id)

    def _step(self, edit: Edit) -> Any:
        if edit.validated_at is None and edit.fit_planned_at is None and not edit.conclusion:
            self.validate(edit, look=probe, inbox=Inbox())
        step = self.submit(self.records.get(edit.edit_id))
        if step.next in ("SUBMIT", "POLL", "WAIT") or step.wait_seconds:
            self.clock.advance(step.wait_seconds or 1)
            edit = self.records.get(edit.edit_id)
            step = self.poll(edit) if edit.provider_task_id else step
        return step

    def _persist(self, edit: Edit, error: str | None) -> None:
        keeper = ResultSaver(
            storage=self.storage,
            bucket="results",
            provider=lambda name: self.provider,
            downloads=FakeDownloads(b"not a video"),  # type: ignore[arg-type]
        )
        for _ in range(TRIES):
            try:
                persist(
                    self.records.get(edit.edit_id),
                    records=self.records,
                    keeper=keeper,
                    publish=self.published.append,
                    error=error,
                )
            except Unavailable:  # the workflow comes again, for hours
                self.clock.advance(900)
            else:
                return


def _without_fit(step: Any) -> str | None:
    # What Fit would do is tried elsewhere: here its edits end as if the function had failed.
    return "States.TaskFailed" if step is not None and step.next == "FIT" else None


def run(count: int, seed: int = 0, *, first: int = 0) -> Tally:
    """Play so many uploads; raises AssertionError where one does not end as it should.

    Each upload follows from the seed and its number alone.
    """
    tally, stage = Tally(), Stage()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(first, first + count):
        chance = Random(f"{seed} {number}")
        if number % 100 == 0:
            stage = Stage()  # a fresh table: this is about edits, not about many of them
        stage.provider.submissions = [stage.accepting(f"task-{number}")]
        orders = len(stage.provider.orders)
        begun = time.process_time()
        kind, edit_ids = stage.drop(chance, number)
        edits = stage.play_all(edit_ids)
        taken = time.process_time() - begun
        sent = len(stage.provider.orders) - orders
        which = f"{kind}, seed={seed}, number={number}"
        assert len(edits) == stage.records_about(number) >= 1, which
        assert len(edits) == (1 if edits[0].batch_id is None else _asked_for(stage, edits[0])), (
            which
        )
        assert sent <= sum(edit.validated_at is not None for edit in edits), which
        assert taken < SECONDS * len(edits), which
        tally.uploads += 1
        tally.kinds[kind] += 1
        for edit in edits:
            _judge(edit, which)
            tally.ends[str(edit.reason or edit.status)] += 1
            tally.invalid += edit.status is Status.REJECTED
        tally.edits += len(edits)
        tally.orders += sent
        tally.slowest_seconds = max(tally.slowest_seconds, taken)
    tally.grown_bytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    return tally


def _asked_for(stage: Stage, edit: Edit) -> int:
    """How many edits the batch of this one has, by its own record."""
    batch = stage.table.get(f"batch#{edit.batch_id}") or {}
    return len(batch["edit_ids"])


def _judge(edit: Edit, which: str) -> None:
    """Closed, with its reason and a sentence; sent only where the clip was taken."""
    assert edit.is_finished, which
    assert edit.status is Status.SUCCEEDED or isinstance(edit.reason, Reason), which
    assert edit.conclusion is None or edit.conclusion.message, which
    if edit.status is Status.REJECTED:
        assert edit.attempts == (), which
        assert edit.submit_started_at is None, which
