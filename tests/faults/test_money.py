"""A question, a budget that is full, an equal edit: every call of theirs failing in every way."""

from collections.abc import Mapping

import pytest

from tests.faults.money_worlds import SOON, world
from tests.faults.plans import chunk_of_turn_pairs, following
from tests.faults.runs import SHORT, VARIANTS, Outcome, run
from virtual.points import Mode
from virtual.whole_stack import Stage

VARIANT = VARIANTS["calls-back"]
ASKS = {"APPROVE_ABOVE_USD": "0"}
ONE_A_DAY = {"BUDGET_CAPS": "daily_edits=1", **SOON}
REUSES = {"REUSE_RESULTS": "on"}
Faults = Mapping[int, Mode | None]


def played(
    environment: Mapping[str, str],
    faults: Faults | None = None,
    *,
    uploads: int = 1,
    says: str = "yes",
) -> Outcome:
    """So many uploads, a minute apart, in a stack that says this about money."""
    stage = Stage(
        VARIANT.model,
        faults=faults,
        calls_back=True,
        environment={**SHORT, **environment},
    )
    stage.says = says
    for number in range(uploads):
        stage.deliver(stage.upload(f"clip-{number}.mp4"), after=60.0 * number)
    return run(stage, f"{environment} {dict(faults or {})}", uploads=uploads)


def singles(environment: Mapping[str, str], *, uploads: int = 1, every: int = 1) -> list[str]:
    """What does not hold in runs with one fault each, of so many one."""
    without = played(environment, uploads=uploads)
    struck = list(following(without, -1))[::every]
    outcomes = [played(environment, {n: mode}, uploads=uploads) for n, mode in struck]
    assert len(outcomes) > 4
    return [outcome.told() for outcome in outcomes if outcome.violations]


@pytest.mark.parametrize(
    ("says", "ends", "accepted"),
    [("yes", {"SUCCEEDED": 1}, 1), ("no", {"REJECTED NOT_APPROVED": 1}, 0), ("hm", None, 0)],
)
def test_an_edit_that_asks_is_sent_for_a_yes_and_for_nothing_else(
    says: str, ends: dict[str, int] | None, accepted: int
) -> None:
    outcome = played(ASKS | {"APPROVAL_HOURS": "1"}, says=says)

    assert outcome.ends == (ends or {"REJECTED NOT_APPROVED": 1})
    assert outcome.accepted == accepted
    assert not outcome.violations


def test_of_two_edits_the_second_waits_for_the_next_day_and_is_sent_then() -> None:
    outcome = played(ONE_A_DAY, uploads=2)

    assert outcome.ends == {"SUCCEEDED": 2}
    assert not outcome.violations


def test_of_two_equal_edits_one_is_bought() -> None:
    outcome = played(REUSES, uploads=2)

    assert outcome.ends == {"SUCCEEDED": 2}
    assert outcome.accepted == 1
    assert not outcome.violations


@pytest.mark.parametrize("environment", [ASKS, ONE_A_DAY], ids=["asks", "one-a-day"])
def test_no_single_fault_of_a_sample_breaks_an_invariant(environment: dict[str, str]) -> None:
    assert singles(environment, uploads=1 + (environment == ONE_A_DAY), every=71) == []


@pytest.mark.long
@pytest.mark.parametrize("environment", [ASKS, ONE_A_DAY], ids=["asks", "one-a-day"])
def test_no_single_fault_breaks_an_invariant(environment: dict[str, str]) -> None:
    assert singles(environment, uploads=1 + (environment == ONE_A_DAY)) == []


@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.long) for n in (20, 40))])
def test_no_world_of_the_sample_lets_slots_money_or_a_wait_go_wrong(first: int) -> None:
    outcomes = [world(seed) for seed in range(first, first + 20)]

    assert [outcome.told() for outcome in outcomes if outcome.violations] == []


@pytest.mark.long
def test_no_two_faults_around_a_turn_break_an_invariant() -> None:
    tally = chunk_of_turn_pairs((5, 64))

    assert tally.runs > 50
    assert not tally.failures
