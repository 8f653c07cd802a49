"""Poll: what the provider's words do to an edit, and how long it waits."""

from datetime import timedelta
from typing import Any

import pytest
from retake.providers.base import Report, Verdict
from retake.reasons import Reason, Status
from retake.steps import Next
from retake.steps.poll import (
    EMPTY_RESULT_POLLS,
    LOST_GRACE_SECONDS,
    guard_seconds,
    poll,
    wait_seconds,
)

from tests.scene import SUCCESS, Scene

RUNNING = Report(verdict=Verdict.RUNNING, provider_status="PROCESSING")


def scene_reporting(*reports: Report) -> Scene:
    scene = Scene()
    scene.provider.reports = list(reports)
    return scene


def conclusion_of(scene: Scene, edit: Any) -> Any:
    return scene.now(edit).conclusion


def test_a_running_edit_waits_and_shows_its_progress() -> None:
    scene = scene_reporting(Report(verdict=Verdict.RUNNING, progress_percent=40, eta_seconds=25))
    edit = scene.running()
    scene.clock.advance(50)

    step = scene.poll(edit)

    assert (step.next, step.wait_seconds) == (Next.WAIT, 25)
    assert scene.now(edit).progress_percent == 40
    assert scene.now(edit).polls == 1


def test_progress_never_runs_backwards() -> None:
    scene = scene_reporting(
        Report(verdict=Verdict.RUNNING, progress_percent=60),
        Report(verdict=Verdict.RUNNING, progress_percent=0),
    )
    edit = scene.running()

    scene.poll(edit)
    scene.poll(edit)

    assert scene.now(edit).progress_percent == 60


def test_a_finished_edit_goes_on_to_be_kept_without_its_link_on_record() -> None:
    scene = scene_reporting(SUCCESS)
    edit = scene.running()

    step = scene.poll(edit)

    assert step.next is Next.PERSIST
    assert "https" not in str(scene.table.items)


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [(Verdict.FAILED, Reason.PROVIDER_FAILED), (Verdict.MODERATION, Reason.MODERATION)],
)
def test_a_failure_at_the_provider_ends_the_edit_in_its_words(
    verdict: Verdict, reason: Reason
) -> None:
    scene = scene_reporting(Report(verdict=verdict, said="too dark"))
    edit = scene.running()

    step = scene.poll(edit)

    assert step.next is Next.PERSIST
    assert conclusion_of(scene, edit).reason is reason
    assert "too dark" in conclusion_of(scene, edit).message


def test_a_failure_may_be_billed_unless_the_provider_says_it_is_not() -> None:
    unknown, free = scene_reporting(Report(verdict=Verdict.FAILED)), Scene()
    free.provider.reports = [Report(verdict=Verdict.FAILED)]
    at_novita = unknown.running()
    at_evolink = free.running(model="evolink/kling-o1-edit")

    unknown.poll(at_novita)
    free.poll(at_evolink)

    assert conclusion_of(unknown, at_novita).at_risk
    assert not conclusion_of(free, at_evolink).at_risk


@pytest.mark.parametrize(
    "report",
    [
        Report(verdict=Verdict.TRANSIENT),
        Report(verdict=Verdict.BAD_KEY),
        Report(verdict=Verdict.LOST),
        RUNNING,
        Report(verdict=Verdict.SUCCEEDED),
    ],
)
def test_whatever_says_nothing_final_means_asking_again(report: Report) -> None:
    scene = scene_reporting(report)
    edit = scene.running()

    assert scene.poll(edit).next is Next.WAIT
    assert conclusion_of(scene, edit) is None


def test_a_rate_limit_is_waited_out_as_asked() -> None:
    scene = scene_reporting(Report(verdict=Verdict.RATE_LIMITED, retry_after_seconds=33))

    assert scene.poll(scene.running()).wait_seconds == 33


def test_a_task_unknown_for_longer_than_the_grace_is_lost_with_its_amount() -> None:
    scene = scene_reporting(Report(verdict=Verdict.LOST))
    edit = scene.running()
    scene.clock.advance(LOST_GRACE_SECONDS)

    step = scene.poll(edit)

    assert step.next is Next.PERSIST
    assert conclusion_of(scene, edit).reason is Reason.TASK_LOST
    assert conclusion_of(scene, edit).at_risk


def test_a_success_without_a_video_is_asked_again_and_then_a_bad_result() -> None:
    scene = scene_reporting(Report(verdict=Verdict.SUCCEEDED))
    edit = scene.running()

    steps = [scene.poll(edit).next for _ in range(EMPTY_RESULT_POLLS)]

    assert steps == [Next.WAIT] * (EMPTY_RESULT_POLLS - 1) + [Next.PERSIST]
    assert conclusion_of(scene, edit).reason is Reason.BAD_RESULT


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


