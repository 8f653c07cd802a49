"""What goes wrong after the submit: always an answer, never a second job."""

from pathlib import Path

import pytest

from local.emulator.topic_inbox import body
from tests.end_to_end.conftest import StartStack
from tests.end_to_end.stage import Stage

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def _hasty_stack(start_module_stack: StartStack) -> Stage:
    return start_module_stack(DeadlineSeconds="5", copying=True)


@pytest.fixture
def hasty(_hasty_stack: Stage) -> Stage:
    """A stack that gives up soon."""
    return _as_new(_hasty_stack)


@pytest.fixture(scope="module")
def _parking_stack(start_module_stack: StartStack) -> Stage:
    return start_module_stack(ParkSeconds="36", copying=True)


@pytest.fixture
def parking(_parking_stack: Stage) -> Stage:
    """A stack whose edits wait for credit."""
    return _as_new(_parking_stack)


def _as_new(stack: Stage) -> Stage:
    stack.faults()
    stack.clear_ledger()
    return stack


def test_a_failure_at_the_provider_is_told_in_its_words(stack: Stage, clip: Path) -> None:
    stack.faults(
        {"provider": "novita", "call": "poll", "fault": "fail", "reason": "The scene is too dark"}
    )

    record = stack.wait_for(stack.drop(clip, "dark.mp4", prompt="Make it noir"))

    assert (record["status"], record["reason"]) == ("FAILED", "PROVIDER_FAILED")
    assert "too dark" in record["message"]
    (message,) = stack.messages(record["edit_id"])
    assert body(message)["reason"] == "PROVIDER_FAILED"
    assert stack.ledger()["totals"]["accepted"] == 1


def test_an_edit_that_never_finishes_ends_at_the_deadline(hasty: Stage, clip: Path) -> None:
    hasty.faults({"provider": "novita", "call": "poll", "fault": "stuck"})

    record = hasty.wait_for(hasty.drop(clip, "stuck.mp4", prompt="Make it noir"))

    assert (record["status"], record["reason"]) == ("FAILED", "TIMED_OUT")
    assert record["at_risk_usd"] == record["quoted_usd"] > 0
    assert hasty.ledger()["totals"]["accepted"] == 1


def test_no_credit_at_the_provider_costs_nothing(stack: Stage, clip: Path) -> None:
    stack.faults({"provider": "novita", "call": "submit", "fault": "no_credit"})

    record = stack.wait_for(stack.drop(clip, "poor.mp4", prompt="Make it noir"))

    assert (record["status"], record["reason"]) == ("FAILED", "NO_CREDIT")
    assert record["billed_usd"] == 0
    assert stack.ledger()["totals"]["billed"] == 0


def test_polls_that_fail_do_not_fail_the_edit(stack: Stage, clip: Path) -> None:
    stack.faults({"provider": "novita", "call": "poll", "times": 2, "fault": "internal"})

    record = stack.wait_for(stack.drop(clip, "patient.mp4", prompt="Make it noir"))

    assert record["status"] == "SUCCEEDED"


def test_a_result_that_is_a_web_page_is_never_delivered(stack: Stage, clip: Path) -> None:
    stack.faults({"provider": "novita", "call": "cdn", "fault": "not_video"})

    record = stack.wait_for(stack.drop(clip, "page.mp4", prompt="Make it noir"))

    assert (record["status"], record["reason"]) == ("FAILED", "BAD_RESULT")
    listed = stack.clients.s3.list_objects_v2(Bucket=stack.address.results_bucket)
    keys = [each["Key"] for each in listed.get("Contents", [])]
    # What came was paid for and stays, under the key that the record names; nothing is beside it.
    delivered = record["details"]["delivered"]["key"]
    assert [key for key in keys if record["edit_id"] in key] == [delivered]
    assert delivered in record["message"]


def test_a_download_that_breaks_off_is_begun_again(stack: Stage, clip: Path) -> None:
    stack.faults({"provider": "novita", "call": "cdn", "times": 1, "fault": "truncate"})

    record = stack.wait_for(stack.drop(clip, "broken.mp4", prompt="Make it noir"))

    assert record["status"] == "SUCCEEDED"
    head = stack.clients.s3.head_object(
        Bucket=stack.address.results_bucket, Key=record["result"]["key"]
    )
    assert head["ContentLength"] == record["result"]["size_bytes"]


def test_an_answer_lost_at_the_submit_is_never_sent_again(hasty: Stage, clip: Path) -> None:
    hasty.faults({"provider": "aimlapi", "call": "submit", "fault": "drop"})

    record = hasty.wait_for(
        hasty.drop(clip, "lost.mp4", prompt="Make it noir", model="aimlapi/kling-o1-edit")
    )

    assert (record["status"], record["reason"]) == ("FAILED", "SUBMIT_UNCERTAIN")
    assert record["at_risk_usd"] == record["quoted_usd"]
    assert hasty.ledger()["totals"]["accepted"] == 1
    assert len(hasty.messages(record["edit_id"])) == 1


@pytest.mark.parametrize("model", ["novita/kling-o1-edit", "fal/kling-o1-edit"])
def test_an_accepted_edit_whose_answer_was_lost_is_found_and_delivered(
    parking: Stage, clip: Path, model: str
) -> None:
    # Novita calls back on the attempt's own address; fal, its calls lost too, lists its jobs.
    parking.faults(
        {"call": "submit", "times": 1, "fault": "drop"},
        {"provider": "fal", "call": "callback", "fault": "none"},
    )

    record = parking.wait_for(parking.drop(clip, "found.mp4", prompt="Make it noir", model=model))

    assert record["status"] == "SUCCEEDED"
    assert parking.ledger()["totals"]["accepted"] == 1
    assert parking.ledger()["totals"]["billed"] == 1


def test_edits_without_credit_wait_and_go_on_when_there_is_some(parking: Stage, clip: Path) -> None:
    parking.faults({"provider": "novita", "call": "submit", "times": 1, "fault": "no_credit"})

    edits = [parking.drop(clip, f"poor {n}.mp4", prompt="Make it noir") for n in range(3)]
    records = [parking.wait_for(edit_id) for edit_id in edits]

    assert {record["status"] for record in records} == {"SUCCEEDED"}
    assert parking.ledger()["totals"]["accepted"] == 3


def test_an_execution_stopped_by_hand_still_gets_its_answer(parking: Stage, clip: Path) -> None:
    parking.faults({"provider": "novita", "call": "poll", "times": 1, "fault": "stuck"})
    edit_id = parking.drop(clip, "stopped.mp4", prompt="Make it noir")
    for _record in parking.follow(edit_id):
        if _record.get("provider_task_id"):
            break

    arn = parking.address.state_machine_arn.replace(":stateMachine:", ":execution:")
    parking.clients.stepfunctions.stop_execution(executionArn=f"{arn}:{edit_id}")
    record = parking.told(edit_id)

    assert (record["status"], record["reason"]) == ("CANCELLED", "CANCELLED")
    assert record["at_risk_usd"] == record["quoted_usd"]
    assert len(parking.messages(edit_id)) == 1
