"""Parking: edits wait while their provider's account has no credit or its key is refused."""

from typing import Any

import pytest
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import Submission, Task, Verdict
from retake.steps.outcome import Next
from retake.steps.policy import CIRCUIT_SECONDS
from retake.steps.submit_verdict import PARKING_REASONS

from tests.retake.steps.scripted_provider import ACCEPTED, scene_answering
from tests.support.fakes import Clock
from tests.support.memory_stack import Scene

DAY = 24 * 3600


def unsent(scene: Scene, edit: Any, **options: Any) -> Any:
    return scene.submit(edit, park_seconds=DAY, **options)


@pytest.mark.parametrize("verdict", sorted(PARKING_REASONS))
def test_an_account_at_fault_parks_the_edit_where_people_can_see_it(verdict: Verdict) -> None:
    scene = scene_answering(Submission(verdict=verdict))
    edit = scene.validated()

    step = unsent(scene, edit)

    seen = scene.now(edit)
    assert step.next is Next.SUBMIT
    assert step.wait_seconds >= CIRCUIT_SECONDS
    assert step.log_marker == f"parked: {PARKING_REASONS[verdict]}"
    assert (seen.status, seen.parked_reason) == (Status.RECEIVED, PARKING_REASONS[verdict])
    assert seen.conclusion is None


def test_a_queue_does_not_find_out_one_by_one_that_there_is_no_credit() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT))
    edits = [scene.validated(f"{n}.mp4") for n in range(50)]

    for edit in edits:
        assert unsent(scene, edit).next is Next.SUBMIT

    assert len(scene.provider.orders) == 1


def test_one_parked_edit_at_a_time_tries_whether_there_is_credit_again() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT))
    edits = [scene.validated(f"{n}.mp4") for n in range(10)]
    for edit in edits:
        unsent(scene, edit)

    scene.clock.advance(2 * CIRCUIT_SECONDS)
    for edit in edits:
        unsent(scene, edit)

    assert len(scene.provider.orders) == 2


def test_parked_edits_go_on_once_the_account_is_mended() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT), ACCEPTED)
    first, second = scene.validated("1.mp4"), scene.validated("2.mp4")
    unsent(scene, first)
    unsent(scene, second)
    scene.provider.submissions = [
        Submission(verdict=Verdict.ACCEPTED, task=Task(task_id=f"task-{n}")) for n in range(2)
    ]

    scene.clock.advance(2 * CIRCUIT_SECONDS)
    unsent(scene, first)
    unsent(scene, second)

    assert {scene.now(edit).status for edit in (first, second)} == {Status.RUNNING}
    assert scene.now(first).parked_reason is None


def test_parking_ends_with_the_reason_after_the_time_the_stack_allows() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT))
    edit = scene.validated()
    step = unsent(scene, edit)

    while step.next is Next.SUBMIT:
        scene.clock.advance(step.wait_seconds)
        step = unsent(scene, edit)

    conclusion = scene.now(edit).conclusion
    assert conclusion is not None
    assert (conclusion.reason, conclusion.at_risk) == (Reason.NO_CREDIT, False)
    assert DAY <= (scene.clock.now() - Clock().now()).total_seconds() < DAY + 2 * CIRCUIT_SECONDS
