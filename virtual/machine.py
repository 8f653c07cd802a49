"""The real state machine, interpreted: Task, Choice, Wait, Fail, Retry, Catch and task tokens."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from virtual.jsonata import Undefined, evaluated
from virtual.world import Abandoned, World

Data = dict[str, Any]
FILE = Path(__file__).parents[1] / "statemachine/edit_video.asl.json"
DEFINITION: Data = json.loads(FILE.read_text())
# Errors that no Catch of States.ALL sees (Step Functions Developer Guide, "Handling errors").
UNCATCHABLE = frozenset({"States.Runtime", "States.DataLimitExceeded"})
RESULT_BYTES = 8 * 1024  # Step Functions allows 256 KiB; only ids travel here


class StateError(Exception):
    """A state failed, under the name that Retry and Catch look for."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Invocation:
    """Something under way that somebody waits for: a function, or a call a state makes itself."""

    def __init__(self, execution: "Execution | None", deadline: float, given_up_at: float) -> None:
        self.execution = execution
        self.deadline = deadline
        self.given_up_at = given_up_at
        self.is_orphan = False

    @property
    def can_abort(self) -> bool:
        return self.execution is not None and self.execution.status == "RUNNING"

    def orphan(self) -> None:
        """Nobody waits any more; the caller goes on as after its own timeout."""
        self.is_orphan = True
        self.deadline = self.given_up_at + 60
        if self.execution is not None and self.execution.status == "RUNNING":
            self.execution.give_up(self.given_up_at)

    def abort(self) -> None:
        self.is_orphan = True
        if self.execution is not None:
            self.execution.abort()


class Services(Protocol):
    """What the states call."""

    def perform(self, execution: "Execution", resource: str, arguments: Data, state: Data) -> Any:
        """The result of a task. Raises StateError."""

    def ended(self, execution: "Execution") -> None:
        """An execution has ended, however it did."""


class Execution:
    """One execution. It runs in an actor; when that is orphaned, another one carries it on."""

    def __init__(self, world: World, services: Services, name: str, given: Data) -> None:
        self.world = world
        self.name = name
        self.status = "RUNNING"
        self.history: list[Any] = [given]
        self.caught = 0  # errors that a state has left by: noted beside it, and no execution more
        self.token_number = 0
        self._services = services
        self._ends_at = world.seconds + DEFINITION["TimeoutSeconds"]
        self._state = DEFINITION["StartAt"]
        self._data = given
        self._retries: dict[int, int] = {}
        self._line = 0  # which actor carries it on; all others have been superseded
        self._go_on(0.0)

    def redrive(self) -> None:
        """Carry a failed execution on from the state that failed, with the same input."""
        self.status = "RUNNING"
        self._retries = {}
        self._go_on(0.0)

    def abort(self) -> None:
        self._end("ABORTED")

    def give_up(self, moment: float) -> None:
        """The state's own timeout ends a task whose function still runs."""
        self._go_on(max(0.0, moment - self.world.seconds), StateError("States.Timeout"))

    def _go_on(self, after: float, error: StateError | None = None) -> None:
        self._line += 1
        line = self._line
        actor = self.world.spawn(self.name, lambda: self._run(line, error), after=after)
        actor.is_observed = self._is_observed()

    def _is_observed(self) -> bool:
        running = self.world.running
        return running is None or running.is_observed

    def _run(self, line: int, error: StateError | None) -> None:
        while True:
            self._check(line)
            state = DEFINITION["States"][self._state]
            following: str | None
            match state["Type"]:
                case "Task":
                    try:
                        self._data, following = self._task(line, state, error)
                    except StateError:
                        self._check(line)
                        self._end("FAILED")
                        return
                case "Choice":
                    following = self._chosen(state)
                case "Wait":
                    seconds = float(self._filled(state["Seconds"]))
                    self.world.go_on_at(min(self.world.seconds + seconds, self._ends_at))
                    following = state["Next"]
                case "Fail":
                    self._end("FAILED")
                    return
                case other:
                    raise NotImplementedError(other)
            error = None
            self._check(line)
            self.history.append([self._state, self._data])
            if following is None:
                self._end("SUCCEEDED")
                return
            self._state, self._retries = following, {}

    def _task(self, line: int, state: Data, error: StateError | None) -> tuple[Data, str | None]:
        while True:
            if error is None:
                try:
                    return self._performed(state), state.get("Next")
                except StateError as failure:
                    error = failure
            self._check(line)
            self.history.append([self._state, error.name])
            wait = self._wait_before_retry(state, error)
            if wait is None:
                break
            self.world.sleep(wait)
            self._check(line)
            error = None
        for rule in state["Catch"]:
            if _covers(rule, error):
                self.caught += 1
                said = {"errorOutput": {"Error": error.name, "Cause": "said elsewhere"}}
                return self._filled(rule["Output"], **said), rule["Next"]
        raise error

    def _performed(self, state: Data) -> Data:
        arguments = self._filled(state["Arguments"])
        result = self._services.perform(self, state["Resource"], arguments, state)
        output: Data = json.loads(json.dumps(self._filled(state["Output"], result=result)))
        assert len(json.dumps(output)) <= RESULT_BYTES, "a state's output grew"
        return output

    def timeout_of(self, state: Data) -> float:
        return float(self._filled(state["TimeoutSeconds"]))

    def _filled(self, template: Any, **more: Any) -> Any:
        context = {"Task": {"Token": self.token}}
        states = {"input": self._data, "context": context, **more}
        try:
            return evaluated(template, {**states, "now": self.world.now().isoformat()})
        except Undefined:
            raise StateError("States.QueryEvaluationError") from None

    @property
    def token(self) -> str:
        return f"TASK-TOKEN-{self.name}-{self.token_number}"

    def _chosen(self, state: Data) -> str:
        for case in state["Choices"]:
            if self._filled(case["Condition"]) is True:
                return str(case["Next"])
        return str(state["Default"])

    def _wait_before_retry(self, state: Data, error: StateError) -> float | None:
        for number, rule in enumerate(state["Retry"]):
            if not _covers(rule, error):
                continue
            tried = self._retries.get(number, 0)
            if tried >= rule["MaxAttempts"]:
                return None
            self._retries[number] = tried + 1
            longest = min(
                rule["IntervalSeconds"] * rule["BackoffRate"] ** tried, rule["MaxDelaySeconds"]
            )
            return self.world.rng.uniform(0, longest)  # JitterStrategy FULL
        return None

    def _check(self, line: int) -> None:
        if self._line != line or self.status != "RUNNING":
            raise Abandoned
        if self.world.seconds >= self._ends_at:
            self._end("TIMED_OUT")
            raise Abandoned

    def _end(self, status: str) -> None:
        if self.status == "RUNNING":
            self.status = status
            self._services.ended(self)


def _covers(rule: Mapping[str, Any], error: StateError) -> bool:
    names = rule["ErrorEquals"]
    if error.name in names:
        return True
    if error.name in UNCATCHABLE:
        return False
    return "States.ALL" in names or (
        "States.TaskFailed" in names and error.name != "States.Timeout"
    )
