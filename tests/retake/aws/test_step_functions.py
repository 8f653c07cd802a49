import json
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from retake.aws.messaging import AsyncInvoke, WorkQueue
from retake.aws.step_functions import Workflow
from retake.domain.errors import Misconfigured, RetakeError, Unavailable

ARN = "arn:aws:states:eu-central-1:111122223333:stateMachine:edit"


class Machine:
    """Step Functions' two answers, and what it was asked."""

    def __init__(self, failure: BotoCoreError | ClientError | None = None) -> None:
        self.failure = failure
        self.asked: list[dict[str, Any]] = []

    def start_execution(self, **arguments: Any) -> Any:
        self.asked.append(arguments)
        if self.failure is not None:
            raise self.failure
        return {}

    send_task_success = start_execution
    send_message = start_execution
    invoke = start_execution


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "AWS's own words"}}, "Anything")


DOWN = EndpointConnectionError(endpoint_url="https://states")


def test_it_is_told_whether_anybody_was_woken() -> None:
    assert Workflow(Machine(), ARN).wake("token")
    assert not Workflow(Machine(refused("TaskTimedOut")), ARN).wake("token")


def test_an_execution_is_named_after_its_edit_and_gets_nothing_but_its_id() -> None:
    machine = Machine()

    Workflow(machine, ARN).start("e-1")

    (asked,) = machine.asked
    assert (asked["stateMachineArn"], asked["name"]) == (ARN, "e-1")
    assert json.loads(asked["input"]) == {"edit_id": "e-1"}


def test_an_execution_that_exists_was_started() -> None:
    Workflow(Machine(refused("ExecutionAlreadyExists")), ARN).start("e-1")


@pytest.mark.parametrize(
    ("failure", "named"),
    [
        (refused("ThrottlingException"), Unavailable),
        (refused("ExecutionLimitExceeded"), Unavailable),
        (refused("ServiceUnavailable"), Unavailable),
        (refused("SomethingNobodyKnows"), Unavailable),
        (DOWN, Unavailable),
        (refused("StateMachineDoesNotExist"), Misconfigured),
        (refused("InvalidArn"), Misconfigured),
        (refused("AccessDeniedException"), Misconfigured),
    ],
)
def test_an_execution_that_cannot_be_started_says_who_can_help(
    failure: BotoCoreError | ClientError, named: type[RetakeError]
) -> None:
    with pytest.raises(named) as raised:
        Workflow(Machine(failure), ARN).start("e-1")

    assert "own words" not in str(raised.value)


def test_a_stack_without_a_state_machine_says_which_variable_is_empty() -> None:
    with pytest.raises(Misconfigured, match="STATE_MACHINE_ARN"):
        Workflow(Machine(), "").start("e-1")


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_wait_that_is_over_needs_no_waking(code: str) -> None:
    Workflow(Machine(refused(code)), ARN).wake("token")


@pytest.mark.parametrize("failure", [refused("ThrottlingException"), DOWN])
def test_a_wait_that_cannot_be_ended_now_may_be_later(
    failure: BotoCoreError | ClientError,
) -> None:
    with pytest.raises(Unavailable) as raised:
        Workflow(Machine(failure), ARN).wake("token-canary")

    assert "canary" not in str(raised.value)


def test_waking_hands_over_the_token_and_no_data() -> None:
    machine = Machine()

    Workflow(machine, "").wake("token")

    assert machine.asked == [{"taskToken": "token", "output": "{}"}]


def test_an_errand_is_handed_over_without_waiting_for_its_end() -> None:
    machine = Machine()

    AsyncInvoke(machine, "erase").ask("e-1")

    (asked,) = machine.asked
    assert (asked["FunctionName"], asked["InvocationType"]) == ("erase", "Event")
    assert json.loads(asked["Payload"]) == {"edit_id": "e-1"}


@pytest.mark.parametrize("failure", [refused("TooManyRequestsException"), DOWN])
def test_an_errand_that_cannot_be_handed_over_may_be_later(
    failure: BotoCoreError | ClientError,
) -> None:
    with pytest.raises(Unavailable):
        AsyncInvoke(Machine(failure), "erase").ask("e-1")


def test_a_stack_without_the_function_says_which_variable_is_empty() -> None:
    with pytest.raises(Misconfigured, match="ERASE_FUNCTION"):
        AsyncInvoke(Machine(), "").ask("e-1")


def test_a_message_may_be_put_back_for_later() -> None:
    machine = Machine()

    WorkQueue(machine, "https://queue").send("{}", 300)

    assert machine.asked == [
        {"QueueUrl": "https://queue", "MessageBody": "{}", "DelaySeconds": 300}
    ]


@pytest.mark.parametrize("failure", [DOWN, refused("KmsThrottled")])
def test_a_queue_that_is_down_says_so(failure: BotoCoreError | ClientError) -> None:
    with pytest.raises(Unavailable, match="SQS cannot answer now"):
        WorkQueue(Machine(failure), "https://queue").send("{}")
