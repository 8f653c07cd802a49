"""A scene for the steps of an edit: real records over memory, and fakes at the outer doors."""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from retake.aws.dynamodb_changes import Change
from retake.domain.budgets import Budgets
from retake.domain.edit import Conclusion, Edit, Result
from retake.domain.errors import Misconfigured
from retake.domain.folders import Walls
from retake.domain.footage import Footage
from retake.domain.hold import Hold
from retake.domain.source import Source, edit_id_for
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import Submission, Task, Verdict
from retake.records.callback_proof import CallbackProof
from retake.records.keys import edit_key
from retake.records.slots import Rooms
from retake.records.store import Records
from retake.settings import PROVIDERS
from retake.steps.begin import Intake
from retake.steps.budget_lines import BudgetLines
from retake.steps.fit import Bench, fit
from retake.steps.intake import receive
from retake.steps.policy import Inbox, SubmitPolicy, WaitPolicy
from retake.steps.poll import poll
from retake.steps.sidecars import SidecarMatcher
from retake.steps.spending_guard import SpendingGuard
from retake.steps.submit import submit
from retake.steps.validate import validate

from virtual.clock import Clock
from virtual.fake_provider import FakeProvider
from virtual.fake_storage import FakeStorage
from virtual.memory_table import MemoryTable
from virtual.role_of_writes import as_function

CLIP = Footage(
    container="mp4",
    codec="h264",
    duration_seconds=5.0,
    width=1280,
    height=720,
    fps=30.0,
    has_audio=True,
    size_bytes=1000,
)


def result_at(stem: str) -> Result:
    """A result and its manifest, under this key without ending."""
    return Result(
        bucket="results",
        key=f"{stem}.mp4",
        manifest_key=f"{stem}.json",
        size_bytes=5,
        sha256="0" * 64,
        duration_seconds=5.0,
        width=1280,
        height=720,
        has_audio=True,
    )


