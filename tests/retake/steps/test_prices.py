from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.catalog.models import AS_OF, MODELS
from retake.catalog.schema import Price
from retake.domain.edit import Edit
from retake.domain.errors import Refused
from retake.domain.vocabulary import Reason, Status
from retake.steps.spending_guard import check_price

MODEL = MODELS["fal/kling-o1-edit"]
PRICED_ON = date.fromisoformat(AS_OF)
QUOTED = Edit(edit_id="e-1", status=Status.RECEIVED, created_at="", updated_at="", quoted_usd=0.84)


@pytest.mark.parametrize("usd", [None, 0.0, -0.5])
def test_an_edit_is_not_sent_for_a_price_that_nobody_knows(usd: float | None) -> None:
    with pytest.raises(Refused) as refusal:
        check_price(replace(QUOTED, quoted_usd=usd), MODEL, today=PRICED_ON, price_days=365)

    assert refusal.value.reason is Reason.PRICE_UNKNOWN
    assert "nothing was sent" in str(refusal.value)


def test_nor_for_one_that_is_too_old() -> None:
    last, after = PRICED_ON + timedelta(days=90), PRICED_ON + timedelta(days=91)

    check_price(QUOTED, MODEL, today=last, price_days=90)
    check_price(QUOTED, MODEL, today=after, price_days=0)
    with pytest.raises(Refused, match="91 days old") as refusal:
        check_price(QUOTED, MODEL, today=after, price_days=90)

    assert refusal.value.reason is Reason.PRICE_UNKNOWN


@given(st.floats(min_value=0.1, max_value=60))
def test_what_is_billed_beside_the_input_and_the_least_of_it_are_in_the_quote(
    seconds: float,
) -> None:
    both = Price(usd_per_second=0.141, minimum_seconds=3, counts_result=True)

    assert both.quote(seconds) == round(0.141 * 2 * max(3, seconds), 4)
    assert both.quote(0) == 0.0  # of a clip whose length nobody knows yet


def test_seconds_are_counted_as_they_are_billed_and_rounded_up() -> None:
    price = Price(usd_per_second=0.1, minimum_seconds=3, whole_seconds=True)

    assert [price.billed_seconds(each) for each in (1.0, 3.0, 3.2, 9.9)] == [3, 3, 4, 10]
