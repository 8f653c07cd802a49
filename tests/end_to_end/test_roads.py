"""Every road on which settings come, on the real stack; and names that are odd but legal."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from local.emulator.running_stack import InboxVersion, Record
from local.emulator.topic_inbox import body
from tests.end_to_end.conftest import StartStack
from tests.end_to_end.stage import Stage
from virtual.clips import clip

pytestmark = pytest.mark.long

SETTLE = 3
WHOLE = clip(3, index="first")
LONGEST = "folder/" + "x" * (1024 - len("folder/.mp4")) + ".mp4"


@pytest.fixture(scope="module")
def stack_with_roads(start_module_stack: StartStack) -> Stage:
    """A stack whose clips wait three seconds for their settings."""
    return start_module_stack(SettleSeconds=str(SETTLE), copying=True)


@pytest.fixture(scope="module")
def lonely_settings(stack_with_roads: Stage) -> InboxVersion:
    """Settings whose clip never comes; dropped first, because they wait longest."""
    return put(stack_with_roads, "lonely.mp4.json", {"prompt": "Make it noir"})


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    path = tmp_path / "footage"
    path.write_bytes(WHOLE)
    return path


def put(stack: Stage, key: str, fields: dict[str, Any]) -> InboxVersion:
    answer = stack.clients.s3.put_object(
        Bucket=stack.address.inbox_bucket, Key=key, Body=json.dumps(fields).encode()
    )
    return InboxVersion(key, answer["VersionId"])


def told(stack: Stage, record: Record) -> Any:
    """The one message about an edit."""
    (message,) = stack.messages(record["edit_id"])
    return body(message)


@pytest.mark.usefixtures("lonely_settings")
def test_each_road_leads_to_one_edit_that_says_which_it_took(
    stack_with_roads: Stage, footage: Path
) -> None:
    stack = stack_with_roads
    put(stack, "presets/rainy.json", {"prompt": "Rain over {place}, take {2}", "keep_audio": False})
    before = put(stack, "before.mp4.json", {"prompt": "Make it sepia"})
    stack.upload(footage, "sources/day.mp4")
    uploads = {
        "metadata": stack.upload(footage, "meta.mp4", prompt="Make it dusk"),
        "preset": stack.upload(footage, "rainy/lima_7.mp4", place="Lima"),
        "sidecar before": stack.upload(footage, "before.mp4"),
        "sidecar after": stack.upload(footage, "after.mp4", model="novita/kling-o1-edit"),
        "request": put(
            stack, "night.request.json", {"prompt": "Make it noir", "source": "sources/day.mp4"}
        ),
    }
    after = put(stack, "after.mp4.json", {"prompt": "Make it snow", "keep_audio": False})

    records = {name: stack.wait_for(stack.edit_of(each)) for name, each in uploads.items()}

    assert {name: record["status"] for name, record in records.items()} == dict.fromkeys(
        uploads, "SUCCEEDED"
    )
    assert {name: record["request"]["prompt"] for name, record in records.items()} == {
        "metadata": "Make it dusk",
        "preset": "Rain over Lima, take 7",
        "sidecar before": "Make it sepia",
        "sidecar after": "Make it snow",
        "request": "Make it noir",
    }
    origins = {name: record["settings_from"] for name, record in records.items()}
    assert origins["metadata"] == {"road": "metadata"}
    assert (origins["preset"]["road"], origins["preset"]["key"]) == ("preset", "presets/rainy.json")
    assert origins["sidecar before"] == {
        "road": "sidecar",
        "key": before.key,
        "version_id": before.version_id,
    }
    assert origins["sidecar after"] == {
        "road": "sidecar",
        "key": after.key,
        "version_id": after.version_id,
        "topped_by": [{"road": "metadata"}],
    }
    assert origins["request"]["road"] == "request"
    for name, record in records.items():
        assert told(stack, record)["settings_from"] == origins[name]
    # The settings beside the clips are no edits of their own.
    uploaded = [each["upload"]["key"] for each in stack.records()]
    assert {before.key, after.key} & set(uploaded) == set()
    assert stack.ledger()["totals"]["accepted"] == len(uploads)


def test_what_cannot_be_edited_for_want_of_the_other_half_ends_with_a_reason(
    stack_with_roads: Stage, lonely_settings: InboxVersion, footage: Path
) -> None:
    stack = stack_with_roads
    uploads = {
        "MISSING_PROMPT": stack.upload(footage, "silent.mp4"),
        "NOT_A_VIDEO": put(stack, "clip.json", {"prompt": "Make it noir"}),
        "INVALID_REQUEST": stack.upload(footage, "broken.mp4"),
        "MISSING_CLIP": lonely_settings,
    }
    put(stack, "broken.mp4.json", {"prompt": "Make it noir", "keep_audio": "perhaps"})

    # Settings wait fifteen times as long as clips do.
    edits = {reason: stack.edit_of(each, 20 * SETTLE) for reason, each in uploads.items()}
    records = {reason: stack.wait_for(edit) for reason, edit in edits.items()}

    assert {reason: record["reason"] for reason, record in records.items()} == {
        reason: reason for reason in uploads
    }
    for record in records.values():
        assert record["status"] == "REJECTED"
        assert told(stack, record)["message"] == record["message"]
    assert "silent.mp4.json" in records["MISSING_PROMPT"]["message"]
    assert ".mp4.json" in records["NOT_A_VIDEO"]["message"]
    assert "broken.mp4.json: " in records["INVALID_REQUEST"]["message"]


def test_settings_that_come_too_late_are_an_edit_after_a_refusal_and_a_reason_otherwise(
    stack_with_roads: Stage, footage: Path
) -> None:
    stack = stack_with_roads
    silent = stack.wait_for(stack.drop(footage, "quiet.mp4"))
    spoken = stack.wait_for(stack.drop(footage, "spoken.mp4", prompt="Make it dusk"))

    forgiven = put(stack, "quiet.mp4.json", {"prompt": "Make it sepia"})
    unused = put(stack, "spoken.mp4.json", {"prompt": "Make it sepia"})
    late = stack.wait_for(stack.edit_of(forgiven))
    refused = stack.wait_for(stack.edit_of(unused))

    assert (silent["reason"], late["status"]) == ("MISSING_PROMPT", "SUCCEEDED")
    assert late["source"]["version_id"] == silent["upload"]["version_id"]
    assert late["result"]["key"] == f"edited/quiet.{late['edit_id']}.mp4"
    assert (spoken["status"], refused["reason"]) == ("SUCCEEDED", "SETTINGS_UNUSED")
    assert refused["details"]["found"] == spoken["edit_id"]


def test_the_stacks_own_prompt_is_the_last_road(start_stack: StartStack, footage: Path) -> None:
    stack = start_stack(DefaultPrompt="Make it like {folder}, {{really}}", copying=True)

    record = stack.wait_for(stack.drop(footage, "rainy/clip.mp4"))

    assert record["status"] == "SUCCEEDED"
    assert record["request"]["prompt"] == "Make it like rainy, {really}"
    assert record["settings_from"] == {"road": "default", "key": "DefaultPrompt"}


ODD_KEYS = {
    "spaces": "my  holiday clip .mp4",
    "plus": "a+b+c.mp4",
    "percent": "100%41 %2F.mp4",
    "emoji": "❄️/🎬 winter.mp4",
    "accents composed": unicodedata.normalize("NFC", "día/mañana.mp4"),
    "accents apart": unicodedata.normalize("NFD", "noche/mañana.mp4"),
    "other scripts": "雪/夜のクリップ.mp4",
    "right to left": "فيديو.mp4",
    "quotes and more": 'it\'s "so" <a>&b=c?d#e;f,g.mp4',
    "braces": "{stem}/{0}.mp4",
    "only dots in front": "...hidden.mp4",
    "no folder name": "a//b.mp4",
    "the longest key": LONGEST,
    "upper-case MP4": "DCIM/CLIP0001.MP4",
    "upper-case MOV": "DCIM/IMG_0001.MOV",
    "portrait": "Portrait 1080x1920 (9:16).mp4",
    "no ending": "clip-without-ending",
}


def test_every_odd_but_legal_key_is_edited_and_found_where_it_was(
    stack_with_roads: Stage, footage: Path
) -> None:
    stack = stack_with_roads
    uploads = {
        name: stack.upload(footage, key, prompt="Make it noir") for name, key in ODD_KEYS.items()
    }

    records = {name: stack.wait_for(stack.edit_of(each)) for name, each in uploads.items()}

    assert {name: record["status"] for name, record in records.items()} == dict.fromkeys(
        ODD_KEYS, "SUCCEEDED"
    )
    for name, record in records.items():
        assert record["upload"]["key"] == ODD_KEYS[name]
        message = told(stack, record)
        assert message["upload"]["key"] == ODD_KEYS[name]
        result = stack.clients.s3.head_object(
            Bucket=stack.address.results_bucket, Key=message["result"]["key"]
        )
        assert result["ContentLength"] == message["result"]["size_bytes"]
    assert records["emoji"]["result"]["key"].startswith("edited/❄️/🎬 winter.")
    assert records["upper-case MOV"]["result"]["key"].startswith("edited/DCIM/IMG_0001.")


def test_odd_keys_have_settings_beside_them_too(stack_with_roads: Stage, footage: Path) -> None:
    stack = stack_with_roads
    keys = ["side/a+b 100%.MP4", "side/❄️ día.mov", "side/it's {1}.MOV"]
    for key in keys:
        put(stack, f"{key}.json", {"prompt": "Make it noir"})
    uploads = [stack.upload(footage, key) for key in keys]

    records = [stack.wait_for(stack.edit_of(each)) for each in uploads]

    assert [record["status"] for record in records] == ["SUCCEEDED"] * len(keys)
    assert [record["settings_from"]["key"] for record in records] == [f"{key}.json" for key in keys]
