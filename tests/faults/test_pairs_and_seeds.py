"""A sample of what `make faults` runs in full: pairs of faults, and runs in which all is drawn."""

import pytest

from tests.faults.__main__ import PAIRED
from tests.faults.plans import chunk_of_pairs, chunk_of_seeds, following, struck
from tests.faults.runs import VARIANTS


@pytest.mark.parametrize(
    "variant",
    [pytest.param(name, marks=() if name == "lists" else pytest.mark.long) for name in PAIRED],
)
def test_no_fault_after_a_lost_answer_to_the_paid_call_breaks_an_invariant(variant: str) -> None:
    faults = list(following(struck(VARIANTS[variant], {}), -1))
    names = [point.name for point in struck(VARIANTS[variant], {}).trace]
    lost = next(n for n, (number, mode) in enumerate(faults) if names[number] == "seller.post") + 1

    tally = chunk_of_pairs((variant, lost, len(faults)))

    assert tally.runs > 50
    assert not tally.failures


@pytest.mark.parametrize("first", [0, pytest.param(100, marks=pytest.mark.long)])
def test_no_seed_of_the_sample_breaks_an_invariant(first: int) -> None:
    tally = chunk_of_seeds(first)

    assert tally.runs == 100
    assert not tally.failures
