"""Submit: one POST, whatever happens, and what each verdict leads to."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from retake.errors import LostRace, Misconfigured, Unavailable
from retake.providers.base import Submission, Task, Verdict
from retake.reasons import Reason, Status
from retake.steps import Next
from retake.steps.failover import SHARED_BY_NOBODY
from retake.steps.submit import CIRCUIT_SECONDS, PARKS, REFUSALS, UNSENT_TRIES, WAITS
from retake.table import Change

from tests.fakes import Clock, MemoryTable
from tests.scene import Scene

TERMINAL_REFUSALS = sorted(set(REFUSALS) - set(WAITS))


def scene_answering(*submissions: Submission) -> Scene:
    scene = Scene()
    scene.provider.submissions = list(submissions)
    return scene


def test_an_accepted_edit_runs_under_the_providers_task_id() -> None:
    scene = Scene()
    edit = scene.validated()

    step = scene.submit(edit)

    seen = scene.now(edit)
    assert (step.next, step.wait_seconds) == (Next.WAIT, 45)
    assert (seen.status, seen.provider_task_id) == (Status.RUNNING, "task-1")
    assert seen.submitted_at is not None
    assert seen.deadline_at is not None


def test_the_order_carries_the_request_and_a_version_pinned_link() -> None:
    scene = Scene()
    edit = scene.validated(keep_audio="no", aspect_ratio="9:16")

    scene.submit(edit)

    (order,) = scene.provider.orders
    assert order.prompt == "noir"
    assert order.keep_audio is False
    assert order.aspect_ratio == "9:16"
    assert order.video_url == f"https://inbox/clip.mp4?versionId=v0&nonce={edit.edit_id}.1"


def test_a_rejected_edit_passes_through_without_being_sent() -> None:
    scene = Scene()
    edit = scene.validated(prompt="")

    assert scene.submit(edit).next is Next.PERSIST
    assert scene.provider.orders == []


@pytest.mark.parametrize("times", [2, 5])
def test_entering_again_never_sends_again(times: int) -> None:
    scene = Scene()
    edit = scene.validated()

    steps = [scene.submit(edit) for _ in range(times)]

    assert len(scene.provider.orders) == 1
    assert {step.next for step in steps} == {Next.WAIT}


def test_a_worker_that_dies_in_the_post_leaves_an_intent_that_is_never_sent_again() -> None:
    class Killed(BaseException):
        pass

    scene = Scene()
    edit = scene.validated()
    original = scene.provider.send

    def killed(order: Any) -> Any:
        scene.provider.orders.append(order)
        raise Killed

    scene.provider.send = killed
    with pytest.raises(Killed):
        scene.submit(edit)
    scene.provider.send = original

    assert scene.submit(edit).next is Next.WAIT
    assert len(scene.provider.orders) == 1
    assert scene.now(edit).status is Status.SUBMITTING


def test_of_many_workers_at_once_one_sends() -> None:
    scene = Scene()
    edit = scene.validated()

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(lambda _: scene.submit(edit), range(24)))

    assert len(scene.provider.orders) == 1


def test_an_ambiguous_answer_is_doubted_and_never_sent_again() -> None:
    scene = scene_answering(Submission(verdict=Verdict.AMBIGUOUS, said="reply lost"))
    edit = scene.validated()

    steps = [scene.submit(edit), scene.submit(edit)]

    assert scene.now(edit).status is Status.UNCERTAIN
    assert [step.next for step in steps] == [Next.WAIT, Next.WAIT]
    assert steps[0].remark == "uncertain"
    assert len(scene.provider.orders) == 1


def test_a_task_id_of_another_edit_is_not_adopted() -> None:
    scene = Scene()
    scene.running(key="first.mp4")
    edit = scene.validated(key="second.mp4")

    scene.submit(edit)

    assert scene.now(edit).status is Status.UNCERTAIN


@pytest.mark.parametrize("verdict", TERMINAL_REFUSALS)
def test_a_proven_refusal_ends_the_edit_unbilled_with_its_reason(verdict: Verdict) -> None:
    scene = scene_answering(Submission(verdict=verdict, said="because"))
    edit = scene.validated()

    step = scene.submit(edit)

    conclusion = scene.now(edit).conclusion
    assert step.next is Next.PERSIST
    assert conclusion is not None
    assert conclusion.reason is REFUSALS[verdict].reason
    assert "because" in conclusion.message
    assert not conclusion.at_risk


@pytest.mark.parametrize("verdict", sorted(WAITS))
def test_what_was_certainly_not_taken_is_tried_again_after_a_wait(verdict: Verdict) -> None:
    scene = scene_answering(
        Submission(verdict=verdict, retry_after_seconds=17),
        Submission(verdict=Verdict.ACCEPTED, task=Task(task_id="task-1")),
    )
    edit = scene.validated()

    first = scene.submit(edit)
    too_early = scene.submit(edit)
    scene.clock.advance(17)
    second = scene.submit(edit)

    assert (first.next, first.wait_seconds) == (Next.SUBMIT, 17)
    assert (too_early.next, too_early.wait_seconds) == (Next.SUBMIT, 17)
    assert second.next is Next.WAIT
    assert len(scene.provider.orders) == 2
    assert [each["ended"] for each in scene.now(edit).attempts] == [verdict]


@pytest.mark.parametrize("verdict", sorted(WAITS))
def test_trying_again_has_an_end_with_a_reason(verdict: Verdict) -> None:
    scene = scene_answering(Submission(verdict=verdict))
    edit = scene.validated()

    for _ in range(UNSENT_TRIES):
        step = scene.submit(edit)
        scene.clock.advance(step.wait_seconds)

    conclusion = scene.now(edit).conclusion
    assert step.next is Next.PERSIST
    assert conclusion is not None
    assert conclusion.reason is REFUSALS[verdict].reason
    assert len(scene.provider.orders) == UNSENT_TRIES


@pytest.mark.parametrize("error", [Misconfigured("no key"), Unavailable("vault")])
def test_a_missing_key_stops_before_the_intent_is_written(error: Exception) -> None:
    scene = Scene()
    edit = scene.validated()
    scene.provider.unready = error

    with pytest.raises(type(error)):
        scene.submit(edit)
    assert scene.now(edit).status is Status.RECEIVED
    assert scene.provider.orders == []


def test_the_deployments_deadline_overrides_the_models() -> None:
    scene = Scene()
    edit = scene.validated()

    scene.submit(edit, deadline_seconds=10)

    seen = scene.now(edit)
    assert seen.submit_started_at is not None
    assert seen.deadline_at == "2026-03-01T12:00:10.000Z"


def test_a_lost_race_is_not_an_error_but_a_wait() -> None:
    scene = Scene()
    edit = scene.validated()
    original = scene.records.begin_submit

    def lost(*_: Any, **__: Any) -> Any:
        raise LostRace

    scene.records.begin_submit = lost  # type: ignore[method-assign]  # the race, made certain
    step = scene.submit(edit)
    scene.records.begin_submit = original  # type: ignore[method-assign]

    assert step.next is Next.WAIT
    assert scene.provider.orders == []


def test_every_reason_of_a_refusal_is_one_of_the_closed_list() -> None:
    assert {meaning.reason for meaning in REFUSALS.values()} <= set(Reason)


ORDER = ("novita/kling-o1-edit", "evolink/kling-o1-edit", "fal/kling-o1-edit")
ACCEPTED = Submission(verdict=Verdict.ACCEPTED, task=Task(task_id="task-1"))
SHARED = {Verdict.REFUSED, Verdict.MODERATION}


@pytest.mark.parametrize("verdict", sorted(SHARED_BY_NOBODY - set(WAITS)))
def test_a_refusal_that_is_the_providers_own_goes_to_the_next_model(verdict: Verdict) -> None:
    scene = scene_answering(Submission(verdict=verdict), ACCEPTED)
    edit = scene.validated()

    first = scene.submit(edit, model_order=ORDER)
    second = scene.submit(edit, model_order=ORDER)

    seen = scene.now(edit)
    assert (first.next, first.wait_seconds, second.next) == (Next.SUBMIT, 0, Next.WAIT)
    assert [order.model.key for order in scene.provider.orders] == list(ORDER[:2])
    assert (seen.model, seen.provider) == ("evolink/kling-o1-edit", "evolink")
    assert seen.quoted_usd == pytest.approx(5 * 12 / 68, abs=1e-3)
    assert [(each["model"], each["ended"]) for each in seen.attempts] == [(ORDER[0], verdict)]


def test_a_rate_limit_is_waited_for_before_another_model_is_tried() -> None:
    scene = scene_answering(*[Submission(verdict=Verdict.RATE_LIMITED)] * UNSENT_TRIES, ACCEPTED)
    edit = scene.validated()

    for _ in range(UNSENT_TRIES + 1):
        scene.clock.advance(scene.submit(edit, model_order=ORDER).wait_seconds)

    models = [order.model.key for order in scene.provider.orders]
    assert models == [ORDER[0]] * UNSENT_TRIES + [ORDER[1]]


@pytest.mark.parametrize("verdict", sorted(SHARED))
def test_what_another_provider_would_refuse_too_is_not_shopped_around(verdict: Verdict) -> None:
    scene = scene_answering(Submission(verdict=verdict), ACCEPTED)
    edit = scene.validated()

    step = scene.submit(edit, model_order=ORDER)

    assert step.next is Next.PERSIST
    assert len(scene.provider.orders) == 1


def test_an_ambiguous_submit_never_goes_to_another_provider() -> None:
    scene = scene_answering(Submission(verdict=Verdict.AMBIGUOUS), ACCEPTED)
    edit = scene.validated()

    for _ in range(3):
        scene.submit(edit, model_order=ORDER)

    assert len(scene.provider.orders) == 1


def test_a_model_the_user_chose_is_not_exchanged() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT), ACCEPTED)
    edit = scene.validated(model="novita/kling-o1-edit")

    step = scene.submit(edit, model_order=ORDER)

    assert step.next is Next.PERSIST


def test_a_model_that_would_not_admit_the_clip_is_passed_over() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT), ACCEPTED)
    scene.clip = replace(scene.clip, size_bytes=150_000_000)
    edit = scene.validated()

    scene.submit(edit, model_order=ORDER)

    assert scene.now(edit).model == "fal/kling-o1-edit"


def test_when_no_model_is_left_the_last_refusal_is_the_reason() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT))
    edit = scene.validated()

    steps = [scene.submit(edit, model_order=ORDER).next for _ in ORDER]

    conclusion = scene.now(edit).conclusion
    assert steps == [Next.SUBMIT, Next.SUBMIT, Next.PERSIST]
    assert conclusion is not None
    assert conclusion.reason is Reason.NO_CREDIT
    assert "fal" in conclusion.message


class FlickeringTable(MemoryTable):
    """Cannot take the next writes."""

    down_for = 0

    def write(self, *changes: Change) -> None:
        if self.down_for > 0:
            self.down_for -= 1
            raise Unavailable
        super().write(*changes)


def test_an_outage_of_the_table_right_after_acceptance_is_waited_out() -> None:
    table = FlickeringTable()
    scene = Scene(table=table)
    edit = scene.validated()
    send = scene.provider.send

    def sent_and_then_down(order: Any) -> Any:
        table.down_for = 4
        return send(order)

    scene.provider.send = sent_and_then_down
    scene.submit(edit)

    assert scene.now(edit).status is Status.RUNNING
    assert len(scene.provider.orders) == 1


def test_a_poll_that_doubts_a_slow_submit_does_not_lose_its_task() -> None:
    scene = Scene()
    edit = scene.validated()
    send = scene.provider.send

    def doubted_meanwhile(order: Any) -> Any:
        scene.records.doubt(scene.now(edit))
        return send(order)

    scene.provider.send = doubted_meanwhile
    scene.submit(edit)

    assert scene.now(edit).status is Status.RUNNING
    assert scene.now(edit).provider_task_id == "task-1"


DAY = 24 * 3600


def unsent(scene: Scene, edit: Any, **options: Any) -> Any:
    return scene.submit(edit, park_seconds=DAY, **options)


@pytest.mark.parametrize("verdict", sorted(PARKS))
def test_an_account_at_fault_parks_the_edit_where_people_can_see_it(verdict: Verdict) -> None:
    scene = scene_answering(Submission(verdict=verdict))
    edit = scene.validated()

    step = unsent(scene, edit)

    seen = scene.now(edit)
    assert step.next is Next.SUBMIT
    assert step.wait_seconds >= CIRCUIT_SECONDS
    assert step.remark == f"parked: {PARKS[verdict]}"
    assert (seen.status, seen.parked_reason) == (Status.RECEIVED, PARKS[verdict])
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
