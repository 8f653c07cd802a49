"""The switches of the template that are off by default, on a running stack."""

from pathlib import Path

import pytest

from local.emulator.running_stack import NotFinished
from tests.end_to_end.conftest import StartStack

pytestmark = pytest.mark.long


def test_stopped_an_upload_waits_in_the_queue_and_nobody_is_asked(
    start_stack: StartStack, clip: Path
) -> None:
    stack = start_stack(copying=True, EmergencyStop="on")
    upload = stack.upload(clip, "waiting.mp4", prompt="Make it noir")

    with pytest.raises(NotFinished):
        stack.edit_of(upload, patience=3)

    waiting = stack.clients.sqs.receive_message(QueueUrl=stack.outputs["IntakeQueueUrl"])
    assert "waiting.mp4" in waiting["Messages"][0]["Body"]
    assert stack.ledger()["entries"] == []


def test_a_stack_with_a_key_of_its_own_and_access_logs_edits_as_every_other(
    start_stack: StartStack, clip: Path
) -> None:
    stack = start_stack(copying=True, OwnKey="on", AccessLogBucket="logs-of-this-account")

    record = stack.wait_for(stack.drop(clip, "own.mp4", prompt="Make it noir"))

    assert record["status"] == "SUCCEEDED"
