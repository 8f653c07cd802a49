"""Callbacks: what opens the door, what a proven call does, and that no wake-up is lost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from retake.domain.conclusions import failed
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import Report, Submission, Task, Verdict
from retake.steps.outcome import Next

from tests.retake.steps.callback_scene import RUNNING, Door
from tests.retake.steps.scripted_provider import out


def test_an_edit_whose_provider_calls_back_listens() -> None:
    door = Door()
    edit = door.validated()

    step = door.submit(edit, callback_url=lambda edit: "https://api.example/…")

    assert step.next is Next.LISTEN
    assert door.provider.orders[0].callback_url == "https://api.example/…"


def test_an_edit_whose_provider_does_not_call_back_sleeps() -> None:
    door = Door()
    edit = door.validated(model="aimlapi/kling-o1-edit")

    step = door.submit(edit, callback_url=lambda edit: "https://api.example/…")

    assert step.next is Next.WAIT
    assert door.provider.orders[0].callback_url is None


def test_a_proven_call_sets_the_flag_and_wakes_the_waiting_state() -> None:
    door = Door()
    edit, call = door.listening()
    door.store_token(edit, "task-token")

    answer = door.take(call)

    assert answer == 200
    assert door.woken == ["task-token"]
    assert door.now(edit).callback_seq == 1
    assert door.now(edit).status is Status.RUNNING


def test_a_call_before_the_token_is_stored_keeps_the_state_from_waiting() -> None:
    door = Door()
    edit, call = door.listening()

    door.take(call)

    assert door.woken == []
    assert not door.store_token(edit, "task-token")


def test_a_poll_answers_the_calls_it_began_after_and_no_later_one() -> None:
    door = Door()
    door.provider.reports = [RUNNING]
    edit, call = door.listening()
    door.take(call)

    door.poll(edit)
    can_wait_again = door.store_token(edit, "second")
    door.take(call)

    assert can_wait_again
    assert door.woken == ["second"]
    assert not door.store_token(edit, "third")


def test_a_call_during_a_poll_is_not_swallowed_by_it() -> None:
    door = Door()
    edit, call = door.listening()
    asked = door.provider.poll

    def called_meanwhile(task: Any) -> Any:
        door.take(call)
        return replace(asked(task), verdict=Verdict.RUNNING)

    door.provider.poll = called_meanwhile
    door.poll(edit)

    assert not door.store_token(edit, "task-token")


def test_a_call_that_was_held_up_cannot_undo_a_later_one() -> None:
    door = Door()
    door.provider.reports = [RUNNING]
    edit, call = door.listening()
    read_long_ago = door.now(edit)
    door.take(call)
    door.poll(edit)
    asked = door.provider.poll

    def called_meanwhile(task: Any) -> Any:
        report = asked(task)
        door.take(call)
        door.records.note_callback(read_long_ago, "task-1")
        return report

    door.provider.poll = called_meanwhile
    door.poll(edit)

    assert not door.store_token(edit, "task-token")


@pytest.mark.parametrize("times", [2, 5])
def test_a_call_that_comes_again_changes_nothing_more(times: int) -> None:
    door = Door()
    edit, call = door.listening()

    answers = [door.take(call) for _ in range(times)]

    assert answers == [200] * times
    assert door.now(edit).status is Status.RUNNING


def test_a_call_before_the_submits_answer_lets_a_lost_answer_be_found() -> None:
    door = Door()
    edit = door.validated()
    call = door.call_for(edit)
    door.records.begin_submit(edit, deadline=timedelta(hours=1), listens=True)

    door.take(call)
    step = door.poll(edit)

    assert step.next is Next.PERSIST
    assert door.now(edit).provider_task_id == "task-1"
    assert door.provider.orders == []


def test_a_call_that_was_held_up_until_the_next_attempt_is_not_taken_for_one_about_it() -> None:
    door = Door()
    edit = door.validated()
    first = door.records.begin_submit(edit, deadline=timedelta(hours=1), listens=True)
    uncertain = door.records.mark_uncertain(first)
    again = door.records.try_again(uncertain)
    door.records.begin_submit(again, deadline=timedelta(hours=1), listens=True)

    door.records.note_callback(first, "task-of-the-first")
    door.poll(edit)

    assert door.now(edit).status is Status.UNCERTAIN
    assert door.now(edit).provider_task_id is None


def test_a_call_as_an_edit_ends_has_its_result_fetched_all_the_same() -> None:
    door = Door()
    edit, call = door.listening()
    note = door.records.note_callback

    def ended_meanwhile(seen: Any, task_id: str) -> Any:
        door.records.close(seen, failed(Reason.TIMED_OUT, "late", at_risk=True))
        return note(seen, task_id)

    door.records.note_callback = ended_meanwhile  # type: ignore[method-assign,assignment]

    assert door.take(call) == 200
    assert door.records.open.late(limit=10) == [edit.edit_id]


def test_a_task_the_provider_does_not_know_is_not_adopted() -> None:
    door = Door()
    door.provider.reports = [Report(verdict=Verdict.LOST)]
    edit = door.validated()
    call = door.call_for(edit)
    door.records.begin_submit(edit, deadline=timedelta(hours=1), listens=True)

    door.take(call)
    step = door.poll(edit)

    assert step.next is Next.LISTEN
    assert door.now(edit).status is Status.UNCERTAIN


def test_a_call_after_the_deadline_has_the_result_fetched_late() -> None:
    door = Door()
    edit, call = door.listening()
    door.records.close(edit, failed(Reason.TIMED_OUT, "late", at_risk=True))

    answer = door.take(call)

    assert answer == 200
    assert door.now(edit).status is Status.FAILED
    assert door.records.open.late(limit=10) == [edit.edit_id]


def test_a_call_proves_that_its_provider_calls() -> None:
    door = Door(has_been_called=False)
    _, call = door.listening()

    before = door.proof.holds("novita")
    door.take(call)

    assert (before, door.proof.holds("novita")) == (False, True)


def test_a_call_after_the_end_is_answered_and_changes_nothing() -> None:
    door = Door()
    edit, call = door.listening()
    closed = door.records.close(edit, failed(Reason.MODERATION, "no", at_risk=True))

    assert door.take(call) == 200
    assert door.now(edit) == closed
    assert door.woken == []


def test_a_late_call_about_an_earlier_attempt_is_answered_and_changes_nothing() -> None:
    door = Door()
    door.provider.submissions = [
        Submission(verdict=Verdict.NOT_SENT),
        Submission(verdict=Verdict.ACCEPTED, task=Task(task_id="task-2")),
    ]
    edit, first_call = door.listening()
    door.clock.advance(3600)
    door.submit(edit)
    before = door.now(edit)

    answer = door.take(first_call)

    assert (before.attempt, before.provider_task_id) == (2, "task-2")
    assert answer == 200
    assert door.now(edit) == before


def test_a_call_during_a_cancel_takes_nothing_from_either() -> None:
    door = Door()
    door.provider.reports = [RUNNING]
    edit, call = door.listening()
    door.store_token(edit, "task-token")

    cancelled = door.records.ask_to_cancel(edit)
    answer = door.take(call)
    door.poll(edit)

    seen = door.now(edit)
    assert (cancelled, answer, door.woken) == ("task-token", 200, ["task-token"])
    assert seen.cancel_asked_at is not None
    assert seen.callback_seq == seen.polled_seq == 2


def test_a_call_between_the_end_that_was_decided_and_the_end_that_is_written_is_heard() -> None:
    door = Door()
    door.provider.reports = [RUNNING]
    edit, call = door.listening()
    door.clock.advance(100_000)
    door.poll(edit)
    decided = door.now(edit)

    answer = door.take(call)
    out(door, edit)

    seen = door.now(edit)
    assert (answer, decided.must_be_concluded) == (200, True)
    assert (seen.reason, seen.recovery_asked_at is not None) == (Reason.TIMED_OUT, True)
    assert door.records.open.late(limit=10) == [edit.edit_id]


def test_who_is_woken_at_once_costs_no_second_look_at_the_record() -> None:
    door = Door()
    edit, call = door.listening()
    door.store_token(edit, "task-token")
    read = door.records.get
    looks: list[str] = []

    def get(edit_id: str) -> Any:
        looks.append(edit_id)
        return read(edit_id)

    door.records.get = get  # type: ignore[method-assign]  # only counted
    door.is_waiting = True

    assert door.take(call) == 200
    assert door.woken == ["task-token"]
    assert len(looks) == 1


def test_a_state_that_waits_anew_since_the_record_was_read_is_woken_too() -> None:
    door = Door()
    edit, call = door.listening()
    door.store_token(edit, "old")
    note = door.records.note_callback

    def waits_anew(seen: Any, task_id: str) -> None:
        door.store_token(edit, "new")
        note(seen, task_id)

    door.records.note_callback = waits_anew  # type: ignore[method-assign,assignment]  # as a rival

    assert door.take(call) == 200
    assert door.woken == ["old", "new"]
