"""Poll: how long an edit waits from one poll to the next."""

import pytest
from retake.providers.contract import Report, Verdict
from retake.steps.policy import guard_seconds
from retake.steps.poll import wait_seconds

from tests.retake.steps.scripted_provider import scene_reporting


def test_no_wait_reaches_past_the_deadline() -> None:
    scene = scene_reporting(Report(verdict=Verdict.RATE_LIMITED, retry_after_seconds=900))
    edit = scene.running()
    scene.clock.advance(3590)

    assert scene.poll(edit).wait_seconds == 10


def test_the_first_poll_comes_no_sooner_than_anything_finishes() -> None:
    assert wait_seconds(5, first=45, maximum=60) == 40


@pytest.mark.parametrize(
    ("age", "eta", "expected"),
    [(45, None, 15), (90, None, 30), (600, None, 60), (90, 20, 20), (90, 3, 15), (90, 900, 60)],
)
def test_waits_grow_with_age_and_follow_the_providers_estimate(
    age: int, eta: int | None, expected: int
) -> None:
    assert wait_seconds(age, first=45, maximum=60, eta_seconds=eta) == expected


def test_an_edit_of_three_minutes_takes_at_most_seven_polls() -> None:
    age, polls = 0, 0
    while age < 180:
        age += wait_seconds(age, first=45, maximum=60)
        polls += 1
    assert polls <= 7


def test_an_edit_that_is_called_about_within_five_minutes_takes_one_poll() -> None:
    assert guard_seconds(60) == 300
