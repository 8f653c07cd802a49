"""What Lambda does to a stack by itself: it refuses calls, and sandboxes die after their work."""

import time
from pathlib import Path

import pytest

from local.emulator.engine import STACK_NAME
from local.emulator.topic_inbox import body
from tests.end_to_end.conftest import StartStack
from tests.end_to_end.stage import Stage

pytestmark = pytest.mark.long


def function(stack: Stage, logical: str) -> str:
    found = stack.clients.cloudformation.describe_stack_resource(
        StackName=STACK_NAME, LogicalResourceId=logical
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def test_an_edit_waits_while_lambda_refuses_its_steps_and_is_paid_for_once(
    start_stack: StartStack, clip: Path
) -> None:
    stack = start_stack(copying=True)
    limited = [function(stack, f"{word}Function") for word in ("Submit", "Poll", "Persist")]
    for name in limited:
        stack.clients.functions.put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=0
        )

    edit_id = stack.drop(clip, "refused.mp4", prompt="Make it noir")
    time.sleep(1)  # in which Submit is refused
    for name in limited:
        stack.clients.functions.delete_function_concurrency(FunctionName=name)

    assert stack.wait_for(edit_id)["status"] == "SUCCEEDED"
    assert stack.ledger()["totals"]["accepted"] == 1


def test_steps_whose_sandbox_dies_after_their_work_lose_nothing_and_pay_once(
    start_stack: StartStack, clip: Path
) -> None:
    deaths = ",".join(f"{word}Function=1" for word in ("Intake", "Submit", "Poll", "Persist"))
    stack = start_stack(copying=True, environment={"RETAKE_DEATHS": deaths})

    edit_id = stack.drop(clip, "dying.mp4", prompt="Make it noir")
    record = stack.wait_for(edit_id, patience=120)

    assert record["status"] == "SUCCEEDED", (record.get("message"), stack.trouble())
    assert stack.ledger()["totals"]["accepted"] == 1
    ids = {body(message)["notification_id"] for message in stack.messages(edit_id)}
    assert ids == {record["notification_id"]}
