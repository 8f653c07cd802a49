"""An inbox with real versions, and a stack around it: what is dropped and told in any order."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

from retake.aws.s3 import Head, InboxObject
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import LostRace, Refused, RetakeError, Unavailable
from retake.domain.source import Source
from retake.domain.stored import timestamp
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import Submission
from retake.steps.outcome import Next
from retake.steps.policy import Inbox

from tests.retake.steps.callback_waits import RacingTable
from tests.retake.steps.racing_time import Time, Turns
from virtual.clock import Clock
from virtual.fake_provider import FakeProvider
from virtual.fake_storage import FakeStorage
from virtual.scene import Scene

BUCKET = "inbox"


@dataclass
class Version:
    version_id: str
    body: bytes
    metadata: dict[str, str] = field(default_factory=dict)
    is_deletion: bool = False

    def of(self, key: str) -> Source:
        return Source(bucket=BUCKET, key=key, version_id=self.version_id, size_bytes=len(self.body))


class Shelf(FakeStorage):
    """A versioned bucket; others may come before every look at it."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self._time = time
        self._count = 0
        self.shelf: dict[str, list[Version]] = {}

    def put_version(
        self, key: str, body: bytes, metadata: dict[str, str], *, is_deletion: bool = False
    ) -> Source:
        self._count += 1
        version = Version(f"v{self._count}", body, metadata, is_deletion)
        self.shelf.setdefault(key, []).append(version)
        return version.of(key)

    def head(self, source: Source) -> Head:
        self._time.let_others_go()
        found = self._found(source)
        return Head(len(found.body), "video/mp4", found.metadata, found.version_id)

    def read(self, source: Source, offset: int, length: int) -> bytes:
        self._time.let_others_go()
        return self._found(source).body[offset : offset + length]

    def listed(self, bucket: str, start: str) -> list[InboxObject]:
        self._time.let_others_go()
        return [
            InboxObject(each.of(key), Clock().now(), is_latest=each is versions[-1])
            for key, versions in sorted(self.shelf.items())
            if key.startswith(start)
            for each in reversed(versions)
            if not each.is_deletion
        ]

    def delete_key(self, key: str) -> None:
        """As a plain DELETE does in a versioned bucket: a marker on top."""
        self.put_version(key, b"", {}, is_deletion=True)

    def _found(self, source: Source) -> Version:
        for version in reversed(self.shelf.get(source.key, [])):
            if source.version_id in (None, version.version_id) and not version.is_deletion:
                return version
            if source.version_id is None:
                break
        raise Refused(Reason.INPUT_GONE, f"{source.key} is no longer there.")


class Busy(FakeProvider):
    """Takes every order under an id of its own."""

    def send(self, order: Any) -> Submission:
        self.orders.append(order)
        return Scene().accepting(f"task-{len(self.orders)}")


class Stack:
    """Intake, Validate and Submit as they are, and the workflow and queue that call them."""

    def __init__(self, seed: int, *, settle_seconds: int = 20, default_prompt: str = "") -> None:
        self.chance = Random(seed)
        clock = Clock()
        self.time = Turns(self.chance, clock)
        self.shelf = Shelf(self.time)
        self.scene = Scene(clock, RacingTable(self.time), storage=self.shelf, provider=Busy())
        self.inbox = Inbox(default_prompt=default_prompt, settle_seconds=settle_seconds)
        self.messages: list[str] = []
        self.started: set[str] = set()
        self.detail: list[str | None] = []

    def drop(
        self,
        key: str,
        body: bytes = b"clip",
        *,
        after: float = 0.0,
        told_after: tuple[float, ...] = (0.0,),
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """An object is put at some time; its event is delivered once or more, later."""

        def put() -> None:
            source = self.shelf.put_version(key, body, dict(metadata or {}))
            event = event_of(source, self.scene.clock.now())
            for delay in told_after:
                self.time.spawn(lambda: self._deliver(event), after=delay)

        self.time.spawn(put, after=after)

    def delete(self, key: str, *, after: float) -> None:
        self.time.spawn(lambda: self.shelf.delete_key(key), after=after)

    def run(self) -> list[Edit]:
        """Everything that happens; the records there are in the end."""
        self.time.run()
        keys = [key for key in self.scene.table.items if key.startswith("edit#")]
        return [self.scene.records.get(key.removeprefix("edit#")) for key in sorted(keys)]

    def _deliver(self, body: str) -> None:
        while True:
            try:
                taken = self.scene.take_in(
                    body,
                    self._start,
                    settle_seconds=self.inbox.settle_seconds,
                    put_back=self._put_back,
                )
            except RetakeError:
                self.time.sleep(30)
            else:
                self.detail.append(taken.reason)
                return

    def _put_back(self, body: str, seconds: int) -> None:
        self.time.spawn(lambda: self._deliver(body), after=seconds)

    def _hand_over_the_others(self) -> None:
        """The other edits of a batch go through the queue."""
        while self.scene.queued:
            body = self.scene.queued.pop()
            self.time.spawn(partial(self._deliver, body))

    def _start(self, edit_id: str) -> None:
        self.time.let_others_go()
        if edit_id not in self.started:
            self.started.add(edit_id)
            self.time.spawn(lambda: self._execute(edit_id))

    def _execute(self, edit_id: str) -> None:
        """As statemachine/edit_video.asl.json has it, up to the provider's yes and from the end."""
        while True:
            edit = self.scene.records.get(edit_id)
            try:
                self.scene.validate(edit, inbox=self.inbox)
            except (LostRace, Unavailable):
                self.time.sleep(self.chance.uniform(0, 5))
                continue
            finally:
                self._hand_over_the_others()
            edit = self.scene.records.get(edit_id)
            step = self.scene.submit(edit, settle_seconds=self.inbox.settle_seconds)
            if step.next is not Next.SETTLE:
                break
            self.time.sleep(step.wait_seconds)
        self.time.sleep(self.chance.uniform(0, 100))
        edit = self.scene.records.get(edit_id)
        done = Conclusion(status=Status.SUCCEEDED, message="ready")
        closed = self.scene.records.close(edit, edit.conclusion or done)
        self.messages.append(closed.edit_id)


def event_of(source: Source, at: datetime) -> str:
    """What EventBridge tells of an object."""
    detail = {
        "bucket": {"name": source.bucket},
        "object": {
            "key": source.key,
            "version-id": source.version_id,
            "size": source.size_bytes,
        },
    }
    said = {"source": "aws.s3", "detail-type": "Object Created", "time": timestamp(at)}
    return json.dumps(said | {"detail": detail})
