"""Every call of an edit, failing in every way: what must hold, holds."""

import pytest

from tests.faults.plans import replayed, singles, struck
from tests.faults.runs import VARIANTS, Variant


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_an_edit_without_faults_succeeds_and_breaks_nothing(variant: Variant) -> None:
    outcome = struck(variant, {})

    assert outcome.ends == {"SUCCEEDED": 1}
    assert outcome.accepted == 1
    assert not outcome.violations


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_no_single_fault_breaks_an_invariant(variant: Variant) -> None:
    outcomes = list(singles(variant))

    assert len(outcomes) > 150
    assert not [outcome.told() for outcome in outcomes if outcome.violations]


def test_a_line_plays_the_same_run_again() -> None:
    first, again = replayed("lists:12.loses+17.dies"), replayed("lists:12.loses+17.dies")

    assert first.struck == again.struck
    assert first.trace == again.trace
    assert first.ends == again.ends
