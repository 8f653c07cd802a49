"""DELETE /edits/{id} on the running stack: nothing is left anywhere, but a receipt."""

import json
import time
import uuid
from pathlib import Path
from typing import Any

from local.emulator.api_client import ApiAnswer, call, send
from local.emulator.running_stack import Record
from tests.end_to_end.stage import Stage

PROMPT = "CANARY give the mayor a hat"


def api(stack: Stage, method: str, path: str) -> ApiAnswer:
    return call(stack.address.api_url, method, path, access_key=stack.address.access_key)


def versions(stack: Stage, word: str) -> list[str]:
    """Every version and marker, of any object in either bucket, whose key holds the word."""
    found = []
    for bucket in (stack.address.inbox_bucket, stack.address.results_bucket):
        page = stack.clients.s3.list_object_versions(Bucket=bucket)
        for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            if word in each["Key"]:
                found.append(f"{bucket}/{each['Key']}")
    return found


def erased(stack: Stage, edit_id: str, patience: float = 30) -> Record:
    """What the API shows of the edit once it is erased."""
    give_up_at = time.monotonic() + patience
    while time.monotonic() < give_up_at:
        seen: dict[str, Any] = api(stack, "GET", f"/edits/{edit_id}").json
        if "erased_at" in seen:
            return seen
        time.sleep(0.1)
    raise AssertionError(f"{edit_id} was not erased within {patience} s: {seen}")


def test_nothing_of_an_edit_is_left_but_its_price_and_the_receipt(stack: Stage, clip: Path) -> None:
    name = f"grandma-{uuid.uuid4().hex[:8]}"
    model = "fal/kling-o1-edit"
    edit_id = stack.drop(clip, f"family/{name}.mp4", prompt=PROMPT, model=model)
    before = stack.told(edit_id)
    link = api(stack, "GET", f"/edits/{edit_id}/video").headers["location"]
    stack.clients.s3.delete_object(  # a deletion as people do it, which only hides
        Bucket=before["result"]["bucket"], Key=before["result"]["manifest_key"]
    )

    first = api(stack, "DELETE", f"/edits/{edit_id}")
    seen = erased(stack, edit_id)
    second = api(stack, "DELETE", f"/edits/{edit_id}")

    assert (first.status, second.status) == (202, 200)
    assert second.json == seen
    assert versions(stack, name) == []
    record = stack.record(edit_id) or {}
    for word in ("CANARY", name, before["provider_task_id"], before["result"]["sha256"]):
        assert word not in json.dumps(record)
    for fact in ("status", "model", "billed_usd", "submitted_at", "finished_at"):
        assert record[fact] == before[fact]
    fates = {(line["what"], line["fate"]) for line in seen["erasure"]["receipt"]}
    gone = ("clip", "result", "manifest", "provider's copy", "record")
    assert {(what, "ERASED") for what in gone} <= fates
    assert "FAILED" not in {fate for _, fate in fates}
    # At the provider too, by its own ledger.
    assert [each["kind"] for each in stack.entries(before)].count("forgotten") == 1
    assert api(stack, "GET", f"/edits/{edit_id}/video").status == 410
    assert send("GET", link).status == 404
    assert stack.messages(edit_id)[1:] == []


def test_the_same_upload_announced_after_its_erasure_is_not_edited_again(
    stack: Stage, clip: Path
) -> None:
    upload = stack.upload(clip, "again.mp4", prompt=PROMPT)
    edit_id = stack.edit_of(upload)
    stack.told(edit_id)
    announced = stack.event_of(upload)
    api(stack, "DELETE", f"/edits/{edit_id}")
    erased(stack, edit_id)

    stack.say(announced)
    after = stack.drop(clip, "after.mp4", prompt=PROMPT)
    stack.told(after)

    assert stack.ledger()["totals"]["accepted"] == 2
    assert (stack.record(edit_id) or {})["erased_at"]


def test_a_provider_that_cannot_forget_is_named_with_what_it_keeps(
    stack: Stage, clip: Path
) -> None:
    edit_id = stack.drop(clip, "kept.mp4", prompt=PROMPT, model="evolink/kling-o1-edit")
    before = stack.told(edit_id)

    api(stack, "DELETE", f"/edits/{edit_id}")
    receipt = erased(stack, edit_id)["erasure"]["receipt"]

    (copy,) = (line for line in receipt if line["what"] == "provider's copy")
    assert (copy["fate"], copy["reference"]) == ("KEPT", before["provider_task_id"])
    assert "24 hours" in copy["message"]
