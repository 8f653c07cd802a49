"""A clip with two prompts, every call of both edits failing in every way: nothing twice or lost."""

import pytest

from tests.faults.plans import following
from tests.faults.runs import SHORT, VARIANTS, Outcome, run
from virtual.points import Mode
from virtual.whole_stack import Stage

# What a batch adds to the calls of its edits.
OF_A_BATCH = frozenset({"sqs.send", "sns.publish", "table.write", "table.get"})
VARIANT = VARIANTS["calls-back"]


def played(faults: dict[int, Mode]) -> Outcome:
    stage = Stage(VARIANT.model, faults=faults, calls_back=True, environment=SHORT)
    stage.deliver(stage.upload(variations=2))
    return run(stage, "+".join(f"{number}.{mode}" for number, mode in faults.items()))


def test_two_prompts_are_two_results_two_bills_and_three_messages() -> None:
    outcome = played({})

    assert outcome.ends == {"SUCCEEDED": 2}
    assert outcome.accepted == 2
    assert not outcome.violations
    names = [point.name for point in outcome.trace]
    assert names.count("sns.publish") == 3


@pytest.mark.parametrize("part", range(4))
def test_no_single_fault_on_the_way_of_a_batch_breaks_an_invariant(part: int) -> None:
    without = played({})
    struck = [
        (number, mode)
        for number, mode in following(without, -1)
        if without.trace[number].name in OF_A_BATCH
    ]

    outcomes = [played({number: mode}) for number, mode in struck[part::4]]

    assert len(outcomes) > 50
    assert not [outcome.told() for outcome in outcomes if outcome.violations]
