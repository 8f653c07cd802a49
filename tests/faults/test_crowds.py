"""Crowds against a provider that runs few at once: all succeed, and waiting costs nothing."""

from collections import Counter

import pytest
from retake.catalog.models import MODELS

from virtual.crowds import MODEL, Crowded, crowd

MOST_TRANSITIONS = 12
DAY = 86_400.0


def held(seen: Crowded, many: int, limit: int, *, busy: float = 0.95) -> None:
    """All succeeded, never more ran than may, the slots were full, and a wait is a few steps."""
    assert seen.ends == Counter({"SUCCEEDED": many})
    assert seen.most_open <= limit
    assert seen.busy >= busy
    assert seen.transitions <= MOST_TRANSITIONS


def test_sixty_clips_for_two_slots_all_succeed_and_none_is_offered_in_vain() -> None:
    _, seen = crowd(60, runs_at_once=2, told="novita=2")

    held(seen, 60, 2)
    assert seen.posts == 60


def test_a_provider_that_queues_is_given_no_more_than_it_runs() -> None:
    _, seen = crowd(40, runs_at_once=2, queues=True, model="fal/kling-o1-edit")

    held(seen, 40, 2)


@pytest.mark.long
def test_a_hundred_edits_that_wait_a_day_for_credit_cost_hardly_more_than_others() -> None:
    _, seen = crowd(
        100,
        runs_at_once=100,
        told="novita=100",
        no_credit_seconds=DAY - 400,
        sweeps_apart=4 * 3600.0,
    )

    held(seen, 100, 100, busy=0.0)


@pytest.mark.long
@pytest.mark.parametrize(("many", "limit"), [(1000, 4), (10_000, 5)])
def test_what_a_wait_costs_does_not_grow_with_how_many_wait(many: int, limit: int) -> None:
    # Of 200 for 4 slots hardly any has its slot at once, as of ten thousand: so they compare.
    _, few = crowd(200, runs_at_once=limit, told=f"novita={limit}", sweeps_apart=4 * 3600.0)
    _, seen = crowd(many, runs_at_once=limit, told=f"novita={limit}", sweeps_apart=4 * 3600.0)

    held(seen, many, limit)
    assert seen.requests <= few.requests + 1


@pytest.mark.long
def test_a_limit_that_nobody_told_is_found_with_few_posts_in_vain() -> None:
    _, seen = crowd(400, runs_at_once=5)

    held(seen, 400, 5)
    assert seen.refused <= 0.15 * 400


def test_the_model_of_these_runs_is_one_whose_limit_is_not_documented() -> None:
    assert MODELS[MODEL].runs_at_once is None
