"""Submit: one POST, whatever happens, and what each verdict leads to."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from retake.domain.errors import LostRace, Misconfigured, Unavailable
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import Submission, Task, Verdict
from retake.steps.outcome import Next
from retake.steps.submit_verdict import UNSENT_TRIES
from retake.steps.submit_writing import REFUSALS

from tests.retake.steps.scripted_provider import scene_answering
from virtual.scene import Scene

OFFERED_AGAIN = {Verdict.RATE_LIMITED, Verdict.NOT_SENT}
TERMINAL_REFUSALS = sorted(set(REFUSALS) - OFFERED_AGAIN)


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
    scene = scene_answering(Submission(verdict=Verdict.AMBIGUOUS, detail="reply lost"))
    edit = scene.validated()

    steps = [scene.submit(edit), scene.submit(edit)]

    assert scene.now(edit).status is Status.UNCERTAIN
    assert [step.next for step in steps] == [Next.WAIT, Next.WAIT]
    assert steps[0].log_marker == "uncertain"
    assert len(scene.provider.orders) == 1


def test_a_task_id_of_another_edit_is_not_adopted() -> None:
    scene = Scene()
    scene.running(key="first.mp4")
    edit = scene.validated(key="second.mp4")

    scene.submit(edit)

    assert scene.now(edit).status is Status.UNCERTAIN


@pytest.mark.parametrize("verdict", TERMINAL_REFUSALS)
def test_a_proven_refusal_ends_the_edit_unbilled_with_its_reason(verdict: Verdict) -> None:
    scene = scene_answering(Submission(verdict=verdict, detail="because"))
    edit = scene.validated()

    step = scene.submit(edit)

    conclusion = scene.now(edit).conclusion
    assert step.next is Next.PERSIST
    assert conclusion is not None
    assert conclusion.reason is REFUSALS[verdict].reason
    assert "because" in conclusion.message
    assert not conclusion.at_risk


@pytest.mark.parametrize("verdict", sorted(OFFERED_AGAIN))
def test_what_was_certainly_not_taken_is_tried_again_after_a_wait(verdict: Verdict) -> None:
    scene = scene_answering(
        Submission(verdict=verdict, retry_after_seconds=170),
        Submission(verdict=Verdict.ACCEPTED, task=Task(task_id="task-1")),
    )
    edit = scene.validated()

    first = scene.submit(edit)
    too_early = scene.submit(edit)
    scene.clock.advance(first.wait_seconds)
    second = scene.submit(edit)

    assert first.next is Next.TURN
    assert first.wait_seconds == (170 if verdict is Verdict.RATE_LIMITED else 30)
    assert (too_early.next, too_early.wait_seconds) == (Next.TURN, first.wait_seconds)
    assert second.next is Next.WAIT
    assert len(scene.provider.orders) == 2
    assert [each["ended"] for each in scene.now(edit).attempts] == [verdict]


def test_trying_again_has_an_end_with_a_reason() -> None:
    verdict = Verdict.NOT_SENT
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


def test_a_provider_is_relied_on_to_call_only_after_it_has_called_once() -> None:
    scene = Scene(has_been_called=False)
    first, second = scene.validated("one.mp4"), scene.validated("two.mp4")
    scene.provider.submissions = [scene.accepting("task-1"), scene.accepting("task-2")]

    scene.submit(first, callback_url=lambda edit: "https://api.example/…")
    scene.proof.note("novita")
    scene.submit(second, callback_url=lambda edit: "https://api.example/…")

    assert [order.callback_url for order in scene.provider.orders] == ["https://api.example/…"] * 2
    assert (scene.now(first).listens, scene.now(second).listens) == (False, True)


def test_the_jobs_of_two_stacks_on_one_account_carry_different_marks() -> None:
    scene = Scene()
    edit = scene.validated()

    scene.submit(edit, stack_mark="abc123")

    order = scene.provider.orders[0]
    assert order.video_url.endswith(f"nonce={edit.edit_id}.1.abc123")
    assert order.idempotency_key == f"{edit.edit_id}.abc123"
    assert scene.now(edit).attempt_mark == f"{edit.edit_id}.1.abc123"


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


def test_an_end_that_somebody_else_overtakes_is_looked_at_again() -> None:
    scene = Scene()
    edit = scene.validated()
    scene.storage.delete("inbox", "clip.mp4")
    scene.clock.advance(600)
    conclude = scene.records.conclude

    def cancelled_meanwhile(*given: Any) -> Any:
        scene.records.conclude = conclude  # type: ignore[method-assign]  # as it was
        scene.cancel(edit)
        return conclude(*given)

    scene.records.conclude = cancelled_meanwhile  # type: ignore[method-assign, assignment]  # the race, made certain

    assert scene.submit(edit).next is Next.SUBMIT
    assert scene.submit(edit).next is Next.PERSIST
    assert scene.now(edit).conclusion.status is Status.CANCELLED  # type: ignore[union-attr]  # just concluded


def test_every_reason_of_a_refusal_is_one_of_the_closed_list() -> None:
    assert {meaning.reason for meaning in REFUSALS.values()} <= set(Reason)
