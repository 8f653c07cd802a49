"""One upload, one edited video, one message."""

from pathlib import Path

from local.emulator.topic_inbox import body
from tests.end_to_end.stage import Stage


def test_an_upload_becomes_one_edited_video_and_one_message(stack: Stage, clip: Path) -> None:
    edit_id = stack.drop(clip, "shots/día 1/clip +1%.mp4", prompt="Make it dusk, por la mañana")

    record = stack.wait_for(edit_id)

    assert record["status"] == "SUCCEEDED"
    assert record["request"]["prompt"] == "Make it dusk, por la mañana"
    assert record["result"]["key"] == f"edited/shots/día 1/clip +1%.{edit_id}.mp4"
    assert [body(message)["status"] for message in stack.messages(edit_id)] == ["SUCCEEDED"]
    assert [each["kind"] for each in stack.entries(record)].count("billed") == 1


def test_the_same_event_delivered_twenty_times_is_one_edit(stack: Stage, clip: Path) -> None:
    upload = stack.upload(clip, "again.mp4", prompt="Make it sepia")
    stack.announce(upload, times=20)

    record = stack.wait_for(stack.edit_of(upload))

    assert record["status"] == "SUCCEEDED"
    assert stack.ledger()["totals"]["accepted"] == 1
    assert len(stack.messages(record["edit_id"])) == 1
