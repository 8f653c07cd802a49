"""Every call of an edit, failing in every way: what must hold, holds."""

import pytest

from tests.faults.plans import replayed, singles, struck
from tests.faults.runs import TWO_KEYS, VARIANTS, Variant
from virtual.points import Mode


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_an_edit_without_faults_succeeds_and_breaks_nothing(variant: Variant) -> None:
    outcome = struck(variant, {})

    assert outcome.ends == {"SUCCEEDED": 1}
    assert outcome.accepted == 1
    assert not outcome.violations


def test_three_for_two_keys_of_one_slot_each_succeed_with_the_one_or_the_other() -> None:
    outcome = struck(TWO_KEYS, {})

    assert outcome.ends == {"SUCCEEDED": 3}
    assert not outcome.violations


@pytest.mark.long
def test_no_single_fault_on_the_way_of_those_who_share_keys_breaks_an_invariant() -> None:
    outcomes = list(singles(TWO_KEYS))

    assert len(outcomes) > 300
    assert not [outcome.told() for outcome in outcomes if outcome.violations]


@pytest.mark.parametrize(
    "variant",
    [
        # One of them for every change; `make faults` and `make test-long` run all.
        pytest.param(each, marks=() if name == "lists" else pytest.mark.long, id=name)
        for name, each in VARIANTS.items()
    ],
)
def test_no_single_fault_breaks_an_invariant_or_loses_what_can_be_found(variant: Variant) -> None:
    outcomes = list(singles(variant))

    assert len(outcomes) > 150
    assert not [outcome.told() for outcome in outcomes if outcome.violations]
    # A person who stops the execution is taken at their word.
    lost = [each.told() for each in outcomes if each.lost and Mode.ABORTS not in each.line]
    assert not lost or not variant.finds_again


def test_a_line_plays_the_same_run_again() -> None:
    first, again = replayed("lists:12.loses+17.dies"), replayed("lists:12.loses+17.dies")

    assert first.struck == again.struck
    assert first.trace == again.trace
    assert first.ends == again.ends
