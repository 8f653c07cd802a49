"""Many edits at once without the engine: real handlers and state machine, over stores in memory."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from retake.media.ranged_reader import Blocks

from virtual import lambdas
from virtual.recorded import edits_in
from virtual.whole_stack import Stage
from virtual.wiring import Current, handler
from virtual.world import Actor

MODEL = "novita/kling-o1-edit"
HOUR = 3600.0
READS, QUERIES = ("table.get", "table.get_many"), ("table.first", "table.newest")
STATES = ("listen.update", "confirm.update")  # writes by the state machine itself


class Crowd:
    """So many clips dropped at one moment and played to the end; `calls` and `own_ms` are of all.

    Raises RuntimeError when not each of them succeeds with one accepted job.
    """

    def __init__(self, many: int) -> None:
        self.many = many
        self.own_ms = 0.0
        self._inside: set[Actor] = set()  # who is in a handler: only then its calls are outside
        self.stage = stage = Stage(MODEL, calls_back=True)
        self._call = stage.gate.call
        stage.gate.call = self._outside  # type: ignore[method-assign]  # to stop the watch there
        for number in range(many):
            stage.deliver(stage.upload(f"clip-{number}.mp4"))
        stage.world.horizon = HOUR
        Current.stage = stage
        stage.gate.most_calls = 100 * many
        with (
            patch.object(lambdas, "handler", self._watched),
            # A thousand look into their clips by turns, which no real clock may judge.
            patch.object(Blocks, "_watch_clock", lambda blocks: None),
        ):
            stage.world.run()
        self.calls = Counter(point.name for point in stage.gate.trace)
        ends = Counter(edit["status"] for edit in edits_in(stage).values())
        if ends != {"SUCCEEDED": many} or len(stage.ledger.jobs) != many:
            raise RuntimeError(f"{many} edits ended as {ends} with {len(stage.ledger.jobs)} jobs")

    def each(self, *names: str) -> float:
        """Calls under these names, for one edit."""
        return sum(self.calls[name] for name in names) / self.many

    @property
    def table_requests(self) -> float:
        return self.each(*READS, *QUERIES, "table.write", *STATES)

    @property
    def transitions(self) -> float:
        """States entered, each of which is a transition that is billed."""
        histories = [run.history for run in self.stage.states.executions.values()]
        # Its first entry is what the execution was given.
        return sum(len(history) - 1 for history in histories) / self.many

    def _watched(self, name: str) -> Callable[..., Any]:
        handle = handler(name)

        def watched(event: Any, context: Any) -> Any:
            actor = self.stage.world.me
            self._inside.add(actor)
            began = time.thread_time()
            try:
                return handle(event, context)
            finally:
                self._inside.discard(actor)
                self.own_ms += (time.thread_time() - began) * 1000

        return watched

    def _outside(self, *args: Any, **given: Any) -> Any:
        if self.stage.world.me not in self._inside:
            return self._call(*args, **given)
        began = time.thread_time()
        try:
            return self._call(*args, **given)
        finally:
            self.own_ms -= (time.thread_time() - began) * 1000
