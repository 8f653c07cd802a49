"""How long and how often a provider is asked."""

import pytest
from retake.domain.vocabulary import Reason
from retake.providers.contract import Cancellation, Report, Verdict
from retake.steps.outcome import Next
from retake.steps.policy import guard_seconds
from retake.steps.poll import wait_seconds

from tests.retake.steps.scripted_provider import RUNNING, conclusion_of, scene_reporting
from virtual.fake_provider import SUCCESS
from virtual.scene import Scene


def test_time_in_the_providers_queue_does_not_use_up_the_deadline() -> None:
    queued = Report(verdict=Verdict.RUNNING, is_queued=True)
    scene = scene_reporting(*[queued] * 100, RUNNING)
    edit = scene.running()

    scene.polls(edit, 100)

    assert conclusion_of(scene, edit) is None
    assert scene.poll(edit).next is Next.WAIT


def test_a_queue_is_waited_for_as_long_as_the_clips_link_can_be() -> None:
    scene = scene_reporting(Report(verdict=Verdict.RUNNING, is_queued=True))
    edit = scene.running()
    scene.provider.cancellation = Cancellation.REMOVED

    scene.polls(edit, 8, apart=3500)

    assert conclusion_of(scene, edit).reason is Reason.TIMED_OUT
    assert not conclusion_of(scene, edit).at_risk


def test_the_deadline_ends_an_edit_that_never_finishes() -> None:
    scene = scene_reporting(RUNNING)
    edit = scene.running()
    scene.clock.advance(3601)

    step = scene.poll(edit)

    assert step.next is Next.PERSIST
    assert conclusion_of(scene, edit).reason is Reason.TIMED_OUT
    assert conclusion_of(scene, edit).at_risk


def test_a_result_that_is_there_at_the_deadline_is_kept() -> None:
    scene = scene_reporting(SUCCESS)
    edit = scene.running()
    scene.clock.advance(3601)

    scene.poll(edit)

    assert conclusion_of(scene, edit) is None


def test_no_wait_reaches_past_the_deadline() -> None:
    scene = scene_reporting(Report(verdict=Verdict.RATE_LIMITED, retry_after_seconds=900))
    edit = scene.running()
    scene.clock.advance(3590)

    assert scene.poll(edit).wait_seconds == 10


def test_an_edit_that_was_being_saved_when_its_execution_died_goes_on_to_be_saved() -> None:
    scene = Scene()
    edit = scene.records.begin_save(scene.running())

    step = scene.poll(edit)

    assert step.next is Next.PERSIST
    assert scene.provider.polls == 0


def test_a_decided_edit_is_not_polled() -> None:
    scene = scene_reporting(Report(verdict=Verdict.MODERATION))
    edit = scene.running()
    scene.poll(edit)

    scene.poll(edit)

    assert scene.provider.polls == 1


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


def test_an_edit_that_ends_at_the_deadline_is_asked_to_stop() -> None:
    scene = scene_reporting(RUNNING)
    edit = scene.running()
    scene.clock.advance(3601)

    scene.poll(edit)

    assert scene.provider.cancelled == ["task-1"]


def test_an_edit_that_is_called_about_within_five_minutes_takes_one_poll() -> None:
    assert guard_seconds(60) == 300
