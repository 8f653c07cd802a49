"""Step Functions and SNS as the stack calls them, and what the states call by themselves."""

import json
from typing import TYPE_CHECKING, Any

from virtual.faulty_services import aws_error
from virtual.machine import Data, Execution, Invocation, StateError
from virtual.points import INTEGRATED, READ, SENT, WRITE
from virtual.update import Refused, update
from virtual.world import Actor, Stopped, TimedOut

if TYPE_CHECKING:
    from virtual.whole_stack import Stage

LAMBDA = "arn:aws:states:::lambda:invoke"
THROTTLED, CUT_OFF = "Lambda.TooManyRequestsException", "Lambda.ClientExecutionTimeoutException"
UPDATE = "arn:aws:states:::dynamodb:updateItem"
LISTEN = "arn:aws:states:::aws-sdk:dynamodb:updateItem.waitForTaskToken"


class States:
    """The executions by name; the client that the code starts, wakes and describes them with."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self._world = stage.world
        self._gate = stage.gate
        self.executions: dict[str, Execution] = {}
        self.notices: list[Data] = []
        self._waiting: dict[str, tuple[Execution, Actor]] = {}
        self._woken: set[str] = set()

    @property
    def asleep(self) -> set[Actor]:
        """Those who wait for a word that nobody has said yet."""
        waiting = self._waiting.items()
        return {actor for token, (_, actor) in waiting if token not in self._woken}

    # ------------------------------------------------ as the SDK's clients

    def start_execution(self, **given: Any) -> Data:
        self._gate.call(
            "states.start", lambda: self._start(given), modes=WRITE, error=_unavailable("start")
        )
        return {}

    def send_task_success(self, **given: Any) -> Data:
        token = given["taskToken"]
        self._gate.call(
            "states.wake", lambda: self._wake(token), modes=WRITE, error=_unavailable("wake")
        )
        return {}

    def describe_execution(self, **given: Any) -> Data:
        name = given["executionArn"].rpartition(":")[2]
        return self._gate.call(
            "states.describe",
            lambda: self._described(name),
            modes=READ,
            error=_unavailable("describe"),
        )

    def publish(self, **given: Any) -> Data:
        self._gate.call(
            "sns.publish",
            lambda: self.notices.append(given),
            modes=WRITE,
            error=_unavailable("publish"),
        )
        return {}

    def _start(self, given: Data) -> None:
        name = given["name"]
        assert len(name) <= 80
        found = self.executions.get(name)
        if found is None:
            given = json.loads(given["input"])
            self.executions[name] = Execution(self._world, self, name, given)
        elif found.status != "RUNNING":
            raise aws_error("ExecutionAlreadyExists", "start")

    def rerun(self, edit_id: str) -> None:
        """Redrive the edit's execution if it has failed, and else start one more beside it."""
        found = self.executions.get(edit_id)
        if found is not None and found.status in ("FAILED", "TIMED_OUT", "ABORTED"):
            found.redrive()
        elif found is not None:
            name = f"{edit_id}-again"
            self.executions[name] = Execution(self._world, self, name, {"edit_id": edit_id})

    def _wake(self, token: str) -> None:
        if token not in self._waiting:
            raise aws_error("TaskTimedOut", "wake")
        execution, actor = self._waiting[token]
        if execution.status != "RUNNING":
            raise aws_error("TaskTimedOut", "wake")
        self._woken.add(token)
        self._world.wake(actor)

    def _described(self, name: str) -> Data:
        if name not in self.executions:
            raise aws_error("ExecutionDoesNotExist", "describe")
        return {"status": self.executions[name].status}

    # ------------------------------------------------ as the states call it

    def perform(self, execution: Execution, resource: str, arguments: Data, state: Data) -> Any:
        seconds = execution.timeout_of(state)
        if resource == LAMBDA:
            name = arguments["FunctionName"].removeprefix("${").removesuffix("FunctionArn}").lower()
            done = []

            def invoked() -> Any:
                answer = self._stage.lambdas.invoke(name, arguments["Payload"], execution, seconds)
                done.append(answer)
                return answer

            answer = self._gate.call(
                f"lambda.{name}",
                invoked,
                modes=SENT,
                # Refused before anything was done, or the answer lost after all of it.
                error=lambda: StateError(CUT_OFF if done else THROTTLED),
            )
            return {"Payload": json.loads(json.dumps(answer))}
        deadline = self._world.seconds + seconds
        actor = self._world.me
        actor.invocation = Invocation(execution, deadline, deadline)
        try:
            return {UPDATE: self._update, LISTEN: self._listen}[resource](
                execution, arguments, seconds
            )
        except TimedOut:
            raise StateError("States.Timeout") from None
        except Stopped:
            raise
        finally:
            actor.invocation = None

    def ended(self, execution: Execution) -> None:
        self._stage.ended(execution)

    def _update(self, execution: Execution, arguments: Data, seconds: float) -> Data:
        self._change("confirm.update", arguments, "DynamoDB.")
        return {}

    def _listen(self, execution: Execution, arguments: Data, seconds: float) -> Data:
        execution.token_number += 1
        token, deadline = execution.token, self._world.seconds + seconds
        arguments["ExpressionAttributeValues"] = {":token": {"S": token}}
        self._waiting[token] = (execution, self._world.me)
        try:
            self._change("listen.update", arguments, "DynamoDb.")
            if token not in self._woken:
                self._world.go_on_at(deadline)
            if token not in self._woken:
                raise StateError("States.Timeout")
            return {}
        finally:
            del self._waiting[token]

    def _change(self, name: str, arguments: Data, service: str) -> None:
        def changed() -> None:
            try:
                update(self._stage.table, arguments)
            except Refused:
                raise StateError(f"{service}ConditionalCheckFailedException") from None

        self._gate.call(
            name,
            changed,
            modes=INTEGRATED,
            error=lambda: StateError(f"{service}InternalServerErrorException"),
        )


def _unavailable(verb: str) -> Any:
    return lambda: aws_error("InternalServerError", verb)
