"""The submit protocol's whole model: never two bills, and nothing lost that can be found."""

from random import Random

import pytest

from tests.faults.one_edit import ACTIONS, DOUBLE, LOST, UNBILLED
from tests.faults.page import PAGE
from tests.faults.protocol import INVOCATIONS, POLICIES, counted, table, walked, wrong


@pytest.mark.long
def test_of_all_32_768_sequences_none_bills_twice_and_none_loses_what_can_be_found() -> None:
    counts = counted()

    assert not wrong(counts)
    assert table(counts) in PAGE.read_text(), "renew it: python -m tests.faults.page"
    alone = counts["can neither call back nor list"]
    assert (alone[LOST], alone[UNBILLED]) == (8_736, 22_940)  # what no protocol could save there


def test_the_one_retry_that_an_owner_may_choose_never_makes_a_third_bill() -> None:
    rng = Random(5)
    bench = POLICIES["neither, and ON_UNCERTAIN=retry_once"]

    for _ in range(20):
        made = bench()
        walked(made, tuple(rng.choice(ACTIONS) for _ in range(INVOCATIONS)))

        assert len(made.ledger.jobs) <= 2


@pytest.mark.parametrize("policy", ["calls back", "lists"])
def test_a_sequence_walked_by_itself_ends_as_it_is_counted(policy: str) -> None:
    rng = Random(7)

    ends = {
        walked(POLICIES[policy](), tuple(rng.choice(ACTIONS) for _ in range(INVOCATIONS)))
        for _ in range(20)
    }

    assert not ends & {DOUBLE, LOST}
