"""A stack for the command without AWS: the real API over memory, and S3 as a folder of names."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retake.domain.edit import Conclusion
from retake.domain.vocabulary import Status

from command.door import Door
from local.emulator.api_client import ApiAnswer
from tests.command.addresses import an_address
from tests.retake.api.api_client import Queue, Reception
from virtual.scene import Scene, result_at

OUTPUTS = {
    "ApiUrl": "https://abc.example/v1",
    "InboxBucketName": "inbox",
    "InboxPrefix": "",
    "ResultsBucketName": "results",
    "TableName": "table",
    "StateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:retake-edit-video",
    "LinksSecretArn": "links",
    "BoardSecretArn": "board",
    "IntakeQueueUrl": "https://sqs/intake",
    "IntakeDeadLetterQueueUrl": "https://sqs/dead",
}
SECRET = json.dumps({"kid": "a", "secret": "x" * 32})


class FakeAws:
    """Every client in one: a listing, two queues, secrets and logs."""

    def __init__(self) -> None:
        self.stored: list[str] = []
        self.dead_letters = 0
        self.moved: list[tuple[str, str]] = []
        self.generations: dict[str, int] = {}

    def get_paginator(self, name: str) -> "_Pages":
        pages: dict[str, list[dict[str, Any]]] = {
            "list_objects_v2": [
                {"Contents": [{"Key": key, "ETag": f'"{key}"'} for key in self.stored]}
            ],
            "get_execution_history": [{"events": []}],
        }
        return _Pages(pages[name])

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        told = {
            "QueueArn": f"arn:{QueueUrl}",
            "ApproximateNumberOfMessages": str(self.dead_letters),
        }
        return {"Attributes": {name: told[name] for name in AttributeNames}}

    def start_message_move_task(self, *, SourceArn: str, DestinationArn: str) -> None:
        self.moved.append((SourceArn, DestinationArn))

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:
        return {"SecretString": SECRET}

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {"Item": {}}

    def update_item(self, **_: Any) -> None: ...

    def describe_log_groups(self, **_: Any) -> dict[str, Any]:
        return {"logGroups": [{"logGroupName": "/aws/lambda/retake-dev-submit"}]}

    def filter_log_events(self, **asked: Any) -> dict[str, Any]:
        edit_id = asked["filterPattern"].strip('"')
        line = {"level": "INFO", "message": "submit", "edit_id": edit_id, "remark": "accepted"}
        return {"events": [{"timestamp": 1_772_366_402_000, "message": json.dumps(line)}]}


@dataclass
class _Pages:
    pages: list[dict[str, Any]]

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return self.pages


@functools.cache
def _the_only_one() -> Reception:
    """Making the routes costs more than any call: one API serves all tests of a process."""
    return Reception()


def _empty(reception: Reception) -> Reception:
    reception.scene, reception.queue = Scene(), Queue()
    return reception


@dataclass
class StackDoor:
    """A door to it, and hands on what is behind. `ends` is how an edit ends when it is waited
    for; None: not at all."""

    reception: Reception = field(default_factory=lambda: _empty(_the_only_one()))
    aws: FakeAws = field(default_factory=FakeAws)
    uploads: list[str] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    is_local: bool = False

    def open(self) -> Door:
        door = Door(
            "this machine" if self.is_local else "retake-dev",
            self._call,
            self._send,
            lambda name: self.aws,
            an_address(1) if self.is_local else None,
            pause=self._wait,
        )
        door.outputs = OUTPUTS
        return door

    def upload(self, door: Door, path: Path, content_type: str, told: Any = None) -> str:
        """As an upload by form ends: the file lies under a key of its own."""
        key = f"sources/{len(self.uploads)}/{path.name}"
        self.uploads.append(path.name)
        self.reception.scene.storage.objects["inbox", key] = path.read_bytes()
        return key

    def finish(self, edit_id: str) -> None:
        """The edit gets as far as a result, unless it has ended."""
        scene = self.reception.scene
        edit = scene.records.get(edit_id)
        if edit.is_finished:
            return
        scene.validate(edit)
        scene.submit(edit)
        done = Conclusion(status=Status.SUCCEEDED, message="The edit is ready.")
        saving = scene.records.begin_save(scene.now(edit))
        scene.records.close(saving, done, result=result_at(f"edited/{edit_id}"))

    def _call(
        self, method: str, path: str, said: Any = None, headers: Mapping[str, str] | None = None
    ) -> ApiAnswer:
        self.calls.append((method, path.partition("?")[0]))
        named = {name.replace("-", "_"): value for name, value in (headers or {}).items()}
        answer = self.reception.call(method, path, said, **named)
        return ApiAnswer(answer.status, answer.headers, answer.text.encode())

    def _send(self, method: str, url: str) -> ApiAnswer:
        return ApiAnswer(200, {}, b"")

    def _wait(self, seconds: float) -> None:
        """Meanwhile every edit that is open ends."""
        for edit_id in self.edit_ids():
            self.finish(edit_id)

    def edit_ids(self) -> list[str]:
        listed = self.reception.call("GET", "/edits?limit=100").json["edits"]
        return [each["edit_id"] for each in listed]
