"""Every reader of strangers' bytes, against nonsense. `make fuzz` does the same at length."""

import json
import os
from functools import cache
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import mutated, mutated_json
from tests.fuzz.targets import CORPUS, TARGETS

EXAMPLES = int(os.environ.get("RETAKE_FUZZ_EXAMPLES", "150"))
QUICK = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@cache
def seeds(name: str) -> tuple[bytes, ...]:
    return tuple(TARGETS[name].seeds())


@pytest.mark.parametrize(
    ("name", "found"),
    [(path.parent.name, path.name) for path in sorted(CORPUS.glob("*/*"))],
)
def test_what_was_found_once_stays_mended(name: str, found: str) -> None:
    TARGETS[name].run((CORPUS / name / found).read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_a_good_example_is_understood(name: str) -> None:
    assert seeds(name)
    for seed in seeds(name):
        TARGETS[name].run(seed)


@pytest.mark.parametrize("name", TARGETS)
@QUICK
@given(data=st.binary(max_size=300))
def test_any_bytes_are_taken_or_refused(name: str, data: bytes) -> None:
    TARGETS[name].run(data)


@pytest.mark.parametrize("name", TARGETS)
@QUICK
@given(number=st.integers(0, 2**32))
def test_what_is_almost_right_is_taken_or_refused(name: str, number: int) -> None:
    chance = Random(number)
    TARGETS[name].run(mutated(chance, chance.choice(seeds(name))))


@pytest.mark.parametrize(
    ("name", "head"), [("event", 0), ("document", 0), ("answer", 3), ("callback", 1)]
)
@QUICK
@given(number=st.integers(0, 2**32))
def test_json_with_strangers_in_it_is_taken_or_refused(name: str, head: int, number: int) -> None:
    chance = Random(number)
    seed = chance.choice(seeds(name))
    try:
        content = json.loads(seed[head:])
    except ValueError:
        content = {}

    TARGETS[name].run(seed[:head] + mutated_json(chance, content))
