"""An account that runs few functions at once: a crowd of edits is slower, and none is lost.

The real handlers and the real workflow in virtual time. A save takes as long as a slow download
does and keeps its place meanwhile; what finds no place comes back as AWS has it.
"""

from unittest.mock import patch

import pytest
from retake.domain.stored import moment
from retake.media.ranged_reader import Blocks

from tests.faults.plans import seeded
from tests.faults.runs import HOUR, Outcome, run
from virtual.lambdas import USUAL_SECONDS, Capacity
from virtual.recorded import edits_in
from virtual.whole_stack import Stage

DAY = 24 * HOUR


def crowd(
    many: int, functions: int, save_seconds: float, *, calls_back: bool
) -> tuple[Stage, Outcome]:
    """So many clips dropped at one moment into an account that runs so many functions at once."""
    stage = Stage(
        "novita/kling-o1-edit",
        calls_back=calls_back,
        environment={"SETTLE_SECONDS": "0"},
        capacity=Capacity(functions, USUAL_SECONDS | {"persist": save_seconds}),
    )
    stage.gate.most_calls = 1000 * many
    stage.ledger.seconds = 180
    for number in range(many):
        stage.deliver(stage.upload(f"clip {number}.mp4"))
    # A hundred look into their clips by turns, which no real clock may judge.
    with patch.object(Blocks, "_watch_clock", lambda blocks: None):
        return stage, run(stage, f"{many} clips, {functions} functions at once", uploads=many)


def all_delivered(stage: Stage, outcome: Outcome, many: int) -> bool:
    return (
        outcome.violations == []
        and outcome.ends == {"SUCCEEDED": many}
        and outcome.accepted == many
        and stage.lambdas.dead_letters == []
    )


@pytest.mark.parametrize("calls_back", [True, False])
def test_a_crowd_in_a_new_account_is_delivered_to_the_last(calls_back: bool) -> None:
    stage, outcome = crowd(40, 3, 15, calls_back=calls_back)

    assert all_delivered(stage, outcome, 40)
    assert stage.lambdas.most["intake"] <= 2  # the third place is left to edits under way
    assert stage.lambdas.throttled["persist"] + stage.lambdas.throttled["poll"] > 0
    assert not calls_back or stage.lambdas.throttled["callback"] > 0


@pytest.mark.long
@pytest.mark.parametrize("save_seconds", [2, 5, 15, 30])
@pytest.mark.parametrize("many", [1000, 2000])
@pytest.mark.parametrize("functions", [10, 100])
def test_a_great_crowd_is_delivered_to_the_last(
    many: int, functions: int, save_seconds: float
) -> None:
    stage, outcome = crowd(many, functions, save_seconds, calls_back=True)

    assert all_delivered(stage, outcome, many)


@pytest.mark.parametrize("functions", [1, 2])
def test_every_promise_holds_under_faults_where_functions_are_few(functions: int) -> None:
    outcomes = [seeded(seed, functions=functions) for seed in range(40)]

    assert [each.told() for each in outcomes if each.violations] == []


def stopped_for(seconds: float) -> Stage:
    """EmergencyStop: the one function that makes paid calls is refused every time."""
    stage = Stage("novita/kling-o1-edit", environment={"SETTLE_SECONDS": "0"})
    stage.lambdas.stopped["submit"] = seconds
    return stage


@pytest.mark.parametrize("days", [0.25, 3.9])
def test_edits_wait_as_long_as_uploads_while_everything_is_stopped_and_go_on(days: float) -> None:
    stage = stopped_for(days * DAY)
    stage.deliver(stage.upload())

    outcome = run(stage, f"stopped for {days} days", horizon=6 * DAY)

    (edit,) = edits_in(stage).values()
    assert outcome.violations == []
    assert outcome.ends == {"SUCCEEDED": 1}
    waited = moment(edit["submitted_at"]) - moment(edit["created_at"])
    assert days * DAY <= waited.total_seconds() < days * DAY + 600
