"""A film and its pieces: every call of theirs failing in every way, and what may befall it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.films import (
    Happens,
    cancelled_after,
    failing,
    filmed,
    quick_cutting_room,
    retried,
)
from tests.faults.plans import following
from virtual.points import Mode


def nothing(stage: object) -> None:
    pass


def failed_and_retried(stage: object) -> None:
    failing(1, 2, 3)(stage)  # type: ignore[arg-type]
    retried(stage)  # type: ignore[arg-type]


MISSING = {"FAILED PROVIDER_FAILED": 4, "SUCCEEDED": 1}
# What befalls it, what its clip asks for, how all records end, and how many jobs there were.
CASES: dict[str, tuple[Happens, dict[str, Any], dict[str, int], int]] = {
    "anchored": (nothing, {}, {"SUCCEEDED": 3}, 2),
    "at-once": (nothing, {"consistency": "none"}, {"SUCCEEDED": 3}, 2),
    "chained": (nothing, {"consistency": "chained"}, {"SUCCEEDED": 3}, 2),
    "sent-again": (failing(1), {}, {"SUCCEEDED": 3, "FAILED PROVIDER_FAILED": 1}, 3),
    "kept-as-it-was": (
        failing(1, 2, 3),
        {"consistency": "none", "if-piece-fails": "keep_source"},
        {"SUCCEEDED": 2, "FAILED PROVIDER_FAILED": 3},
        4,
    ),
    "missing": (failing(1, 2, 3), {"consistency": "none"}, MISSING, 4),
    "retried": (
        failed_and_retried,
        {"consistency": "none"},
        MISSING | {"SUCCEEDED": 3},
        5,
    ),
    "cancelled-soon": (cancelled_after(0.3), {}, {"CANCELLED CANCELLED": 1}, 0),
    "cancelled": (cancelled_after(40), {}, {"CANCELLED CANCELLED": 1, "SUCCEEDED": 1}, 1),
}

SHORT_CASES = ("anchored", "cancelled-soon", "cancelled")


@pytest.fixture(scope="module", autouse=True)
def _quick_cutting_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    room: Path = tmp_path_factory.mktemp("clips")
    with quick_cutting_room(room):
        yield


@pytest.mark.parametrize("case", CASES)
def test_a_film_ends_as_it_should_and_each_piece_is_paid_for_once(case: str) -> None:
    happens, asked, ends, jobs = CASES[case]

    _, outcome = filmed(happens=happens, **asked)

    assert (outcome.ends, outcome.accepted) == (ends, jobs)
    assert not outcome.violations


def faulted(case: str, *, every: int = 1) -> list[str]:
    """What does not hold in runs with one fault each, of so many one."""
    happens, asked, _, jobs = CASES[case]
    _, calm = filmed(happens=happens, **asked)
    struck = list(following(calm, -1))[::every]
    assert len(struck) > 4
    found = []
    for number, mode in struck:
        _, outcome = filmed({number: mode}, happens=happens, **asked)
        found += [outcome.told()] if outcome.violations else []
        # Of a piece that was paid for and made, nobody pays again.
        most = max(jobs, 2)  # a cancellation may come before the film does
        found += [f"{outcome.told()} {outcome.accepted} jobs"] if outcome.accepted > most else []
        if outcome.lost and mode is not Mode.ABORTS:
            found.append(f"{outcome.told()} {outcome.lost} lost")
    return found


def test_no_single_fault_of_a_sample_pays_twice_or_tells_twice() -> None:
    assert faulted("anchored", every=97) == []


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_no_single_fault_pays_twice_or_tells_twice(case: str) -> None:
    # Those with a piece that fails are three times as long, and much of them is the same.
    assert faulted(case, every=1 if case in SHORT_CASES else 5) == []
