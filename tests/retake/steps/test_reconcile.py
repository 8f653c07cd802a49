"""Submits that left no verdict: looked for, begun again where nothing was sent, or given up."""

from datetime import timedelta
from typing import Any

import pytest
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import Submission, Verdict
from retake.steps.outcome import Next
from retake.steps.policy import WaitPolicy
from retake.steps.poll import poll

from tests.retake.steps.scripted_provider import (
    RUNNING,
    conclusion_of,
    scene_answering,
    scene_reporting,
)
from virtual.scene import Scene


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
    [("Misconfigured", Reason.MISCONFIGURED), ("KeyError", Reason.INTERNAL_ERROR)],
)
def test_a_submit_that_died_before_its_intent_ends_unsent(error: str, reason: Reason) -> None:
    scene = Scene()
    edit = scene.validated()

    step = scene.poll(edit, error=error)

    assert step.next is Next.PERSIST
    assert conclusion_of(scene, edit).reason is reason
    assert not conclusion_of(scene, edit).at_risk


@pytest.mark.parametrize(
    "error",
    [
        "Unavailable",
        "Sandbox.Timedout",
        "Runtime.ExitError",
        "Runtime.OutOfMemory",
        "Lambda.TooManyRequestsException",
    ],
)
def test_an_outage_at_submit_or_a_dead_sandbox_lets_the_edit_be_submitted_again(
    error: str,
) -> None:
    scene = Scene()
    edit = scene.validated()

    step = scene.poll(edit, error=error)

    assert step.next is Next.SUBMIT
    assert step.wait_seconds > 0


def test_an_edit_that_was_parked_for_hours_does_not_die_of_one_hiccup() -> None:
    scene = Scene()
    edit = scene.validated()
    scene.clock.advance(20 * 3600)

    step = scene.poll(edit, error="Lambda.Unknown")

    assert step.next is Next.SUBMIT


def test_an_outage_that_does_not_end_ends_an_unsent_edit() -> None:
    scene = Scene()
    edit = scene.validated()

    steps = [scene.poll(edit, error="Unavailable")]
    scene.clock.advance(4 * 3600)
    steps.append(scene.poll(edit, error="Unavailable"))

    assert [step.next for step in steps] == [Next.SUBMIT, Next.PERSIST]


def test_a_submit_that_was_given_up_and_begins_all_the_same_is_polled_and_not_closed() -> None:
    scene = Scene()
    edit = scene.validated()
    scene.submit(edit)

    step = poll(
        edit,
        records=scene.records,
        provider=lambda name: scene.provider,
        policy=WaitPolicy(),
        error="Runtime.ExitError",
    )

    assert step.next is Next.WAIT
    assert scene.now(edit).conclusion is None


def uncertain(scene: Scene, **metadata: str) -> Any:
    edit = scene.validated(**metadata)
    begun = scene.records.begin_submit(edit, deadline=timedelta(seconds=600))
    return scene.records.mark_uncertain(begun)


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
    scene.records.mark_uncertain(again)
    scene.clock.advance(601)
    last = scene.poll(edit, on_uncertain="retry_once")

    assert (step.next, last.next) == (Next.SUBMIT, Next.PERSIST)
    assert scene.now(edit).attempt == 2
    assert "at most $1.68" in conclusion_of(scene, edit).message


def test_what_was_answered_to_an_uncertain_submit_is_told() -> None:
    said = "HTTP 500: insufficient_user_quota: user quota is not enough"
    scene = scene_answering(Submission(verdict=Verdict.AMBIGUOUS, detail=said))
    edit = scene.running()
    meanwhile = scene.now(edit).trouble
    scene.clock.advance(100_000)

    scene.poll(edit)

    end = conclusion_of(scene, edit)
    assert meanwhile is not None
    assert meanwhile.message == said
    assert said in end.message
    assert end.provider_said == said
