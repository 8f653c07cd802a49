"""Every path there is through a stack, one walk each, for the proof of least privilege.

A new function, route or grant needs a walk here that uses it; test_permissions.py names what none
used.
"""

import json
from collections.abc import Callable
from uuid import uuid4

from command.link_minting import of_local
from local.emulator.api_client import send
from tests.end_to_end.conftest import SECONDS
from tests.end_to_end.late_walks import (
    a_result_comes_late,
    an_edit_is_erased_while_its_late_result_comes,
)
from tests.end_to_end.later import later, physical
from tests.end_to_end.spending_walks import SPENDING_WALKS
from tests.end_to_end.stage import film
from tests.end_to_end.test_api import api, sent, started, until
from tests.end_to_end.walking import (
    Scene,
    as_source,
    beside,
    erase,
    share,
    until_erased,
    until_it_listens,
)
from tests.end_to_end.webhook_walks import (
    a_receiver_is_told_at_the_second_attempt_and_gone_at_the_next,
    an_execution_is_stopped,
)

MODELS = (
    "novita/kling-o1-edit",
    "evolink/kling-o1-edit",
    "aimlapi/kling-o1-edit",
    "fal/kling-o1-edit",
)
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000001900000019008020000000fddab9c0000000049454e44ae426082"
)


def every_provider_edits(scene: Scene) -> None:
    edits = [
        scene.stack.drop(scene.clip, f"{model}.mp4", prompt="Make it noir", model=model)
        for model in MODELS
    ]
    for edit in edits:
        scene.ends(edit)


def an_upload_is_told_twice(scene: Scene) -> None:
    upload = scene.stack.upload(scene.clip, "twice.mp4", prompt="Make it noir")
    scene.stack.announce(upload, times=3)
    scene.ends(scene.stack.edit_of(upload))


def a_picture_is_missing(scene: Scene) -> None:
    asked = {"prompt": "As in @Image1", "images": "images/absent.png"}
    edit = scene.stack.drop(scene.clip, "absent.mp4", **asked)
    scene.ends(edit, "IMAGE_MISSING")


def a_request_file_asks(scene: Scene) -> None:
    inbox = scene.stack.address.inbox_bucket
    scene.stack.clients.s3.put_object(Bucket=inbox, Key="images/face.png", Body=PICTURE)
    scene.stack.clients.s3.upload_file(str(scene.clip), inbox, "sources/asked.mp4")
    request = scene.room / "asked.request.json"
    request.write_text(json.dumps({"prompt": "Make it noir", "source": "sources/asked.mp4"}))
    scene.ends(scene.stack.drop(request))


def the_api_goes_once_around(scene: Scene) -> None:
    edit = started(scene.stack, scene.clip)
    scene.ends(edit["edit_id"])
    for path in ("/edits", f"/edits/{edit['edit_id']}", f"/edits/{edit['edit_id']}/video"):
        assert api(scene.stack, "GET", path).status in (200, 307), path


def a_picture_is_sent_by_form(scene: Scene) -> None:
    said = {"file_name": "face.png", "content_type": "image/png"}
    form = api(scene.stack, "POST", "/uploads", said).json
    assert sent(form["url"], form["fields"], PICTURE).status in (200, 204)


def a_quote_is_asked_for(scene: Scene) -> None:
    inbox = scene.stack.address.inbox_bucket
    scene.stack.clients.s3.upload_file(str(scene.clip), inbox, "sources/quoted.mp4")
    there = api(scene.stack, "POST", "/quotes", {"prompt": "x", "source": "sources/quoted.mp4"})
    gone = api(scene.stack, "POST", "/quotes", {"prompt": "x", "source": "sources/never.mp4"})
    assert there.status == 200, there.body
    assert gone.status == 422, gone.body


def a_waiting_edit_is_cancelled_and_repeated(scene: Scene) -> None:
    scene.stack.simulators(seconds=3)
    edit = started(scene.stack, scene.clip, model="fal/kling-o1-edit")["edit_id"]
    until_it_listens(scene, edit)
    assert api(scene.stack, "POST", f"/edits/{edit}/cancel").status == 200
    scene.ends(edit, "CANCELLED")
    scene.stack.simulators(seconds=SECONDS)


