"""What may not be edited: one reason, one message, nothing sent."""

from pathlib import Path

import pytest

from local.emulator.topic_inbox import body
from tests.end_to_end.conftest import StartStack
from tests.end_to_end.stage import Stage
from virtual.clips import clip, recording

TEXT = b"Please edit my video, it is in the attachment.\n"
WHOLE = clip(3, index="first")
# name: (bytes, metadata, reason)
REFUSED = {
    "short.mp4": (clip(2.5), {}, "TOO_SHORT"),
    "long.mp4": (clip(12, 1280, 720), {}, "TOO_LONG"),
    "small.mp4": (clip(3, 640, 360), {}, "FRAME_TOO_SMALL"),
    "webm renamed.mp4": (clip(3, container="matroska", sound=False), {}, "FORMAT"),
    "notes.txt": (TEXT, {}, "NOT_A_VIDEO"),
    "empty.mp4": (b"", {}, "EMPTY"),
    "folder/": (TEXT, {}, "NOT_A_VIDEO"),
    "truncated.mp4": (WHOLE[: len(WHOLE) // 2], {}, "TRUNCATED"),
    "sound only.mp4": (recording(4), {}, "NO_VIDEO_TRACK"),
    "no prompt.mp4": (WHOLE, {"prompt": ""}, "MISSING_PROMPT"),
    "long prompt.mp4": (WHOLE, {"prompt": "x" * 201}, "PROMPT_TOO_LONG"),
    "unknown model.mp4": (WHOLE, {"model": "novita/kling-o9"}, "UNKNOWN_MODEL"),
    "fifth image.mp4": (WHOLE, {"images": "1.png,2.png,3.png,4.png,5.png"}, "TOO_MANY_IMAGES"),
    "absent image.mp4": (WHOLE, {"images": "images/absent.png"}, "IMAGE_MISSING"),
    "odd option.mp4": (WHOLE, {"keep_audio": "perhaps"}, "INVALID_REQUEST"),
}
ACCEPTED = {
    "index last.mp4": clip(3, index="last"),
    "fragmented.mp4": clip(3, index="fragmented"),
    "fragmented without a list.mp4": clip(3, index="fragmented without list"),
    "quicktime.MOV": clip(3, container="mov"),
}


@pytest.fixture(scope="module")
def strict_stack(start_module_stack: StartStack) -> Stage:
    return start_module_stack(PromptMaxChars="200", copying=True)


def test_each_refusal_has_its_own_reason_one_message_and_an_empty_ledger(
    strict_stack: Stage, tmp_path: Path
) -> None:
    edits = {}
    for name, (content, metadata, _) in REFUSED.items():
        path = tmp_path / "upload"
        path.write_bytes(content)
        asked = {"prompt": "Make it noir", **metadata}
        edits[name] = strict_stack.upload(path, name, **{k: v for k, v in asked.items() if v})

    records = {
        name: strict_stack.wait_for(strict_stack.edit_of(edit)) for name, edit in edits.items()
    }

    assert {name: record["reason"] for name, record in records.items()} == {
        name: reason for name, (_, _, reason) in REFUSED.items()
    }
    assert {record["status"] for record in records.values()} == {"REJECTED"}
    assert {record["billed_usd"] for record in records.values()} == {0}
    for record in records.values():
        (message,) = strict_stack.messages(record["edit_id"])
        assert body(message)["reason"] == record["reason"]
        assert body(message)["message"] == record["message"]
    assert strict_stack.ledger()["entries"] == []


def test_odd_but_whole_files_are_accepted_with_their_true_length(
    strict_stack: Stage, tmp_path: Path
) -> None:
    edits = {}
    for name, content in ACCEPTED.items():
        path = tmp_path / "upload"
        path.write_bytes(content)
        edits[name] = strict_stack.drop(path, name, prompt="Make it noir")

    records = {name: strict_stack.wait_for(edit) for name, edit in edits.items()}

    assert {name: record["status"] for name, record in records.items()} == dict.fromkeys(
        ACCEPTED, "SUCCEEDED"
    )
    for record in records.values():
        assert record["footage"]["duration_seconds"] == pytest.approx(3, abs=0.05)
