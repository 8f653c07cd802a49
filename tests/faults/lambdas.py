"""Lambda, the queue before it and the events around it: who calls a handler, and calls it again."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.faults.machine import Execution, Invocation, StateError
from tests.faults.wiring import handler
from tests.faults.world import Abandoned, Killed, Stopped

if TYPE_CHECKING:
    from tests.faults.whole_stack import Stage

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
    "sweep": 120,
    "erase": 120,
}
VISIBILITY_SECONDS = 360
MAX_RECEIVES = 5  # then the message goes to the dead letters, and the sweep is what is left
EVENT_RETRIES = (60.0, 120.0)  # of an asynchronous invocation


class Lambdas:
    """Runs handlers as invocations that may be killed, time out, or be given up on."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self._world = stage.world

    def invoke(self, name: str, event: dict[str, Any], execution: Execution, wait: float) -> Any:
        """A handler's answer to the state machine. Raises StateError."""
        deadline = self._world.seconds + FUNCTION_SECONDS[name]
        invocation = Invocation(execution, deadline, self._world.seconds + wait)
        actor = self._world.me
        actor.invocation = invocation
        failure: str | None = None
        answer: Any = None
        try:
            answer = handler(name)(event, None)
        except Abandoned:
            raise
        except Stopped as stop:
            failure = stop.name if isinstance(stop, Killed) else "Sandbox.Timedout"
        except Exception as error:
            failure = type(error).__name__
        finally:
            actor.invocation = None
        if invocation.is_orphan:
            raise Abandoned  # nobody waits for the answer
        if failure is not None:
            raise StateError(failure)
        return answer

    def deliver(self, body: str, *, after: float = 0.0, receives: int = 1) -> None:
        """A message of the intake queue, which comes again when it is not taken."""

        def again() -> None:
            if receives < MAX_RECEIVES:
                self.deliver(body, after=VISIBILITY_SECONDS, receives=receives + 1)

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
            deadline = self._world.seconds + FUNCTION_SECONDS[name]
            self._world.me.invocation = Invocation(None, deadline, deadline)
            try:
                failed = has_failed(handler(name)(event, None))
            except Abandoned:
                raise
            except (Stopped, Exception):
                failed = True
            if failed or self._world.me.invocation.is_orphan:
                again()

        return self._world.spawn(name, work, after=after)


def _is_later(answer: Any) -> bool:
    """A callback that was told to come again."""
    return isinstance(answer, dict) and answer.get("statusCode") == 503