def an_unsent_edit_is_cancelled_and_repeated(scene: Scene) -> None:
    scene.stack.faults({"provider": "novita", "call": "submit", "fault": "rate"})
    edit = started(scene.stack, scene.clip)["edit_id"]
    until(scene.stack, edit, "RECEIVED", waits=True)
    api(scene.stack, "POST", f"/edits/{edit}/cancel")
    scene.ends(edit, "CANCELLED")
    scene.stack.faults()
    again = api(scene.stack, "POST", f"/edits/{edit}/retry")
    scene.ends(again.json["edit_id"])


def a_clip_comes_from_its_address_in_parts_and_is_erased(scene: Scene) -> None:
    wanted = {"prompt": "Make it dusk", "source": f"{scene.server}/clip.mp4"}
    edit = api(scene.stack, "POST", "/edits", wanted).json["edit_id"]
    scene.ends(edit)
    erase(scene, edit)


def a_result_comes_in_parts(scene: Scene) -> None:
    where = f"{scene.server}/result.mp4"
    scene.stack.faults({"provider": "novita", "call": "poll", "fault": "foreign_url", "url": where})
    edit = scene.stack.drop(scene.clip, "parts.mp4", prompt="Make it noir")
    scene.ends(edit)
    scene.stack.faults()


def a_result_is_no_video(scene: Scene) -> None:
    scene.stack.faults({"provider": "novita", "call": "cdn", "fault": "not_video"})
    edit = scene.stack.drop(scene.clip, "page.mp4", prompt="Make it noir")
    scene.ends(edit, "BAD_RESULT")
    scene.stack.faults()


def an_event_was_lost(scene: Scene) -> None:
    stack = scene.stack
    rule = physical(stack, "UploadRule")
    stack.clients.events.disable_rule(Name=rule)
    upload = stack.upload(scene.clip, "unheard.mp4", prompt="Make it noir")
    stack.clients.events.enable_rule(Name=rule)
    # An hour after any sweep before it, and so long that the event would have come.
    done = later(stack, "sweep", {"detail-type": "Scheduled Event"}, seconds=4800, **scene.ear)
    assert done["started"] == 1, done
    scene.ends(stack.edit_of(upload))


def settings_lie_beside_the_clip(scene: Scene) -> None:
    beside(scene, "told.mp4")
    scene.ends(scene.stack.drop(scene.clip, "told.mp4"))


def settings_come_without_a_clip(scene: Scene) -> None:
    # They are looked at once more later; nobody waits for that here.
    beside(scene, "lonely.mp4")


def settings_come_too_late(scene: Scene) -> None:
    scene.ends(scene.stack.drop(scene.clip, "early.mp4", prompt="Make it noir"))
    scene.ends(scene.stack.edit_of(beside(scene, "early.mp4")), "SETTINGS_UNUSED")


def a_preset_says_what_to_do(scene: Scene) -> None:
    inbox = scene.stack.address.inbox_bucket
    preset = json.dumps({"prompt": "Make it rain"}).encode()
    scene.stack.clients.s3.put_object(Bucket=inbox, Key="presets/rainy.json", Body=preset)
    scene.ends(scene.stack.drop(scene.clip, "rainy/lima.mp4"))


def a_clip_is_repaired_and_erased(scene: Scene) -> None:
    long = film(scene.room / "long.mp4", seconds=11)
    edit = scene.stack.drop(long, "long.mp4", prompt="Make it noir", fit="trim")
    scene.ends(edit)
    share(scene, edit)
    erase(scene, edit)


def a_clip_is_gone_before_its_repair(scene: Scene) -> None:
    # Between two steps: the first repair of a stack has to start its function, which takes a while.
    long = film(scene.room / "gone.mp4", seconds=11)
    for number in range(5):
        upload = scene.stack.upload(long, f"gone {number}.mp4", prompt="Make it noir", fit="trim")
        edit = scene.stack.edit_of(upload)
        next(it for it in scene.stack.follow(edit, patience=30) if "fit_planned_at" in it)
        scene.stack.clients.s3.delete_object(
            Bucket=scene.stack.address.inbox_bucket, Key=upload.key, VersionId=upload.version_id
        )
        if scene.stack.wait_for(edit).get("reason") == "INPUT_GONE":
            return
    raise AssertionError("Every repair was quicker.")


