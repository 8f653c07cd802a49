"""The paths on which a result comes late, for the proof of least privilege."""

import time

from tests.end_to_end.later import later
from tests.end_to_end.test_api import api, until
from tests.end_to_end.walking import Scene, erase


def a_result_comes_late(scene: Scene) -> None:
    """After an execution that was stopped by hand: asked for, and fetched with no new bill."""
    edit = scene.stack.drop(scene.clip, "late.mp4", prompt="Make it noir")
    until(scene.stack, edit, "RUNNING")
    machine = scene.stack.address.state_machine_arn
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{edit}"
    scene.stack.clients.stepfunctions.stop_execution(executionArn=execution)
    if scene.stack.told(edit)["status"] == "SUCCEEDED":
        return  # it was quicker than the hand
    assert api(scene.stack, "POST", f"/edits/{edit}/recover").status == 202
    swept = later(scene.stack, "sweep", {"detail-type": "Scheduled Event"}, seconds=1, **scene.ear)
    assert swept["looked again"] == 1, swept
    wait_until_late(scene, edit)


def an_edit_is_erased_while_its_late_result_comes(scene: Scene) -> None:
    """What arrives after the erasure is taken away again."""
    stack = scene.stack
    stack.faults({"provider": "novita", "call": "poll", "fault": "stuck"})
    edit = stack.drop(scene.clip, "erased.mp4", prompt="Make it noir")
    until(stack, edit, "RUNNING")
    machine = stack.address.state_machine_arn
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{edit}"
    stack.clients.stepfunctions.stop_execution(executionArn=execution)
    assert stack.told(edit)["status"] == "CANCELLED"
    slow = scene.clip.stat().st_size // 6
    stack.faults({"provider": "novita", "call": "cdn", "fault": "drip", "bytes_per_second": slow})
    assert api(stack, "POST", f"/edits/{edit}/recover").status == 202
    later(stack, "sweep", {"detail-type": "Scheduled Event"}, seconds=1, **scene.ear)
    time.sleep(3)  # it is under way, and takes three seconds more
    erase(scene, edit)
    late = f"{execution}.late1"
    give_up_at = time.monotonic() + 60
    while stack.clients.stepfunctions.describe_execution(executionArn=late)["status"] == "RUNNING":
        assert time.monotonic() < give_up_at, "It still comes."
        time.sleep(0.3)
    stack.faults()
    listed = stack.clients.s3.list_objects_v2(Bucket=stack.address.results_bucket)
    assert not [it for it in listed.get("Contents", []) if edit in it["Key"]]


def wait_until_late(scene: Scene, edit: str) -> None:
    give_up_at = time.monotonic() + 60
    while not (scene.stack.record(edit) or {}).get("late"):
        assert time.monotonic() < give_up_at, "Its result never came."
        time.sleep(0.2)