@dataclass
class Scene:
    """One stack without AWS: every step can be taken on its edits."""

    clock: Clock = field(default_factory=Clock)
    table: MemoryTable = field(default_factory=MemoryTable)
    storage: Any = field(default_factory=FakeStorage)
    provider: Any = field(default_factory=FakeProvider)
    clip: Footage = CLIP
    published: list[Any] = field(default_factory=list)
    queued: list[str] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    has_been_called: bool = True
    budgets: Budgets = field(default_factory=Budgets)
    rooms: Rooms = field(default_factory=lambda: Rooms(dict.fromkeys(PROVIDERS, 9999)))
    woken: list[str] = field(default_factory=list)
    keys_used: list[str] = field(default_factory=list)  # with which key the provider was spoken to
    lost_keys: set[str] = field(default_factory=set)  # that are not in the vault any more
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.records = Records(
            self.table,
            now=self.clock.now,
            report=self.report,
            usual_model="novita/kling-o1-edit",
            rooms=self.rooms,
            wake=self.woken.append,
            calendar=self.budgets.calendar,
        )
        self.proof = CallbackProof(self.table, now=self.clock.now)

    def report(self, about: str, error: Exception) -> None:
        """What was passed over."""
        self.reported.append(about)

    def upload(self, key: str = "clip.mp4", *, body: bytes = b"clip", **metadata: str) -> Edit:
        """A clip in the inbox and its fresh record."""
        self.storage.objects["inbox", key] = body
        metadata = {"prompt": "noir", **metadata}
        self.storage.metadata[key] = {k.replace("_", "-"): v for k, v in metadata.items() if v}
        source = Source(bucket="inbox", key=key, version_id=f"v{next(self._numbers)}")
        self.storage.versions["inbox", key] = source.version_id
        edit_id = edit_id_for(source.bucket, source.key, str(source.version_id))
        clip = None if source.is_request_file else source
        return self.records.receive(edit_id, source, source=clip)[0]

    def sidecar_matcher(
        self, start: Callable[[str], None], settle_seconds: int = 0
    ) -> SidecarMatcher:
        """What intake brings settings and clips together with."""
        return SidecarMatcher(
            records=self.records,
            start=start,
            listed=lambda key: self.storage.listed("inbox", key),
            settle_seconds=settle_seconds,
        )

    def take_in(
        self,
        body: str,
        start: Callable[[str], None],
        *,
        prefix: str = "",
        settle_seconds: int = 0,
        put_back: Callable[[str, int], None] | None = None,
        hold: Hold | None = None,
    ) -> Intake:
        """What intake makes of a message."""
        matcher = self.sidecar_matcher(start, settle_seconds)
        return receive(
            body,
            bucket="inbox",
            prefix=prefix,
            starter=matcher,
            sidecar_matcher=lambda: matcher,
            put_back=put_back or (lambda body, seconds: self.queued.append(body)),
            hold=hold,
        )

    def validate(self, edit: Edit, **options: Any) -> Any:
        with as_function("ValidateFunction", self.table):
            return validate(
                self.records.get(edit.edit_id),
                records=self.records,
                storage=self.storage,
                look=options.pop("look", lambda reader: self.clip),
                inbox=options.pop("inbox", Inbox()),
                enqueue=self.queued.append,
                default_model="novita/kling-o1-edit",
                **options,
            )

    def fit(self, edit: Edit, *, stale: Edit | None = None, **limits: Any) -> Any:
        """`stale` is the record as another worker has read it."""
        with as_function("FitFunction", self.table):
            return fit(
                stale or self.records.get(edit.edit_id),
                records=self.records,
                bench=Bench(self.storage, "results", **limits),
            )

    def spending(self) -> SpendingGuard:
        """What an edit passes before it may cost anything, by the budgets of the scene."""
        return SpendingGuard(
            records=self.records,
            storage=self.storage,
            budgets=self.budgets,
            walls=Walls(),
            publish=self.published.append,
            approval_url=lambda edit, asked: f"https://door.example/{edit.edit_id}",
        )

    def budget_lines(self) -> BudgetLines:
        """What gives those their turn who wait for a budget."""
        return BudgetLines(self.records, self.storage, self.budgets, Walls(), "inbox")

    def provider_with(self, key: str) -> Any:
        """The provider, spoken to with this key."""
        if key in self.lost_keys:
            raise Misconfigured(f"The vault holds no key {key}.")
        self.keys_used.append(key)
        return self.provider

    def submit(self, edit: Edit, *, callback_url: Any = None, **policy: Any) -> Any:
        """By a policy with these differences; providers have called this stack before."""
        for name in PROVIDERS if self.has_been_called and callback_url else ():
            self.proof.note(name)
        with as_function("SubmitFunction", self.table):
            return submit(
                self.records.get(edit.edit_id),
                records=self.records,
                storage=self.storage,
                provider=self.provider_with,
                policy=SubmitPolicy(callback_providers=PROVIDERS, **policy),
                spending=self.spending(),
                callback_url=callback_url,
                proof=self.proof,
                enqueue=self.queued.append,
                sleep=self.clock.advance,
            )

    def poll(self, edit: Edit, error: str | None = None, **policy: Any) -> Any:
        return poll(
            self.records.get(edit.edit_id),
            records=self.records,
            provider=self.provider_with,
            policy=WaitPolicy(**policy),
            error=error,
        )

    def polls(self, edit: Edit, times: int, *, apart: float = 60, **policy: Any) -> list[Any]:
        """Asked so often, so many seconds apart."""
        steps = []
        for _ in range(times):
            steps.append(self.poll(edit, **policy))
            self.clock.advance(apart)
        return steps

    def validated(self, key: str = "clip.mp4", **metadata: str) -> Edit:
        edit = self.upload(key, body=b"clip", **metadata)
        self.validate(edit)
        return self.now(edit)

    def running(self, key: str = "clip.mp4", **metadata: str) -> Edit:
        edit = self.validated(key, **metadata)
        self.submit(edit)
        return self.now(edit)

    def token(self, edit: Edit, token: str) -> None:
        """What the workflow leaves on the record of an edit that waits for its turn."""
        written = {"turn_token": token}
        self.table.write(Change(key=edit_key(edit.edit_id), set=written))

    def cancel(self, edit: Edit) -> None:
        """Somebody wants none of it, before it was sent."""
        ended = Conclusion(status=Status.CANCELLED, reason=Reason.CANCELLED, message="Cancelled.")
        self.records.conclude(self.now(edit), ended)

    def accepting(self, task_id: str) -> Submission:
        return Submission(verdict=Verdict.ACCEPTED, task=Task(task_id=task_id))

    def now(self, edit: Edit) -> Edit:
        """The record as it is stored now."""
        return self.records.get(edit.edit_id)


def without_budget(records: Records, storage: Any) -> SpendingGuard:
    """What an edit passes in a stack that says nothing about money."""
    return SpendingGuard(
        records=records,
        storage=storage,
        budgets=Budgets(),
        walls=Walls(),
        publish=lambda notification: None,
    )


def has_signed_link(texts: Sequence[str]) -> bool:
    """Whether anything that looks like a signature or a link is in the texts."""
    return any(re.search(r"https?://|X-Amz-", text) for text in texts)
