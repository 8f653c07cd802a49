"""The walks about webhooks, for the proof of least privilege (walks.py)."""

from tests.end_to_end.test_api import api, until
from tests.end_to_end.walking import Scene, until_delivery


def a_receiver_is_told_at_the_second_attempt_and_gone_at_the_next(scene: Scene) -> None:
    where = f"{scene.stack.address.simulator_url}/_webhooks"
    refusing = {"webhook_url": f"{where}/busy?answer=500"}
    edit = scene.stack.drop(scene.clip, "busy.mp4", prompt="Make it noir", **refusing)
    scene.ends(edit)
    until_delivery(scene, edit, "PENDING", attempts=2)
    gone = {"webhook_url": f"{where}/gone?answer=410"}
    edit = scene.stack.drop(scene.clip, "gone.mp4", prompt="Make it noir", **gone)
    scene.ends(edit)
    until_delivery(scene, edit, "DISABLED")
    assert api(scene.stack, "POST", f"/edits/{edit}/webhooks/redeliver").status == 202


def an_execution_is_stopped(scene: Scene) -> None:
    scene.stack.faults({"provider": "novita", "call": "poll", "fault": "stuck"})
    told = {"webhook_url": f"{scene.stack.address.simulator_url}/_webhooks/stopped"}
    edit = scene.stack.drop(scene.clip, "stopped.mp4", prompt="Make it noir", **told)
    until(scene.stack, edit, "RUNNING")
    machine = scene.stack.address.state_machine_arn
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{edit}"
    scene.stack.clients.stepfunctions.stop_execution(executionArn=execution)
    assert scene.stack.told(edit)["status"] == "CANCELLED"
    until_delivery(scene, edit, "DELIVERED")
    scene.stack.faults()
