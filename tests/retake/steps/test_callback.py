"""Callbacks: what opens the door, what a proven call does, and that no wake-up is lost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from retake.errors import Unavailable
from retake.links import LinkSecrets, Signer
from retake.providers.base import Report, Submission, Task, Verdict
from retake.providers.callbacks import BadCallback, Callback
from retake.reasons import Reason, Status
from retake.records import failed
from retake.register import edit_key
from retake.steps import Next
from retake.steps.callback import BODY_BYTES, Call, callback_url, take_call
from retake.table import Change, ConditionFailed

from tests.scene import Scene

SIGNER = Signer(lambda: LinkSecrets((("a", b"a secret of at least 24 bytes"),)))
RUNNING = Report(verdict=Verdict.RUNNING)


class Door(Scene):
    """A scene whose provider calls back."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.woken: list[str] = []
        self.said: Callback | Exception = Callback(task_id="task-1", claim=RUNNING)
        self.provider.read_callback = self._read

    def _read(self, headers: Any, body: bytes) -> Callback:
        if isinstance(self.said, Exception):
            raise self.said
        return self.said

    def call_for(self, edit: Any) -> Call:
        """The call a provider makes about the attempt that is prepared next."""
        url = callback_url("https://api.example", edit, SIGNER, self.records)
        provider, edit_id, attempt, token = url.split("/")[-4:]
        return Call(provider, edit_id, attempt, token, {}, b"{}")

    def take(self, call: Call) -> int:
        return take_call(
            call,
            records=self.records,
            signer=SIGNER,
            provider=lambda name: self.provider,
            wake=self.woken.append,
        )

    def listening(self) -> tuple[Any, Call]:
        """A running edit that listens, and the call about it."""
        edit = self.validated()
        call = self.call_for(edit)
        self.submit(edit, callback_url=lambda edit: "https://api.example/…")
        return self.now(edit), call

    def store_token(self, edit: Any, token: str) -> bool:
        """What Wait For Callback does; False when its condition fails."""
        seen = self.now(edit)
        if seen.callback_seq > seen.polled_seq:
            return False
        where = {"callback_seq": seen.callback_seq} if seen.callback_seq else {}
        try:
            self.table.write(
                Change(key=edit_key(edit.edit_id), set={"wake_token": token}, where=where)
            )
        except ConditionFailed:
            return False
        return True


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


def test_a_call_after_the_end_is_answered_and_changes_nothing() -> None:
    door = Door()
    edit, call = door.listening()
    closed = door.records.close(edit, failed(Reason.TIMED_OUT, "late"))

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


FORGERIES = {
    "another provider": {"provider": "evolink"},
    "another edit": {"edit_id": "e-0"},
    "another attempt": {"attempt": "2"},
    "no token": {"token": ""},
    "a made up token": {"token": "a.zzzzzz.AAAA"},
    "a body that was garbled": {"body": None},
}


@pytest.mark.parametrize("change", FORGERIES.values(), ids=FORGERIES)
def test_what_is_not_proven_is_refused_without_a_trace(change: dict[str, Any]) -> None:
    door = Door()
    edit, call = door.listening()
    before = door.now(edit)

    answer = door.take(replace(call, **change))

    assert answer == 401
    assert door.now(edit) == before
    assert door.woken == []


def test_a_call_the_provider_did_not_sign_is_refused() -> None:
    door = Door()
    edit, call = door.listening()
    before = door.now(edit)
    door.said = BadCallback()

    assert door.take(call) == 401
    assert door.now(edit) == before


def test_a_call_about_another_task_is_refused() -> None:
    door = Door()
    _, call = door.listening()
    door.said = Callback(task_id="task-of-another", claim=RUNNING)

    assert door.take(call) == 401


def test_a_giant_body_is_refused_unread() -> None:
    door = Door()
    _, call = door.listening()
    door.said = AssertionError("must not be read")

    assert door.take(replace(call, body=b"x" * (BODY_BYTES + 1))) == 413


def test_a_sender_is_asked_to_come_again_while_the_proof_cannot_be_checked() -> None:
    door = Door()
    _, call = door.listening()
    door.said = Unavailable("the provider's keys")

    assert door.take(call) == 503


def test_an_expired_address_is_refused() -> None:
    door = Door()
    _, call = door.listening()
    door.clock.advance(3 * 24 * 3600)

    assert door.take(call) == 401


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
