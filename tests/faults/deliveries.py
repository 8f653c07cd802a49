"""Many uploads, their events delivered over and over by workers that are real threads at once."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from retake.domain.errors import LostRace
from retake.outbound.client import Reply
from retake.records.slots import Rooms
from retake.records.store import Records
from retake.settings import PROVIDERS
from retake.steps.intake import receive
from retake.steps.policy import Inbox, SubmitPolicy
from retake.steps.sidecars import SidecarMatcher
from retake.steps.submit import submit
from retake.steps.validate import validate

from virtual.clock import Clock
from virtual.fake_storage import FakeStorage
from virtual.memory_provider import BASE, HOUSES, KEY, Ledger
from virtual.scene import CLIP, without_budget
from virtual.store import QuickTable

MAX_DELIVERIES = 50
MAX_ENTRIES = 3  # how often each execution's first steps are entered, all at once
WORKERS = 4


@dataclass
class Crowd:
    """One table, one provider, and a state machine that takes a name once."""

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.table = QuickTable()
        room = Rooms(dict.fromkeys(PROVIDERS, 9999))
        self.records = Records(self.table, now=self.clock.now, rooms=room)
        self.storage: Any = FakeStorage()
        self.ledger = Ledger(now=self.clock.monotonic)
        self.executions: set[str] = set()
        self._lock = threading.Lock()

    def start(self, edit_id: str) -> None:
        with self._lock:
            self.executions.add(edit_id)

    def upload(self, key: str) -> str:
        """The event of a clip in the inbox."""
        self.storage.objects["inbox", key] = b"clip"
        self.storage.metadata[key] = {"prompt": "noir"}
        detail = {
            "bucket": {"name": "inbox"},
            "object": {"key": key, "version-id": f"v-{key}", "size": 4},
        }
        return json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": detail})

    def deliver(self, event: str) -> None:
        matcher = SidecarMatcher(
            records=self.records,
            start=self.start,
            listed=lambda key: self.storage.listed("inbox", key),
            settle_seconds=0,
        )
        receive(
            event,
            bucket="inbox",
            prefix="",
            starter=matcher,
            sidecar_matcher=lambda: matcher,
            put_back=lambda body, seconds: None,
        )

    def enter(self, edit_id: str) -> None:
        """Validate and submit, as an execution or its zombie does."""
        with suppress(LostRace):  # somebody else has just validated it
            validate(
                self.records.get(edit_id),
                records=self.records,
                storage=self.storage,
                default_model="novita/kling-o1-edit",
                inbox=Inbox(),
                enqueue=lambda body: None,
                look=lambda reader: CLIP,
            )
        submit(
            self.records.get(edit_id),
            records=self.records,
            storage=self.storage,
            provider=lambda name: HOUSES[name](BASE, self, self),  # type: ignore[arg-type]  # the vault and the web in one
            policy=SubmitPolicy(),
            spending=without_budget(self.records, self.storage),
        )

    def key(self, provider: str, *, fresh: bool = False) -> str:
        return KEY

    def names(self, provider: str, *, fresh: bool = False) -> tuple[str, ...]:
        return ("default",)

    def request(self, method: str, url: str, *, json: Any = None, **more: Any) -> Reply:
        with self._lock:
            return self.ledger.answer(method, url, json)


@dataclass(frozen=True)
class Counted:
    """What came of it."""

    deliveries: int
    edits: int
    executions: int
    accepted: int
    accepted_edits: int


def delivered(uploads: int, *, seed: int = 1) -> Counted:
    """Each upload's event 1 to 50 times, all shuffled; each execution begun up to three times."""
    rng, crowd = Random(seed), Crowd()
    events = [crowd.upload(f"clip-{number}.mp4") for number in range(uploads)]
    repeated = _repeated(events, MAX_DELIVERIES, rng)
    _shared(crowd.deliver, repeated)
    _shared(crowd.enter, _repeated(sorted(crowd.executions), MAX_ENTRIES, rng))
    return Counted(
        deliveries=len(repeated),
        edits=sum(key.startswith("edit#") for key in crowd.table.items),
        executions=len(crowd.executions),
        accepted=len(crowd.ledger.jobs),
        accepted_edits=len({job.edit_id for job in crowd.ledger.jobs}),
    )


def _repeated(things: list[str], most: int, rng: Random) -> list[str]:
    repeated = [thing for thing in things for _ in range(rng.randint(1, most))]
    rng.shuffle(repeated)
    return repeated


def _shared(work: Callable[[str], None], things: list[str]) -> None:
    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(work, things))
