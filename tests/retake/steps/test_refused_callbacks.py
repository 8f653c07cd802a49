"""Callbacks that are not proven, not of this edit, or not now: each is refused without a trace."""

from dataclasses import replace
from typing import Any

import pytest
from retake.domain.errors import Unavailable
from retake.providers.callbacks import BadCallback, Callback
from retake.steps.callback import BODY_BYTES

from tests.retake.steps.callback_scene import RUNNING, Door

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
    door.detail = BadCallback()

    assert door.take(call) == 401
    assert door.now(edit) == before


def test_a_call_about_another_task_is_refused() -> None:
    door = Door()
    _, call = door.listening()
    door.detail = Callback(task_id="task-of-another", claim=RUNNING)

    assert door.take(call) == 401


def test_a_giant_body_is_refused_unread() -> None:
    door = Door()
    _, call = door.listening()
    door.detail = AssertionError("must not be read")

    assert door.take(replace(call, body=b"x" * (BODY_BYTES + 1))) == 413


def test_a_sender_is_asked_to_come_again_while_the_proof_cannot_be_checked() -> None:
    door = Door()
    _, call = door.listening()
    door.detail = Unavailable("the provider's keys")

    assert door.take(call) == 503


def test_an_expired_address_is_refused() -> None:
    door = Door()
    _, call = door.listening()
    door.clock.advance(3 * 24 * 3600)

    assert door.take(call) == 401
