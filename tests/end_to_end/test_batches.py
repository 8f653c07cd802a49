"""One clip and several prompts on the running stack: each an edit, and one message for them all."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.emulator.api_client import call
from local.emulator.running_stack import Record
from local.emulator.topic_inbox import Message, body
from tests.end_to_end.stage import Stage

pytestmark = pytest.mark.long

# Several clips are painted at once, on however few processors.
PATIENCE = 240.0
PROMPTS = ["Make it noir", "Make it snow, at night", "Make it dusk"]


def edits_of(stack: Stage, first_id: str, count: int) -> list[Record]:
    """The finished edits of a batch, in order."""
    first = stack.wait_for(first_id, PATIENCE)
    ids = batch(stack, first["batch_id"])["edit_ids"]
    assert len(ids) == count
    return [stack.told(edit_id, PATIENCE) for edit_id in ids]


def batch(stack: Stage, batch_id: str) -> dict[str, Any]:
    answer = call(
        stack.address.api_url,
        "GET",
        f"/batches/{batch_id}",
        access_key=stack.address.access_key,
    )
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found


def about_batch(stack: Stage, batch_id: str) -> list[Message]:
    told = [body(message) for message in stack.messages()]
    return [it for it in told if it["schema"] == "retake.batch/1" and it["batch_id"] == batch_id]


def test_one_clip_with_three_prompts_is_three_edits_results_and_messages_and_one_for_all(
    stack: Stage, clip: Path
) -> None:
    first_id = stack.drop(clip, "shots/three.mp4", prompts=json.dumps(PROMPTS))

    records = edits_of(stack, first_id, 3)

    assert [record["status"] for record in records] == ["SUCCEEDED"] * 3
    assert [record["request"]["prompt"] for record in records] == PROMPTS
    assert len({record["source"]["version_id"] for record in records}) == 1
    keys = [record["result"]["key"] for record in records]
    assert keys == [f"edited/shots/three.{record['edit_id']}.mp4" for record in records]
    assert stack.ledger()["totals"]["accepted"] == 3
    for record in records:
        assert [body(it)["status"] for it in stack.messages(record["edit_id"])] == ["SUCCEEDED"]
    (told,) = about_batch(stack, records[0]["batch_id"])
    assert told["counts"] == {"SUCCEEDED": 3, "total": 3}
    assert [row["result"]["key"] for row in told["edits"]] == keys
    assert told["cost"]["billed_usd"] == round(sum(record["billed_usd"] for record in records), 4)


def test_a_bad_entry_is_refused_alone_and_the_message_says_so(stack: Stage, clip: Path) -> None:
    first_id = stack.drop(
        clip, "mixed.mp4", prompt="Make it noir", models="novita/kling-o1-edit, kling"
    )

    good, bad = edits_of(stack, first_id, 2)

    assert (good["status"], bad["status"], bad["reason"]) == (
        "SUCCEEDED",
        "REJECTED",
        "UNKNOWN_MODEL",
    )
    assert stack.ledger()["totals"]["accepted"] == 1
    (told,) = about_batch(stack, good["batch_id"])
    assert told["counts"] == {"SUCCEEDED": 1, "REJECTED": 1, "total": 2}


def test_a_batch_asked_for_over_http_ends_like_one_that_was_dropped(
    stack: Stage, clip: Path
) -> None:
    upload = stack.upload(clip, "sources/for-batch.mp4")
    said = call(
        stack.address.api_url,
        "POST",
        "/edits",
        {"prompts": PROMPTS[:2], "source": upload.key, "reference": "order 7"},
        access_key=stack.address.access_key,
    )
    assert said.status == 202, said.body

    records = [stack.told(edit_id, PATIENCE) for edit_id in said.json["edit_ids"]]

    assert [record["status"] for record in records] == ["SUCCEEDED"] * 2
    (told,) = about_batch(stack, said.json["batch_id"])
    assert (told["reference"], told["counts"]["SUCCEEDED"]) == ("order 7", 2)
    assert batch(stack, said.json["batch_id"])["notified_at"]


def test_a_filter_for_single_edits_lets_no_batch_through_and_the_other_way_round(
    stack: Stage, clip: Path
) -> None:
    singles, batches = stack.subscribe({"kind": ["edit"]}), stack.subscribe({"kind": ["batch"]})
    by_status = stack.subscribe({"status": ["SUCCEEDED", "FAILED", "REJECTED", "CANCELLED"]})

    first = edits_of(stack, stack.drop(clip, "kinds.mp4", prompts='["Make it noir", " "]'), 2)[0]

    def schemas(box: Any) -> set[str]:
        return {body(it)["schema"] for it in box.messages(wait_seconds=5)}

    assert schemas(batches) == {"retake.batch/1"}
    assert schemas(singles) == schemas(by_status) == {"retake.edit/1"}
    assert first["status"] == "SUCCEEDED"
