"""What the walks have in hand, and the few things that several of them do."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from command.link_minting import of_local
from local.emulator.api_client import send
from local.emulator.running_stack import InboxVersion
from tests.end_to_end.stage import Stage
from tests.end_to_end.test_api import api


@dataclass(frozen=True)
class Scene:
    """What the walks have in hand: a stack, a clip, the same in parts, and where it breaks off."""

    stack: Stage
    clip: Path
    server: str
    room: Path
    ear: Mapping[str, str]

    def ends(self, edit_id: str, word: str = "SUCCEEDED") -> None:
        """Wait for the end of an edit, whose status or reason must be this word."""
        record = self.stack.wait_for(edit_id, patience=120)
        ended = (record["status"], record.get("reason"))
        assert word in ended, f"{ended}: {record.get('message')} {self.stack.trouble()}"


def beside(scene: Scene, clip: str) -> InboxVersion:
    """Settings for a clip of this name."""
    put = scene.stack.clients.s3.put_object(
        Bucket=scene.stack.address.inbox_bucket,
        Key=f"{clip}.json",
        Body=json.dumps({"prompt": "Make it noir"}).encode(),
    )
    return InboxVersion(f"{clip}.json", put["VersionId"])


def as_source(scene: Scene, key: str) -> str:
    where = f"sources/{key}"
    scene.stack.clients.s3.upload_file(str(scene.clip), scene.stack.address.inbox_bucket, where)
    return where


def share(scene: Scene, edit: str) -> None:
    assert send("GET", of_local(scene.stack.address).share(edit)).status == 200


def erase(scene: Scene, edit: str) -> None:
    assert api(scene.stack, "DELETE", f"/edits/{edit}").status == 202
    until_erased(scene, edit)


def until_erased(scene: Scene, edit: str) -> None:
    give_up_at = time.monotonic() + 30
    while "erased_at" not in (scene.stack.record(edit) or {}):
        assert time.monotonic() < give_up_at, scene.stack.trouble()
        time.sleep(0.1)


def until_it_listens(scene: Scene, edit: str) -> None:
    for record in scene.stack.follow(edit, patience=30):
        if "wake_token" in record:
            return
    raise AssertionError("It never waited.")
