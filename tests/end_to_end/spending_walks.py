"""The walks about turns, money, long clips and who waits for whom, for the proof of least privilege
(walks.py)."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from local.emulator.api_client import send
from local.emulator.topic_inbox import body
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.later import later
from tests.end_to_end.test_api import api, started, uploaded
from tests.end_to_end.walking import Scene, until_erased
from tests.support.numbered_film import film

AT_ONCE = 4  # run at a provider that nobody knows anything about
BUDGET = "presets/purse.json"
SWEEP = {"detail-type": "Scheduled Event"}


def clips_wait_for_a_slot(scene: Scene) -> None:
    """One is handed on by each who may free a slot: a poll, a refused submit, a failed save."""
    stack = scene.stack
    stack.simulators(seconds=45)  # the first ones, so that one fails while it still runs
    edits = [
        stack.drop(scene.clip, f"line/{number}.mp4", prompt="Make it noir")
        for number in range(AT_ONCE + 4)
    ]
    (*_, waiting) = until_so_many(scene, edits, 1, lambda it: "turn_token" in it)
    (*_, running) = until_so_many(scene, edits, AT_ONCE, lambda it: it.get("status") == "RUNNING")
    for edit in (running, waiting):
        broken = {"edit_id": edit, "error": {"name": "States.Timeout"}}
        as_the_workflow_does(partial(later, stack, "persist", broken, seconds=0, **scene.ear))
    refusal = {"code": 400, "reason": "INVALID_REQUEST", "message": "not like this"}
    stack.faults(
        {"provider": "novita", "call": "submit", "fault": "status", "status": 400, "times": 1}
        | {"body": refusal}
    )
    assert api(stack, "GET", "/edits?status=RUNNING").json["edits"]
    stack.simulators(seconds=4)
    ends = [stack.told(edit, patience=180)["status"] for edit in edits]
    # One of those that were given up may have got its result after all, late.
    assert ends.count("FAILED") in (2, 3), ends
    assert ends.count("SUCCEEDED") == len(edits) - ends.count("FAILED"), ends
    stack.faults()
    stack.simulators(seconds=SECONDS)


def as_the_workflow_does(call: Callable[[], object], tries: int = 6) -> None:
    """A step again that lost its record to a poll in between, each time."""
    for left in reversed(range(tries)):
        try:
            call()
        except AssertionError as error:
            if not left or "Unavailable" not in str(error):
                raise
        else:
            return


def nobody_calls(scene: Scene) -> None:
    """What is asked about by a timer also hands its slot on."""
    stack = scene.stack
    stack.faults({"call": "callback", "fault": "none"})
    models = ["novita/kling-o1-edit"] * (AT_ONCE + 1) + ["evolink/kling-o1-edit"]
    edits = [
        stack.drop(scene.clip, f"silent/{number}.mp4", prompt="Make it noir", model=model)
        for number, model in enumerate(models)
    ]
    for edit in edits:
        scene.ends(edit)
    stack.faults()


def an_erasure_waits_for_another_edit(scene: Scene) -> None:
    """Of the same clip: whoever closes the other one lets the erasure go on."""
    key = uploaded(scene.stack, scene.clip)
    first = started(scene.stack, scene.clip, source=key)["edit_id"]
    scene.ends(first)
    scene.stack.simulators(seconds=12)
    second = started(scene.stack, scene.clip, source=key, prompt="Make it snow")["edit_id"]
    assert api(scene.stack, "DELETE", f"/edits/{first}").status == 202
    scene.ends(second)
    until_erased(scene, first)
    scene.stack.simulators(seconds=SECONDS)


def a_folder_has_spent_its_budget(scene: Scene) -> None:
    scene.stack.clients.s3.put_object(
        Bucket=scene.stack.address.inbox_bucket,
        Key=BUDGET,
        Body=json.dumps({"budget": {"daily_edits": 1}}).encode(),
    )
    scene.ends(scene.stack.drop(scene.clip, "purse/a.mp4", prompt="Make it noir"))
    edit = scene.stack.drop(scene.clip, "purse/b.mp4", prompt="Make it noir")
    until_so_many(scene, [edit], 1, lambda it: "turn_token" in it)
    later(scene.stack, "sweep", SWEEP, seconds=1, **scene.ear)
    assert "turn_token" in (scene.stack.record(edit) or {})
    inbox = scene.stack.address.inbox_bucket
    scene.stack.clients.s3.delete_object(Bucket=inbox, Key=BUDGET)
    later(scene.stack, "sweep", SWEEP, seconds=1, **scene.ear)
    scene.ends(edit)


def an_edit_asks_first(scene: Scene) -> None:
    edit = scene.stack.drop(scene.clip, "asks.mp4", prompt="Make it noir", approve="true")
    until_so_many(scene, [edit], 1, lambda it: "turn_token" in it)
    (address,) = {url for url in map(question_in, scene.stack.messages(edit)) if url}
    assert send("GET", address).status == 200
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert send("POST", address, b"answer=yes", kind).status == 200
    scene.ends(edit)


def question_in(message: Any) -> str | None:
    url = body(message).get("approval_url")
    return str(url) if url else None


def a_long_clip_is_edited_in_pieces(scene: Scene) -> None:
    path = scene.room / "long.mp4"
    path.write_bytes(film(range(264), width=1280, height=720, layout="stereo"))
    edit = scene.stack.drop(path, "shots/long.mp4", prompt="Make it noir", fit="split")
    assert scene.stack.told(edit, patience=240)["status"] == "SUCCEEDED"


def until_so_many(
    scene: Scene, edits: list[str], count: int, are_so: Callable[[dict[str, Any]], bool]
) -> list[str]:
    """Those of the edits whose records are so, once there are so many."""
    give_up_at = time.monotonic() + 60
    while True:
        found = [edit for edit in edits if are_so(scene.stack.record(edit) or {})]
        if len(found) >= count:
            return found
        assert time.monotonic() < give_up_at, f"{found} {scene.stack.trouble()}"
        time.sleep(0.2)


SPENDING_WALKS = (
    clips_wait_for_a_slot,
    nobody_calls,
    an_erasure_waits_for_another_edit,
    a_folder_has_spent_its_budget,
    an_edit_asks_first,
    a_long_clip_is_edited_in_pieces,
)
