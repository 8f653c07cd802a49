"""What a film is quoted at is what the simulated providers would bill for its pieces."""

import random
from fractions import Fraction

import pytest
from retake.catalog.film_plan import limits_for, pieces_of, planned, total_usd
from retake.catalog.models import MODELS
from retake.domain.request import Request

from local.simulators import novita
from local.simulators.evolink import CREDITS_PER_SECOND, CREDITS_PER_USD, EDIT, FAST, O3, SECONDS
from local.simulators.fal_endpoints import ENDPOINTS
from local.simulators.orders import Rate
from local.simulators.settings import Switches

AIMLAPI_USD = Switches().aimlapi_usd_per_second
OFFERED = (Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(60))


def evolink(model: str) -> Rate:
    rate = CREDITS_PER_SECOND[model] / CREDITS_PER_USD
    return Rate(rate, *SECONDS[model], whole_seconds=True)


RATES: dict[tuple[str, bool], Rate] = {
    ("evolink/kling-o1-edit", False): evolink(EDIT),
    ("evolink/kling-o1-edit", True): evolink(FAST),
    ("evolink/kling-o3-edit", False): evolink(O3),
    ("novita/kling-o1-edit", False): Rate(novita.USD_PER_SECOND),
    ("novita/kling-o1-edit", True): Rate(novita.USD_PER_SECOND),
    ("aimlapi/kling-o1-edit", False): Rate(AIMLAPI_USD),
    **{
        (model.key, False): Rate(sold.usd_per_second, counts_result=sold.counts_result)
        for model in MODELS.values()
        if (sold := ENDPOINTS.get(str(model.standard.provider_model)))
    },
}


@pytest.mark.parametrize("count", [4, pytest.param(1000, marks=pytest.mark.long)])
@pytest.mark.parametrize(("key", "fast"), RATES)
def test_a_quote_equals_the_bill(key: str, fast: bool, count: int) -> None:
    draw = random.Random(count)
    for _ in range(count):
        rate = draw.choice(OFFERED)
        limits = limits_for(MODELS[key], Request(prompt="noir", fast=fast), rate)
        pieces = pieces_of(
            planned(draw.randint(limits.longest + 1, int(90 * rate)), limits), limits
        )

        billed = sum(RATES[key, fast].usd(each.seconds) for each in pieces)

        assert total_usd(pieces) == pytest.approx(billed, abs=0.0001 * len(pieces))