def test_a_submit_that_died_in_the_post_is_doubted_and_given_up_at_the_deadline() -> None:
    scene = Scene()
    edit = scene.validated()
    scene.records.begin_submit(edit, deadline=timedelta(seconds=600))

    waiting = scene.poll(edit, error="Sandbox.Timedout")
    scene.clock.advance(601)
    given_up = scene.poll(edit)

    assert (waiting.next, given_up.next) == (Next.WAIT, Next.PERSIST)
    assert scene.now(edit).status is Status.UNCERTAIN
    assert conclusion_of(scene, edit).reason is Reason.SUBMIT_UNCERTAIN
    assert conclusion_of(scene, edit).at_risk
    assert scene.provider.orders == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [("Misconfigured", Reason.MISCONFIGURED), ("Runtime.ExitError", Reason.INTERNAL_ERROR)],
)
def test_a_submit_that_died_before_its_intent_ends_unsent(error: str, reason: Reason) -> None:
    scene = Scene()
    edit = scene.validated()

    step = scene.poll(edit, error=error)

    assert step.next is Next.PERSIST
    assert conclusion_of(scene, edit).reason is reason
    assert not conclusion_of(scene, edit).at_risk


@pytest.mark.parametrize(
    "error", ["Unavailable", "Sandbox.Timedout", "Lambda.TooManyRequestsException"]
)
def test_an_outage_at_submit_or_a_dead_sandbox_lets_the_edit_be_submitted_again(
    error: str,
) -> None:
    scene = Scene()
    edit = scene.validated()

    step = scene.poll(edit, error=error)

    assert step.next is Next.SUBMIT
    assert step.wait_seconds > 0


def test_a_submit_that_was_given_up_and_begins_all_the_same_is_polled_and_not_closed() -> None:
    scene = Scene()
    edit = scene.validated()
    scene.submit(edit)

    step = poll(
        edit,
        records=scene.records,
        provider=lambda name: scene.provider,
        first_poll_seconds=45,
        max_poll_seconds=60,
        error="Runtime.ExitError",
    )

    assert step.next is Next.WAIT
    assert scene.now(edit).conclusion is None


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


def uncertain(scene: Scene, **metadata: str) -> Any:
    edit = scene.validated(**metadata)
    begun = scene.records.begin_submit(edit, deadline=timedelta(seconds=600))
    return scene.records.doubt(begun)


def test_a_lost_submit_is_found_in_the_providers_list_by_its_own_mark() -> None:
    scene = scene_reporting(RUNNING)
    edit = uncertain(scene, model="fal/kling-o1-edit")
    scene.provider.listed = {f"{edit.edit_id}.1": "task-7"}

    step = scene.poll(edit)

    assert step.next is Next.WAIT
    assert (scene.now(edit).status, scene.now(edit).provider_task_id) == (Status.RUNNING, "task-7")


def test_a_job_of_another_attempt_in_the_list_is_not_adopted() -> None:
    scene = scene_reporting(RUNNING)
    edit = uncertain(scene, model="fal/kling-o1-edit")
    scene.provider.listed = {f"{edit.edit_id}.2": "task-7", "e-other.1": "task-8"}

    scene.poll(edit)

    assert scene.now(edit).status is Status.UNCERTAIN


def test_where_the_stack_chose_it_an_uncertain_submit_is_tried_once_more_and_only_once() -> None:
    scene = Scene()
    edit = uncertain(scene)
    scene.clock.advance(601)

    step = scene.poll(edit, on_uncertain="retry_once")
    again = scene.records.begin_submit(scene.now(edit), deadline=timedelta(seconds=600))
    scene.records.doubt(again)
    scene.clock.advance(601)
    last = scene.poll(edit, on_uncertain="retry_once")

    assert (step.next, last.next) == (Next.SUBMIT, Next.PERSIST)
    assert scene.now(edit).attempt == 2
    assert "at most $1.68" in conclusion_of(scene, edit).message


def test_an_edit_that_ends_at_the_deadline_is_asked_to_stop() -> None:
    scene = scene_reporting(RUNNING)
    edit = scene.running()
    scene.clock.advance(3601)

    scene.poll(edit)

    assert scene.provider.cancelled == ["task-1"]


def test_an_edit_that_is_called_about_within_five_minutes_takes_one_poll() -> None:
    assert guard_seconds(60) == 300
