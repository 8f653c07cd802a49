"""Waiting because of the account: one edit tries a key that is held, all others stand in line."""

from datetime import timedelta
from typing import Any

import pytest
from retake.domain.stored import moment
from retake.domain.vocabulary import Reason, Status, WaitsFor
from retake.providers.contract import Submission, Verdict
from retake.steps.outcome import Next
from retake.steps.policy import MAX_PROBE_SECONDS, TRY_SECONDS
from retake.steps.turns import ACCOUNTS, FIRST_PROBE_SECONDS, HOLDS_FOR

from tests.retake.steps.scripted_provider import ACCEPTED, scene_answering
from virtual.clock import Clock
from virtual.scene import Scene

DAY = 24 * 3600


def unsent(scene: Scene, edit: Any, **options: Any) -> Any:
    return scene.submit(edit, park_seconds=DAY, **options)


@pytest.mark.parametrize("verdict", sorted(v for v, why in HOLDS_FOR.items() if why in ACCOUNTS))
def test_an_account_at_fault_parks_the_edit_where_people_can_see_it(verdict: Verdict) -> None:
    scene = scene_answering(Submission(verdict=verdict))
    first, second = scene.validated("1.mp4"), scene.validated("2.mp4")

    steps = [unsent(scene, edit) for edit in (first, second)]

    tries, waits = scene.now(first), scene.now(second)
    assert [step.next for step in steps] == [Next.TURN, Next.TURN]
    assert steps[0].wait_seconds == FIRST_PROBE_SECONDS
    assert {step.log_marker for step in steps} == {f"parked: {HOLDS_FOR[verdict]}"}
    assert (tries.status, tries.probes, tries.slot) == (Status.RECEIVED, "novita", None)
    assert waits.status is Status.RECEIVED
    assert {edit.waits_for for edit in (tries, waits)} == {HOLDS_FOR[verdict]}
    assert all(
        moment(str(it.waits_until)) - moment(str(it.waits_since)) == timedelta(days=1)
        for it in (tries, waits)
    )
    assert tries.conclusion is waits.conclusion is None


def test_a_queue_does_not_find_out_one_by_one_that_there_is_no_credit() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT))
    edits = [scene.validated(f"{n}.mp4") for n in range(50)]

    for edit in edits:
        unsent(scene, edit)

    assert len(scene.provider.orders) == 1


def test_one_edit_tries_the_key_again_and_backs_off_to_an_hour() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT))
    edits = [scene.validated(f"{n}.mp4") for n in range(10)]
    waits = [unsent(scene, edit).wait_seconds for edit in edits][:1]

    for _ in range(9):
        scene.clock.advance(waits[-1])
        waits.append(unsent(scene, edits[0]).wait_seconds)

    assert waits[:3] == [30, 60, 120]
    assert waits[-1] == MAX_PROBE_SECONDS
    assert len(scene.provider.orders) == 10


def test_one_that_has_just_come_tries_the_key_too_but_not_every_one() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT))
    unsent(scene, scene.validated("0.mp4"))
    scene.clock.advance(TRY_SECONDS)

    steps = [unsent(scene, scene.validated(f"{n}.mp4")) for n in range(1, 5)]

    assert {step.next for step in steps} == {Next.TURN}
    assert len(scene.provider.orders) == 2


def test_parked_edits_go_on_once_the_account_is_mended() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT))
    first, second = scene.validated("1.mp4"), scene.validated("2.mp4")
    step = unsent(scene, first)
    unsent(scene, second)
    scene.token(second, "second-waits")
    scene.provider.submissions = [scene.accepting(f"task-{n}") for n in range(2)]

    scene.clock.advance(step.wait_seconds)
    unsent(scene, first)

    assert scene.woken == ["second-waits"]
    unsent(scene, second)
    assert {scene.now(edit).status for edit in (first, second)} == {Status.RUNNING}
    assert scene.records.line.slots("novita").held_for is None


def test_another_one_tries_the_key_where_the_first_is_cancelled() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT), ACCEPTED)
    first, second = scene.validated("1.mp4"), scene.validated("2.mp4")
    unsent(scene, first)
    unsent(scene, second)
    scene.token(second, "second-waits")

    scene.cancel(first)

    assert scene.now(second).probes == "novita"
    assert scene.records.line.slots("novita").prober == second.edit_id
    assert scene.woken == ["second-waits"]


def test_the_one_that_tries_a_held_key_is_woken_at_once_where_it_is_cancelled() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT))
    alone = scene.validated()
    unsent(scene, alone)
    scene.token(alone, "alone-waits")

    scene.cancel(alone)

    assert scene.woken == ["alone-waits"]
    assert scene.submit(alone).next is Next.PERSIST


def test_one_that_is_to_try_the_key_instead_says_what_it_waits_for_until_then() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT))
    first, second = scene.validated("1.mp4"), scene.validated("2.mp4")
    unsent(scene, first)
    unsent(scene, second)
    scene.token(second, "second-waits")
    scene.cancel(first)

    step = unsent(scene, second)

    waits = scene.now(second)
    assert (step.next, waits.probes, waits.waits_for) == (
        Next.TURN,
        "novita",
        WaitsFor.NO_CREDIT,
    )
    scene.token(second, "second-tries-later")
    scene.cancel(second)
    assert scene.woken[-1] == "second-tries-later"


def test_who_comes_after_the_one_that_tried_was_cancelled_tries_when_the_key_is_due() -> None:
    scene = scene_answering(Submission(verdict=Verdict.RATE_LIMITED), ACCEPTED)
    first = scene.validated("1.mp4")
    unsent(scene, first)
    scene.cancel(first)
    second = scene.validated("2.mp4")

    joins = unsent(scene, second)
    is_passed_by = scene.now(second).waits_for is None  # its state leaves no token, and goes on
    waits = unsent(scene, second)

    assert (joins.next, is_passed_by, waits.next) == (Next.TURN, True, Next.TURN)
    assert 0 < waits.wait_seconds < 2 * FIRST_PROBE_SECONDS
    assert scene.now(second).waits_for is WaitsFor.RATE
    scene.clock.advance(waits.wait_seconds)
    assert unsent(scene, second).log_marker == "accepted"


@pytest.mark.parametrize("place", [0, 1])
def test_parking_ends_with_the_reason_after_the_time_the_stack_allows(place: int) -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT))
    edits = [scene.validated(f"{n}.mp4") for n in range(2)]
    step = [unsent(scene, edit) for edit in edits][place]

    while step.next is Next.TURN:
        scene.clock.advance(step.wait_seconds)
        step = unsent(scene, edits[place])

    conclusion = scene.now(edits[place]).conclusion
    assert conclusion is not None
    assert (conclusion.reason, conclusion.at_risk) == (Reason.NO_CREDIT, False)
    waited = scene.clock.now() - Clock().now()
    assert timedelta(days=1) <= waited < timedelta(days=1, seconds=2 * MAX_PROBE_SECONDS)
