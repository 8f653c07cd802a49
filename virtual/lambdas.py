"""Lambda, the queue before it and the events around it: who calls a handler, and calls it again."""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from virtual.machine import Execution, Invocation, StateError
from virtual.wiring import handler
from virtual.world import Abandoned, Killed, Stopped

if TYPE_CHECKING:
    from virtual.whole_stack import Stage

# As the template sets them, in seconds; a test compares.
FUNCTION_SECONDS = {
    "intake": 60,
    "validate": 60,
    "fit": 900,
    "submit": 60,
    "poll": 60,
    "persist": 900,
    "callback": 20,
    "approve": 20,
    "sweep": 300,
    "erase": 120,
}
VISIBILITY_SECONDS = 360
SWEEPS = 300.0  # between two sweeps
MAX_RECEIVES = 900  # then the message goes to the dead letters, and the sweep is what is left
MAX_INTAKES = 2  # at once
THROTTLED_SECONDS = 60.0  # an event that was refused comes again so, for hours
EVENT_RETRIES = (60.0, 120.0)  # of an asynchronous invocation


# What each takes about, by the clock; a save as long as its download.
USUAL_SECONDS = {
    "intake": 0.3,
    "validate": 1.5,
    "submit": 1.0,
    "poll": 0.5,
    "persist": 5.0,
    "callback": 0.2,
}


@dataclass(frozen=True)
class Capacity:
    """How many functions the account runs at once, and how long each takes by itself, in seconds.

    What is refused for want of a place comes back as AWS has it: to the state machine as an error
    of its own, a message after its visibility, an event after a while; a provider's call never.
    """

    functions: float = float("inf")
    seconds: Mapping[str, float] = field(default_factory=dict)


class Lambdas:
    """Runs handlers as invocations that may be killed, time out, or be given up on."""

    def __init__(self, stage: "Stage", capacity: "Capacity") -> None:
        self._stage = stage
        self._world = stage.world
        self._capacity = capacity
        self._running: Counter[str] = Counter()
        self._queued: deque[Callable[[], None]] = deque()  # what intake has no hand free for
        self.stopped: dict[str, float] = {}  # until when, by function: nobody may call it
        self.throttled: Counter[str] = Counter()
        self.most: Counter[str] = Counter()  # that ran at once
        self.dead_letters: list[str] = []
        self.done: Counter[str] = Counter()  # what events invoked, and came to its end

    def invoke(self, name: str, event: dict[str, Any], execution: Execution, wait: float) -> Any:
        """A handler's answer to the state machine. Raises StateError."""
        if not self._admits(name):
            raise StateError("Lambda.TooManyRequestsException")
        deadline = self._world.seconds + FUNCTION_SECONDS[name]
        invocation = Invocation(execution, deadline, self._world.seconds + wait)
        actor = self._world.me
        actor.invocation = invocation
        failure: str | None = None
        answer: Any = None
        self._begin(name)
        try:
            answer = self._handled(name, event)
        except Abandoned:
            raise
        except Stopped as stop:
            failure = stop.name if isinstance(stop, Killed) else "Sandbox.Timedout"
        except Exception as error:
            failure = type(error).__name__
        finally:
            actor.invocation = None
            self._running[name] -= 1
        if invocation.is_orphan:
            raise Abandoned  # nobody waits for the answer
        if failure is not None:
            raise StateError(failure)
        return answer

    def _admits(self, name: str) -> bool:
        """Whether the account has a place for one function more."""
        is_stopped = self._world.seconds < self.stopped.get(name, 0.0)
        if not is_stopped and self._running.total() < self._capacity.functions:
            return True
        self.throttled[name] += 1
        return False

    def _begin(self, name: str) -> None:
        self._running[name] += 1
        self.most[name] = max(self.most[name], self._running[name])

    def _has_a_hand(self) -> bool:
        """Lambda takes no more out of the queue than it has hands for, which is no receive."""
        is_bounded = self._capacity.functions != float("inf")
        return not is_bounded or self._running["intake"] < MAX_INTAKES

    def _handled(self, name: str, event: dict[str, Any]) -> Any:
        seconds = self._capacity.seconds.get(name, 0.0)
        if seconds:
            self._world.sleep(seconds)
        return handler(name)(event, None)

    def deliver(self, body: str, *, after: float = 0.0, receives: int = 1) -> None:
        """A message of the intake queue, which comes again when it is not taken."""

        def again() -> None:
            if receives < MAX_RECEIVES:
                self.deliver(body, after=VISIBILITY_SECONDS, receives=receives + 1)
            else:
                self.dead_letters.append(body)

        event = {"Records": [{"messageId": "m-1", "body": body}]}
        self._summon(
            "intake", event, after, lambda answer: bool(answer["batchItemFailures"]), again
        )

    def summon(
        self,
        name: str,
        event: dict[str, Any],
        *,
        after: float = 0.0,
        is_observed: bool = True,
        tries: int = 0,
    ) -> None:
        """An event that invokes a function; it comes again a while later when that fails."""

        def again() -> None:
            if tries < len(EVENT_RETRIES):
                self.summon(
                    name,
                    event,
                    after=EVENT_RETRIES[tries],
                    is_observed=is_observed,
                    tries=tries + 1,
                )

        actor = self._summon(name, event, after, lambda answer: _is_later(answer), again)
        actor.is_observed = is_observed

    def _summon(
        self,
        name: str,
        event: dict[str, Any],
        after: float,
        has_failed: Callable[[Any], bool],
        again: Callable[[], None],
    ) -> Any:
        def work() -> None:
            if name == "intake" and not self._has_a_hand():
                self._queued.append(come)
                return
            if not self._admits(name):
                if name == "intake":
                    again()
                elif name != "callback":  # nobody calls twice who was told to call less
                    self._world.spawn(name, work, after=THROTTLED_SECONDS)
                return
            deadline = self._world.seconds + FUNCTION_SECONDS[name]
            self._world.me.invocation = Invocation(None, deadline, deadline)
            self._begin(name)
            try:
                failed = has_failed(self._handled(name, event))
            except Abandoned:
                raise
            except (Stopped, Exception):
                failed = True
            finally:
                self._running[name] -= 1
                if name == "intake" and self._queued:
                    self._queued.popleft()()
            if failed or self._world.me.invocation.is_orphan:
                again()
            else:
                self.done[name] += 1

        def come() -> None:
            self._world.spawn(name, work)

        return self._world.spawn(name, work, after=after)


def _is_later(answer: Any) -> bool:
    """A callback that was told to come again."""
    return isinstance(answer, dict) and answer.get("statusCode") == 503
