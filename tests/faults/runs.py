"""One run: a variant of provider, what goes wrong in it, and what became of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from retake.domain.provider_keys import DEFAULT
from retake.domain.vocabulary import TERMINAL

from tests.faults.checker import idle_in, violations
from virtual.lambdas import SWEEPS
from virtual.points import Mode, Point
from virtual.recorded import edits_in
from virtual.whole_stack import Stage
from virtual.wiring import Current

HOUR = 3600.0
HORIZON = 40 * HOUR
# An hour of asking about a lost submit would be the same question sixty times.
SHORT = {"DEADLINE_SECONDS": "400"}


@dataclass(frozen=True)
class Variant:
    """A provider by what it offers to find a lost submit again."""

    name: str
    model: str
    calls_back: bool = False
    lists: bool = False
    uploads: int = 1
    room: int = 9999  # so many may run there at once, with each key
    keys: tuple[str, ...] = (DEFAULT,)

    @property
    def environment(self) -> Mapping[str, str]:
        return {"MAX_RUNNING": f"{self.model.partition('/')[0]}={self.room}"}

    @property
    def finds_again(self) -> bool:
        return self.calls_back or self.lists


VARIANTS = {
    each.name: each
    for each in (
        Variant("calls-back", "novita/kling-o1-edit", calls_back=True),
        Variant("lists", "fal/kling-o1-edit", lists=True),
        Variant("both", "fal/kling-o1-edit", calls_back=True, lists=True),
        Variant("neither", "aimlapi/kling-o1-edit"),
    )
}
# Two who share one slot: whatever befalls one of them, the other one gets its turn.
IN_LINE = Variant("in-line", "novita/kling-o1-edit", calls_back=True, uploads=2, room=1)
# Three for two keys of one slot each.
TWO_KEYS = replace(IN_LINE, name="two-keys", uploads=3, keys=("b", DEFAULT))


@dataclass
class Outcome:
    """What a run left: its way, the faults that struck, and what does not hold."""

    line: str
    trace: list[Point]
    struck: list[str]
    violations: list[str]
    ends: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    lost: int = 0  # edits whose job was done and paid for, and that did not succeed

    def told(self) -> str:
        return f"{self.line}: {'; '.join(self.violations)} [struck: {', '.join(self.struck)}]"


def played(variant: Variant, faults: Mapping[int, Mode | None], *, line: str) -> Outcome:
    """Its uploads, each delivered once, with these faults on their way."""
    stage = Stage(
        variant.model,
        faults=faults,
        calls_back=variant.calls_back,
        lists=variant.lists,
        environment={**SHORT, **variant.environment},
    )
    stage.ring.names = variant.keys
    for key in names_of(variant.uploads):
        stage.deliver(stage.upload(key))
    return run(stage, line, uploads=variant.uploads)


def names_of(uploads: int) -> list[str]:
    """The clips of a run; an operator looks after the first."""
    return ["clip.mp4", *(f"clip-{number}.mp4" for number in range(1, uploads))]


def run(
    stage: Stage,
    line: str,
    *,
    uploads: int = 1,
    most_accepted: int = 1,
    horizon: float = HORIZON,
) -> Outcome:
    """Let it play to the end, the sweep included, and look at what is left."""
    Current.stage = stage
    stage.world.horizon = horizon
    stage.world.spawn("schedule", lambda: schedule(stage, uploads)).is_observed = False
    stage.world.run()
    edits = edits_in(stage)
    found = violations(stage, uploads=uploads, most_accepted=most_accepted)
    found += _unrecovered(stage, edits, uploads)
    ends = Counter(f"{e['status']} {e.get('reason', '')}".strip() for e in edits.values())
    lost = sum(
        any(job.succeeds for job in stage.ledger.of(edit_id)) and edit["status"] != "SUCCEEDED"
        for edit_id, edit in edits.items()
    )
    return Outcome(
        line=line,
        trace=stage.gate.trace,
        struck=stage.gate.struck,
        violations=found,
        ends=ends,
        accepted=len(stage.ledger.jobs),
        lost=lost,
    )


def _unrecovered(stage: Stage, edits: Mapping[str, Mapping[str, Any]], uploads: int) -> list[str]:
    """The results that a provider made and that nobody can get: a named call brings all others.

    One of a submit whose task nobody can learn is not among them: the provider has no way to say.
    """
    lost = [edit_id for edit_id in edits if _is_lost(stage, edit_id, edits[edit_id])]
    if not lost or stage.gate.calls > stage.gate.most_calls:
        return []

    def recover() -> None:
        stage.recover()
        schedule(stage, uploads, runs=3)

    stage.world.go_on(recover, horizon=HORIZON)
    after = edits_in(stage)
    return [
        f"I8: the result of a paid job cannot be had any more ({edit_id})"
        for edit_id in lost
        if after[edit_id]["status"] != "SUCCEEDED"
    ]


def _is_lost(stage: Stage, edit_id: str, edit: Mapping[str, Any]) -> bool:
    is_known = "provider_task_id" in edit or "called_back_task_id" in edit or stage.ledger.lists
    is_made = any(job.succeeds for job in stage.ledger.of(edit_id))
    is_kept = edit["status"] in TERMINAL and "erase_asked_at" not in edit
    return is_made and is_kept and is_known and edit["status"] != "SUCCEEDED"


def schedule(stage: Stage, uploads: int, *, runs: int = 0) -> None:
    """The sweep, again and again until all is settled, and at least so often."""
    stage.world.sleep(SWEEPS)
    idle: set[str] = set()
    swept = 0
    while runs > 0 or not _is_settled(stage, uploads):
        runs -= 1
        stage.sweep()
        stage.world.sleep(SWEEPS)
        before, idle = idle, idle_in(stage)
        # A function that hangs may hold the only place of an account for its whole time.
        before_sweep, swept = swept, stage.lambdas.done["sweep"]
        if swept > before_sweep:
            stage.idle += [f"somebody waits for a free slot of {key}" for key in before & idle]


def _is_settled(stage: Stage, uploads: int) -> bool:
    """Every record is closed and told, and nobody is at work any more but this schedule; one that
    sleeps in a state, the second execution of an edit, costs nothing and ends by itself."""
    items = [item for key, item in stage.table.items.items() if key.startswith("edit#")]
    is_open = len(items) < uploads or any("open_shard" in item for item in items)
    return not is_open and len(stage.world.actors.keys() - stage.states.asleep) == 1


@dataclass
class Tally:
    """Many runs, counted; of those in which something does not hold, the lines."""

    runs: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Self:
        tally = cls()
        for outcome in outcomes:
            tally.runs += 1
            tally.ends += outcome.ends
            if outcome.violations:
                tally.failures.append(outcome.told())
        return tally

    def __iadd__(self, other: Self) -> Self:
        self.runs += other.runs
        self.ends += other.ends
        self.failures += other.failures
        return self