def a_batch_is_asked_for(scene: Scene) -> None:
    wanted = {"prompts": ["Make it dusk", "Make it dawn"], "source": as_source(scene, "batch.mp4")}
    said = api(scene.stack, "POST", "/edits", wanted)
    assert said.status in (200, 202), said.body
    for record in scene.stack.records():
        if record.get("batch_id"):
            scene.ends(record["edit_id"])


def a_clip_says_several_prompts(scene: Scene) -> None:
    prompts = json.dumps(["Make it dusk", "Make it dawn"])
    edit = scene.stack.drop(scene.clip, "several.mp4", prompts=prompts)
    scene.ends(edit)
    batch_id = scene.stack.told(edit)["batch_id"]
    batch = api(scene.stack, "GET", f"/batches/{batch_id}").json
    for edit_id in batch["edit_ids"]:
        scene.ends(edit_id)


def pages_are_looked_at(scene: Scene) -> None:
    edit = scene.stack.drop(scene.clip, "shown.mp4", prompt="Make it noir")
    scene.ends(edit)
    share(scene, edit)
    board = of_local(scene.stack.address).board()
    for address in (board, f"{board}/edits"):
        assert send("GET", address).status == 200, address


def an_edit_is_erased_at_its_provider(scene: Scene) -> None:
    edit = scene.stack.drop(
        scene.clip, "family.mp4", prompt="Make it noir", model="fal/kling-o1-edit"
    )
    scene.ends(edit)
    erase(scene, edit)


def an_edit_that_was_refused_is_erased(scene: Scene) -> None:
    """It only named its clip, and a name is no ownership: that stays."""
    stack, key = scene.stack, f"sources/{uuid4().hex}/words.mp4"
    stack.clients.s3.put_object(Bucket=stack.address.inbox_bucket, Key=key, Body=b"no video")
    said = api(stack, "POST", "/edits", {"prompt": "Make it noir", "source": key})
    edit = said.json["edit_id"]
    scene.ends(edit, "NOT_A_VIDEO")
    assert stack.told(edit)
    erase(scene, edit)
    left = stack.clients.s3.list_object_versions(Bucket=stack.address.inbox_bucket, Prefix=key)
    assert len(left["Versions"]) == 1


def an_erasure_is_seen_through(scene: Scene) -> None:
    edit = scene.stack.drop(scene.clip, "later.mp4", prompt="Make it noir")
    scene.ends(edit)
    # As if whoever was asked first had died: asked for on record, and done by nobody.
    scene.stack.clients.dynamodb.update_item(
        TableName=scene.stack.address.table_name,
        Key={"pk": {"S": f"edit#{edit}"}},
        UpdateExpression="SET erase_asked_at = updated_at, open_shard = :shard",
        ExpressionAttributeValues={":shard": {"S": "OPEN#0"}},
    )
    swept = later(
        scene.stack, "sweep", {"detail-type": "Scheduled Event"}, seconds=1200, **scene.ear
    )
    assert swept["asked to erase"] == 1, swept
    until_erased(scene, edit)


WALKS: tuple[Callable[[Scene], None], ...] = (
    every_provider_edits,
    an_upload_is_told_twice,
    a_picture_is_missing,
    a_request_file_asks,
    the_api_goes_once_around,
    a_picture_is_sent_by_form,
    a_quote_is_asked_for,
    a_waiting_edit_is_cancelled_and_repeated,
    an_unsent_edit_is_cancelled_and_repeated,
    a_clip_comes_from_its_address_in_parts_and_is_erased,
    a_result_comes_in_parts,
    a_result_is_no_video,
    an_execution_is_stopped,
    a_receiver_is_told_at_the_second_attempt_and_gone_at_the_next,
    a_result_comes_late,
    an_edit_is_erased_while_its_late_result_comes,
    an_event_was_lost,
    settings_lie_beside_the_clip,
    settings_come_without_a_clip,
    settings_come_too_late,
    a_preset_says_what_to_do,
    a_clip_is_gone_before_its_repair,
    a_clip_is_repaired_and_erased,
    a_batch_is_asked_for,
    a_clip_says_several_prompts,
    pages_are_looked_at,
    an_edit_is_erased_at_its_provider,
    an_edit_that_was_refused_is_erased,
    an_erasure_is_seen_through,
    *SPENDING_WALKS,
)
