"""One edit, the real steps, and a table and a provider that do as they are told."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import product
from typing import Any

from retake.aws.dynamodb_changes import Change
from retake.domain.edit import Edit
from retake.domain.errors import NoAnswer, NotSent, RetakeError, Unavailable
from retake.domain.signed_links import LinkSecrets, Signer
from retake.domain.source import Source, edit_id_for
from retake.domain.vocabulary import Status
from retake.outbound.client import Reply
from retake.records.callback_proof import CallbackProof
from retake.records.store import Records
from retake.steps.callback import Call, callback_url, take_call
from retake.steps.outcome import Next
from retake.steps.policy import Inbox, SubmitPolicy, WaitPolicy
from retake.steps.poll import poll
from retake.steps.submit import submit
from retake.steps.validate import validate

from tests.faults.runs import Variant
from virtual.clock import Clock
from virtual.fake_storage import FakeStorage
from virtual.memory_provider import BASE, HOUSES, KEY, Ledger, said
from virtual.scene import CLIP, without_budget
from virtual.store import QuickTable

APART = timedelta(minutes=4)  # between two invocations; longer than any wait that is asked for
MAX_STEPS = 200  # of reconciling, until the deadline
DONE, DOUBLE = "done for one bill", "billed twice"
LOST, UNBILLED = "paid and lost", "not billed, not done"


class Fate(StrEnum):
    """What becomes of the POST."""

    OK = "ok"
    REPLY_LOST = "reply lost after acceptance"
    LOST = "lost before acceptance"
    UNREACHABLE = "connection refused"
    REFUSED = "refused (400)"
    BUSY = "asked to wait (429)"
    ACCEPTED_5XX = "accepted, answered 502"
    REJECTED_5XX = "not accepted, answered 503"


class Crash(StrEnum):
    """Where the invocation breaks off."""

    NONE = "none"
    AFTER_INTENT = "after the intent"
    AFTER_POST = "after the POST"
    RECORD_FAILS = "the record cannot be written"


class Killed(BaseException):
    """The process is gone."""


class Table(QuickTable):
    """Dies after a write, or takes none."""

    dies = False
    is_down = False

    def write(self, *changes: Change) -> None:
        if self.is_down:
            raise Unavailable
        super().write(*changes)
        if self.dies:
            raise Killed


ACTIONS = tuple(product(Fate, Crash))
ACCEPTING = frozenset({Fate.OK, Fate.REPLY_LOST, Fate.ACCEPTED_5XX})
ANSWERS: Mapping[Fate, Reply | RetakeError] = {
    Fate.REPLY_LOST: NoAnswer(),
    Fate.LOST: NoAnswer(),
    Fate.UNREACHABLE: NotSent(),
    Fate.REFUSED: said(400, {"code": "bad"}),
    Fate.BUSY: said(429, {"code": "busy"}),
    Fate.ACCEPTED_5XX: Reply(502, {}, b"<html>"),
    Fate.REJECTED_5XX: Reply(503, {}, b"<html>"),
}
State = tuple[Mapping[str, Any], tuple[Any, ...]]  # the table's items and the ledger's jobs


@dataclass
class Bench:
    """One edit on its way, between a table and a provider that do as they are told."""

    variant: Variant
    on_uncertain: str = "fail"
    clock: Clock = field(default_factory=Clock)
    table: Table = field(default_factory=Table)
    fate: Fate = Fate.OK
    crash: Crash = Crash.NONE

    def __post_init__(self) -> None:
        self.records = Records(self.table, now=self.clock.now)
        self.storage: Any = FakeStorage()
        self.ledger = Ledger(now=self.clock.monotonic, lists=self.variant.lists)
        self.signer = Signer(lambda: LinkSecrets((("k1", b"x" * 32),)))
        self.begun_at = self.clock.now()

    def start(self) -> State:
        source = Source(bucket="inbox", key="clip.mp4", version_id="v1")
        self.storage.objects["inbox", "clip.mp4"] = b"clip"
        self.storage.metadata["clip.mp4"] = {"prompt": "noir"}
        self.edit_id = edit_id_for("inbox", "clip.mp4", "v1")
        edit, _ = self.records.receive(self.edit_id, source, source=source)
        validate(
            edit,
            records=self.records,
            storage=self.storage,
            default_model=self.variant.model,
            inbox=Inbox(),
            enqueue=lambda body: None,
            look=lambda reader: CLIP,
        )
        return self.state()

    def state(self) -> State:
        return dict(self.table.items), tuple(self.ledger.jobs)

    def resume(self, state: State, number: int) -> None:
        """Put back what was, at the time of the invocation of this number."""
        items, jobs = state
        self.table.put_back(items)
        self.ledger.jobs = list(jobs)
        self.clock.advance((self.begun_at + number * APART - self.clock.now()).total_seconds())

    def invoke(self, fate: Fate, crash: Crash) -> None:
        self.fate, self.crash = fate, crash
        self.table.dies = crash is Crash.AFTER_INTENT
        try:
            self.submit()
        except (Killed, RetakeError):
            pass
        finally:
            self.table.dies = self.table.is_down = False

    def submit(self) -> Any:
        return submit(
            self.records.get(self.edit_id),
            records=self.records,
            storage=self.storage,
            provider=self.provider,
            policy=SubmitPolicy(callback_providers=tuple(HOUSES)),
            spending=without_budget(self.records, self.storage),
            callback_url=self._callback_url if self.variant.calls_back else None,
            sleep=lambda seconds: None,
        )

    def provider(self, name: str) -> Any:
        return HOUSES[name](BASE, self, self)  # type: ignore[arg-type]  # the vault and the web in one

    def key(self, provider: str, *, fresh: bool = False) -> str:
        return KEY

    def names(self, provider: str, *, fresh: bool = False) -> tuple[str, ...]:
        return ("default",)

    def request(self, method: str, url: str, *, json: Any = None, **more: Any) -> Reply:
        if method != "POST":
            return self.ledger.answer(method, url, json)
        accepted = self.fate in ACCEPTING
        reply = self.ledger.answer(method, url, json) if accepted else None
        if self.crash is Crash.AFTER_POST:
            raise Killed
        self.table.is_down = self.crash is Crash.RECORD_FAILS
        answer = ANSWERS.get(self.fate, reply)
        if isinstance(answer, RetakeError):
            raise answer
        assert answer is not None
        return answer

    def reconcile(self) -> str:
        """Callbacks come, polls look for it: what the record and the ledger then say."""
        self.clock.advance(APART.total_seconds())
        for job in self.ledger.jobs:
            if job.callback:
                self._call(job.callback, job.job_id)
        for _ in range(MAX_STEPS):
            step = poll(
                self.records.get(self.edit_id),
                records=self.records,
                provider=self.provider,
                policy=WaitPolicy(on_uncertain=self.on_uncertain),
            )
            if step.next is Next.PERSIST:
                break
            if step.next is Next.SUBMIT:
                if not self._was_uncertain():
                    break
                self.fate, self.crash = Fate.OK, Crash.NONE  # the retry that the owner chose
                self.submit()
                continue
            self.clock.advance(step.wait_seconds)
        return self._verdict(self.records.get(self.edit_id))

    def _was_uncertain(self) -> bool:
        attempts = self.records.get(self.edit_id).attempts
        return bool(attempts) and attempts[-1]["ended"] == Status.UNCERTAIN

    def _verdict(self, edit: Edit) -> str:
        billed = len(self.ledger.jobs)
        is_found = edit.conclusion is None and edit.provider_task_id is not None
        if billed > 1:
            return DOUBLE
        if billed:
            return DONE if is_found else LOST
        return UNBILLED

    def _callback_url(self, edit: Edit) -> str:
        return callback_url("https://door.example", edit, self.signer, self.records)

    def _call(self, url: str, job_id: str) -> None:
        path = url.partition("/callbacks/")[2].split("/")
        body = json.dumps({"id": job_id}).encode()
        call = Call(path[0], path[1], path[2], path[3], headers={}, body=body)
        take_call(
            call,
            records=self.records,
            signer=self.signer,
            provider=self.provider,
            wake=lambda token: None,
            proof=CallbackProof(self.table, now=self.clock.now),
        )
