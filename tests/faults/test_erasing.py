"""An erasure broken at every call, in every mode: it is seen through all the same."""

from dataclasses import dataclass

import pytest
from retake.domain.edit import Edit
from retake.records.store import Records

from tests.faults.runs import HORIZON, SHORT, schedule
from virtual.points import Mode, Point
from virtual.recorded import edits_in
from virtual.whole_stack import PROMPT, Stage
from virtual.wiring import Current

MODEL = "fal/kling-o1-edit"


@dataclass(frozen=True)
class Ending:
    """What an erasure left, and the calls it made from the moment it was asked for."""

    stage: Stage
    edit: Edit
    first: int
    trace: list[Point]


def erased(faults: dict[int, Mode | None] | None = None) -> Ending:
    """One edit from its upload to its end, and then its owner asks for its erasure."""
    stage = Stage(MODEL, faults=faults or {}, environment=SHORT)
    stage.deliver(stage.upload())
    records = Records(stage.table, now=stage.world.now)
    began: list[int] = []

    def owner() -> None:
        while not (edits := list(edits_in(stage))) or not records.get(edits[0]).notified_at:
            stage.world.sleep(10)
        began.append(len(stage.gate.trace))
        records.erasure.ask(records.get(edits[0]))
        stage.lambdas.summon("erase", {"edit_id": edits[0]})

    stage.world.spawn("owner", owner).is_observed = False
    Current.stage = stage
    stage.world.horizon = HORIZON
    stage.world.spawn("schedule", lambda: schedule(stage, 1)).is_observed = False
    stage.world.run()
    edit_id = next(iter(edits_in(stage)))
    return Ending(stage, records.get(edit_id), began[0], stage.gate.trace)


def points() -> list[tuple[int, Mode]]:
    """Every fault there may be from the asking on."""
    calm = erased()
    return [
        (number, mode)
        for number in range(calm.first, len(calm.trace))
        for mode in calm.trace[number].modes
        if mode is not Mode.ABORTS
    ]


def test_there_is_something_to_break() -> None:
    names = {erased().trace[number].name for number, _ in points()}

    assert {"s3.shred", "seller.ask", "table.get", "table.write", "vault.key"} <= names


@pytest.mark.parametrize("fault", points(), ids=lambda it: f"{it[0]}.{it[1]}")
def test_nothing_is_left_and_the_receipt_is_whole(fault: tuple[int, Mode]) -> None:
    number, mode = fault

    ending = erased({number: mode})

    edit, stage = ending.edit, ending.stage
    assert stage.gate.struck, "the fault was not set"
    assert edit.erased_at is not None
    assert stage.buckets.objects == {}
    assert stage.ledger.forgotten == {"job-1"}
    assert PROMPT not in str(stage.table.items)
    assert {each["fate"] for each in edit.erasure} <= {"ERASED", "KEPT"}
    assert "open_shard" not in stage.table.items[f"edit#{edit.edit_id}"]
    assert len(stage.ledger.jobs) == 1
    assert stage.table_door.unabsorbed == []
