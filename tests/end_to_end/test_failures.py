"""What goes wrong after the submit: always an answer, never a second job."""

from pathlib import Path

from local.mailbox import body
from tests.end_to_end.conftest import StartStack
from tests.end_to_end.stage import Stage


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


def test_an_edit_that_never_finishes_ends_at_the_deadline(
    start_stack: StartStack, clip: Path
) -> None:
    stack = start_stack(DeadlineSeconds="5", copying=True)
    stack.faults({"provider": "novita", "call": "poll", "fault": "stuck"})

    record = stack.wait_for(stack.drop(clip, "stuck.mp4", prompt="Make it noir"))

    assert (record["status"], record["reason"]) == ("FAILED", "TIMED_OUT")
    assert record["at_risk_usd"] == record["quoted_usd"] > 0
    assert stack.ledger()["totals"]["accepted"] == 1


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
    assert not any(record["edit_id"] in key for key in keys)


def test_a_download_that_breaks_off_is_begun_again(stack: Stage, clip: Path) -> None:
    stack.faults({"provider": "novita", "call": "cdn", "times": 1, "fault": "truncate"})

    record = stack.wait_for(stack.drop(clip, "broken.mp4", prompt="Make it noir"))

    assert record["status"] == "SUCCEEDED"
    head = stack.clients.s3.head_object(
        Bucket=stack.address.results_bucket, Key=record["result"]["key"]
    )
    assert head["ContentLength"] == record["result"]["size_bytes"]


def test_an_answer_lost_at_the_submit_is_never_sent_again(
    start_stack: StartStack, clip: Path
) -> None:
    stack = start_stack(DeadlineSeconds="3", copying=True)
    stack.faults({"provider": "novita", "call": "submit", "fault": "drop"})

    record = stack.wait_for(stack.drop(clip, "lost.mp4", prompt="Make it noir"))

    assert (record["status"], record["reason"]) == ("FAILED", "SUBMIT_UNCERTAIN")
    assert record["at_risk_usd"] == record["quoted_usd"]
    assert stack.ledger()["totals"]["accepted"] == 1
    assert len(stack.messages(record["edit_id"])) == 1
