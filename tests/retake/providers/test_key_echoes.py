"""A provider that repeats what it was sent: its words go on record, and the key must not."""

from typing import Any

import httpx
import pytest
from retake.catalog.schema import Model

from tests.retake.providers.recorded_provider import (
    FakeKeys,
    desk_of,
    every_model,
    order_for,
    task_of,
)

KEY = "canary-0123456789"
PER_PROVIDER = {model.provider: model for model in every_model()}


def complaint(text: str) -> dict[str, Any]:
    """One body in which each of the providers would find its sentence."""
    said = {"message": text, "code": "invalid", "type": "invalid"}
    return {
        "error": said,
        "message": text,
        "detail": text,
        "reason": "INVALID_API_KEY",
        "code": 401,
    }


@pytest.mark.parametrize("model", PER_PROVIDER.values(), ids=PER_PROVIDER)
def test_a_key_that_a_refusal_repeats_is_not_passed_on(model: Model) -> None:
    answer = httpx.Response(401, json=complaint(f"Incorrect key provided: {KEY}. Try another."))
    desk = desk_of(model.provider, answer, keys=FakeKeys(KEY))

    submitted = desk.submit(order_for(model))
    polled = desk.provider.poll(task_of(model))

    for told in (submitted, polled):
        assert KEY not in repr(told)
    assert KEY in desk.sent[0].headers["authorization"]


@pytest.mark.parametrize("model", PER_PROVIDER.values(), ids=PER_PROVIDER)
def test_the_rest_of_the_sentence_is_told(model: Model) -> None:
    answer = httpx.Response(400, json=complaint(f"Key {KEY} lacks a scope."))
    desk = desk_of(model.provider, answer, keys=FakeKeys(KEY))

    submitted = desk.submit(order_for(model))

    assert "Key (key) lacks a scope." in (submitted.detail or "")
