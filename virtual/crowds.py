"""Many edits at once against a provider that runs few, and what it cost to let them wait."""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

from retake.aws.s3 import ObjectReader
from retake.domain.source import Source
from retake.media import probe
from retake.media.probe import examine as _examine

from virtual.dropped import footage
from virtual.fake_storage import FakeStorage
from virtual.lambdas import SWEEPS
from virtual.points import MAX_CALLS
from virtual.recorded import edits_in
from virtual.whole_stack import Stage
from virtual.wiring import Current

MODEL = "novita/kling-o1-edit"
CLIP_SECONDS = 180.0  # what a job takes
# What is asked of DynamoDB, the state machine's own writes included.
REQUESTS = frozenset(
    {"table.get", "table.get_many", "table.newest", "table.first", "table.counted", "table.write"}
    | {"listen.update", "confirm.update"}
)


@dataclass(frozen=True)
class Crowded:
    """What became of a crowd; requests and transitions are per edit, without the sweep's."""

    ends: Counter[str]
    seconds: float
    posts: int
    refused: int
    most_open: int
    busy: float
    transitions: float
    requests: float
    calls: Counter[str]


def crowd(  # noqa: PLR0913  each is one thing that a crowd may differ in
    many: int,
    *,
    runs_at_once: int | None,
    told: str = "",
    queues: bool = False,
    seconds: float = CLIP_SECONDS,
    horizon: float | None = None,
    model: str = MODEL,
    apart: float = 0.0,
    no_credit_seconds: float = 0.0,
    sweeps_apart: float = SWEEPS,
) -> tuple[Stage, Crowded]:
    """So many clips dropped `apart` seconds from each other, played to the end.

    `told` is what the stack says in MaxRunning; credit comes after `no_credit_seconds`.
    """
    environment = {"MAX_RUNNING": told, "PARK_SECONDS": "86400"}
    stage = Stage(model, calls_back=True, environment=environment)
    stage.ledger.runs_at_once, stage.ledger.queues = runs_at_once, queues
    stage.ledger.seconds = seconds
    for number in range(many):
        stage.deliver(stage.upload(f"clip-{number}.mp4"), after=apart * number)
    if no_credit_seconds:
        stage.ledger.has_credit = False
        stage.world.spawn("owner", lambda: _paid(stage, no_credit_seconds)).is_observed = False
    stage.world.horizon = horizon or many * seconds * 10 + no_credit_seconds + 4 * 3600
    stage.gate.most_calls = 100 * many + MAX_CALLS
    Current.stage = stage
    stage.world.spawn("schedule", lambda: _sweeping(stage, many, sweeps_apart)).is_observed = False
    # All clips are one: it is looked into once, and not by a clock that others hold up.
    with patch.object(probe, "examine", lambda reader, **budget: _examined()):
        stage.world.run()
    return stage, measured(stage, many)


@cache
def _examined() -> Any:
    buckets = FakeStorage()
    buckets.objects["inbox", "clip.mp4"] = footage()
    source = Source(bucket="inbox", key="clip.mp4")
    return _examine(ObjectReader(buckets, source, len(footage())))  # type: ignore[arg-type]  # stands in for Storage


def _paid(stage: Stage, after: float) -> None:
    stage.world.sleep(after)
    stage.ledger.has_credit = True


def _sweeping(stage: Stage, many: int, apart: float) -> None:
    while stage.ended_edits < many:
        stage.world.sleep(apart)
        stage.sweep()


def measured(stage: Stage, many: int) -> Crowded:
    """How busy the provider was is reckoned from the first job to the last that could begin at
    once: while fewer are left than may run, no slot can be full."""
    ledger = stage.ledger
    jobs = sorted(ledger.jobs, key=lambda job: job.accepted_at)
    calls = Counter(point.name for point in stage.gate.trace)
    whole = max((job.done_at for job in jobs), default=0.0)
    limit = ledger.runs_at_once or len(jobs)
    until = jobs[-limit].accepted_at if len(jobs) > limit else whole
    begun = jobs[0].accepted_at if jobs else 0.0
    worked = sum(max(0.0, min(job.done_at, until) - job.begins_at) for job in jobs)
    histories = [len(run.history) - 1 - run.caught for run in stage.states.executions.values()]
    return Crowded(
        ends=Counter(edit["status"] for edit in edits_in(stage).values()),
        seconds=whole - begun,
        posts=len(jobs) + ledger.refused,
        refused=ledger.refused,
        most_open=ledger.most_open,
        busy=worked / (limit * (until - begun)) if until > begun else 1.0,
        transitions=sum(histories) / many,
        requests=sum(calls[name] for name in REQUESTS) / many,
        calls=calls,
    )
