"""A whole stack in memory: the real handlers and the real state machine between faulty doors."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from random import Random
from typing import Any

from retake.aws.messaging import Notices
from retake.aws.s3 import InboxObject
from retake.aws.step_functions import Workflow
from retake.catalog.models import MODELS
from retake.domain.errors import LostRace, Unavailable
from retake.domain.provider_keys import provider_of
from retake.domain.signed_links import LinkSecrets, Signer
from retake.domain.source import Source, upload_id
from retake.providers.base import Provider
from retake.records.callback_proof import CallbackProof
from retake.records.slots import Rooms
from retake.records.store import Records
from retake.settings import Settings
from retake.steps.announce import Announcer
from retake.steps.begin import Starter
from retake.steps.erase import Eraser
from retake.steps.missed_uploads import MissedUploads
from retake.steps.policy import SubmitPolicy, WaitPolicy
from retake.steps.save_result import ResultSaver
from retake.steps.sidecars import SidecarMatcher
from retake.steps.sweep import Sweeper

from virtual.dropped import INBOX, footage, result_of, source_of, version_of
from virtual.fake_storage import FakeStorage
from virtual.faulty_services import NoWebhooks, Shredding, StorageDoor, TableDoor, Web
from virtual.lambdas import Capacity, Lambdas
from virtual.machine import Execution
from virtual.memory_provider import BASE, HOUSES, Job, Ledger
from virtual.money_stage import MoneyStage
from virtual.points import READ, WRITE, Gate, Mode
from virtual.states import States
from virtual.store import QuickTable
from virtual.vault import KeyRing, Vault
from virtual.world import World

PROMPT = "CANARY-PROMPT make it snow"
LINK_SECRET = "CANARY-LINK-SECRET-0123456789"
RESULTS = "results"
ENVIRONMENT = {
    "TABLE_NAME": "edits",
    "INBOX_BUCKET": INBOX,
    "RESULTS_BUCKET": RESULTS,
    "STATE_MACHINE_ARN": "arn:aws:states:eu-central-1:111122223333:stateMachine:edit",
    "COMPLETION_TOPIC_ARN": "arn:aws:sns:eu-central-1:111122223333:done",
    "PARK_SECONDS": "7200",
    "MAX_RUNNING": "novita=9999,evolink=9999,aimlapi=9999,fal=9999",
    **{f"{name.upper()}_BASE_URL": BASE for name in ("novita", "evolink", "aimlapi", "fal")},
}


class Stage(MoneyStage):
    """What one run plays on. Handlers find their collaborators here, by the names of the stack."""

    def __init__(  # noqa: PLR0913  what a run plays with, all but the model with a default
        self,
        model: str,
        *,
        seed: int = 0,
        switching: float = 0.0,
        faults: Mapping[int, Mode | None] | None = None,
        rng: Random | None = None,
        calls_back: bool = False,
        lists: bool = False,
        has_called: bool = True,
        environment: Mapping[str, str] | None = None,
        capacity: Capacity = Capacity(),  # noqa: B008  frozen
    ) -> None:
        self.world = World(seed, switching=switching)
        self.gate = Gate(self.world, faults or {}, rng)
        self.ring = KeyRing()
        self.table = QuickTable()
        if calls_back and has_called:
            called = CallbackProof(self.table, now=self.world.now)
            called.note(MODELS[model].provider)
        self.buckets = FakeStorage()
        self.log_lines: list[str] = []
        self.dropped: dict[str, datetime] = {}
        self.callback_urls: list[str] = []
        self.ended_edits = 0
        self.idle: list[str] = []  # slots that nobody was given for longer than one sweep
        self.ledger = Ledger(now=lambda: self.world.seconds, lists=lists, on_accept=self._accepted)
        self.callback_delays: tuple[float, ...] = (1.0,)
        self._known = Settings.from_environment(
            ENVIRONMENT
            | {"DEFAULT_MODEL": model}
            | ({"PUBLIC_URL": "https://door.example"} if calls_back else {})
            | dict(environment or {})
        )
        self.table_door = TableDoor(self.gate, self.table)
        self.storage_door = StorageDoor(self.gate, self.buckets)
        self.web = Web(self.gate, self.ledger, result_of)
        self.lambdas = Lambdas(self, capacity)
        self.states = States(self)

    # ------------------------------------------------ what the stack hands to the handlers

    def settings(self) -> Settings:
        return self._known

    @cached_property
    def _records(self) -> Records:
        return Records(
            self.table_door,
            now=self.world.now,
            report=self.report,
            usual_model=self._known.default_model,
            rooms=Rooms(self._known.max_running, self._known.max_per_minute),
            wake=self.workflow().wake,
            calendar=self._known.budgets.calendar,
        )

    def records(self) -> Records:
        return self._records

    def wait_policy(self) -> WaitPolicy:
        return WaitPolicy.of(self._known)

    def submit_policy(self) -> SubmitPolicy:
        return SubmitPolicy.of(self._known)

    @cached_property
    def _proof(self) -> CallbackProof:
        return CallbackProof(self.table_door, now=self.world.now, item=self._records.item)

    def callback_proof(self) -> CallbackProof:
        return self._proof

    def provider(self, key: str) -> Provider:
        vault = Vault(self.gate, self.ring, key)
        return HOUSES[provider_of(key)](BASE, vault, self.web)  # type: ignore[arg-type]  # stands in for Outbound

    def keeper(self) -> ResultSaver:
        return ResultSaver(
            self.storage_door,
            RESULTS,
            self.provider,
            self.web,  # type: ignore[arg-type]  # stands in for Outbound
            patience_seconds=self._known.patience_seconds,
            # Nobody looks at it here: decoding would be most of a run.
            picture=lambda reader: reader.read_at(0, 16),
        )

    def signer(self) -> Signer:
        return Signer(lambda: LinkSecrets((("k1", LINK_SECRET.encode()),)))

    def share_url(self, edit: Any) -> str | None:
        return None

    def workflow(self) -> Workflow:
        return Workflow(self.states, self._known.state_machine_arn)

    def publish(self, notification: Mapping[str, Any]) -> None:
        Notices(self.states, self._known.topic_arn).publish(notification)

    def enqueue(self, body: str) -> None:
        self.gate.call("sqs.send", lambda: self.lambdas.deliver(body), modes=WRITE, error=_down)

    def starter(self) -> Starter:
        return self.sidecar_matcher()

    def sidecar_matcher(self) -> SidecarMatcher:
        return SidecarMatcher(
            records=self._records,
            start=self.workflow().start,
            listed=self._listed,
            settle_seconds=self._known.settle_seconds,
        )

    def put_back(self, body: str, seconds: int) -> None:
        self.lambdas.deliver(body, after=seconds)

    def sweeper(self) -> Sweeper:
        missed = MissedUploads(self._records, self._uploads, self.sidecar_matcher(), self.report)
        return Sweeper(
            records=self._records,
            workflow=self.workflow(),
            publish=self.publish,
            missed_uploads=missed,
            erase=lambda edit_id: self.lambdas.summon("erase", {"edit_id": edit_id}),
            report=self.report,
            waiting_for_money=self.budget_lines(),
            announce=self.announcer().announce,
        )

    def announcer(self) -> Announcer:
        return Announcer(NoWebhooks())

    def eraser(self) -> Eraser:
        shredding = Shredding(self.gate, self.buckets)

        def versions(bucket: str, key: str) -> list[Source]:
            return [each.source for each in self._listed(key) if each.source.key == key]

        return Eraser(self._records, shredding, self.provider, versions, RESULTS)  # type: ignore[arg-type]  # stands in

    def report(self, about: str, error: Exception) -> None:
        self.logged("unreadable", {"about": about, "error": type(error).__name__})

    def count(self, measures: Any, **dimensions: Any) -> None:
        """A figure in the log: it can neither fail nor change anything."""

    def log_step(self, step: str, edit: Any, **facts: Any) -> None:
        self.logged(step, {"edit_id": edit.edit_id, "status": edit.status, **facts})

    def logged(self, message: str, fields: Mapping[str, Any]) -> None:
        self.log_lines.append(f"{message} {fields}")

    # ------------------------------------------------ what happens around it

    def upload(
        self,
        key: str = "clip.mp4",
        *,
        prompt: str = PROMPT,
        variations: int = 1,
        clip: bytes | None = None,
        **asked: str,
    ) -> dict[str, Any]:
        """A clip is dropped into the inbox; its event, to be delivered as often as one likes."""
        self.buckets.objects[INBOX, key] = clip or footage()
        several = json.dumps([f"{prompt} {number}" for number in range(variations)])
        prompts = {"prompts": several} if variations > 1 else {"prompt": prompt}
        self.buckets.metadata[key] = prompts | asked
        self.dropped[key] = self.world.now()
        detail = {
            "bucket": {"name": INBOX},
            "object": {"key": key, "version-id": version_of(key), "size": len(footage())},
        }
        return {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}

    def deliver(self, event: Mapping[str, Any], *, after: float = 0.0) -> None:
        """The queue hands the event to intake, again and again until it is taken."""
        self.lambdas.deliver(json.dumps(event), after=after)

    def rerun(self, key: str = "clip.mp4", *, after: float) -> None:
        """An operator starts another execution of an edit, whatever its own is doing."""
        edit_id = upload_id(source_of(key))
        self.world.spawn("operator", lambda: self.states.rerun(edit_id), after=after)

    def recover(self) -> None:
        """What somebody does about edits that ended without the result they paid for."""
        for key in [key for key in self.table.items if key.startswith("edit#")]:
            edit = self._records.get(key.removeprefix("edit#"))
            with suppress(LostRace):
                self._records.recovery.ask(edit)

    def sweep(self, *, after: float = 0.0, is_observed: bool = False) -> None:
        """One run of the schedule."""
        self.lambdas.summon("sweep", {}, after=after, is_observed=is_observed)

    def ended(self, execution: Execution) -> None:
        """EventBridge tells the sweep of executions that ended badly."""
        self.ended_edits += execution.status == "SUCCEEDED"
        if execution.status in ("FAILED", "TIMED_OUT", "ABORTED"):
            said = {"detail": {"name": execution.name, "status": execution.status}}
            self.lambdas.summon("sweep", said, after=1.0, is_observed=False)

    def _accepted(self, job: Job) -> None:
        if job.callback is None:
            return
        self.callback_urls.append(job.callback)
        path = job.callback.partition("/callbacks/")[2].split("/")
        names = ("provider", "edit_id", "attempt", "token")
        call = {
            "pathParameters": dict(zip(names, path, strict=True)),
            "headers": {},
            "body": json.dumps({"id": job.job_id}),
        }
        for delay in self.callback_delays:
            self.lambdas.summon("callback", call, after=self.ledger.seconds + delay)

    def _uploads(self, place: str | None) -> tuple[list[InboxObject], str | None]:
        def listed() -> list[InboxObject]:
            return [InboxObject(source_of(key), at) for key, at in self.dropped.items()]

        found = self.gate.call("s3.list", listed, modes=READ, error=_down)
        return found, None

    def _listed(self, start: str) -> list[InboxObject]:
        found, _ = self._uploads(None)
        return [each for each in found if each.source.key.startswith(start)]


def _down() -> Unavailable:
    return Unavailable("AWS cannot answer now (injected).")
