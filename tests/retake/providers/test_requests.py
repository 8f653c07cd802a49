"""The exact JSON of each model's submit, held to tests/payloads/<provider>/models/<name>.json."""

import json
from typing import Any

import httpx
import pytest
from retake.catalog.models import MODELS

from tests.retake.providers.recorded_provider import desk_of, order_for, page_of

CALLBACK = "https://door.example/callbacks/x/e-1/1/k.abc?d=é&f=1"
SUBMITS = [(key, submit) for key in MODELS for submit in page_of(key)["submits"]]
EVERY_SUBMIT = pytest.mark.parametrize(("key", "submit"), SUBMITS)


@EVERY_SUBMIT
def test_a_submit_sends_exactly_this(key: str, submit: dict[str, Any]) -> None:
    model = MODELS[key]
    desk = desk_of(model.provider, httpx.Response(500))

    desk.submit(order_for(model, **submit["order"]))

    (request,) = desk.sent
    assert request.url.path == submit["path"]
    assert json.loads(request.content) == submit["body"]


@EVERY_SUBMIT
def test_a_submit_keeps_to_the_documented_fields(key: str, submit: dict[str, Any]) -> None:
    fields = page_of(key)["fields"]
    required, sent = set(fields["required"]), set(submit["body"])

    assert required <= sent <= required | set(fields["optional"])


@pytest.mark.parametrize("key", [key for key, model in MODELS.items() if model.says_sound])
@pytest.mark.parametrize("keep_audio", [True, False])
def test_the_sound_is_always_asked_for_or_refused_in_so_many_words(
    key: str, keep_audio: bool
) -> None:
    model = MODELS[key]
    desk = desk_of(model.provider, httpx.Response(500))

    desk.submit(order_for(model, keep_audio=keep_audio))

    body = json.loads(desk.sent[0].content)
    word = "keep_audio" if model.provider in ("aimlapi", "fal") else "keep_original_sound"
    assert body[word] is keep_audio


def test_evolink_is_told_which_edit_it_is_so_that_it_may_notice_a_second() -> None:
    model = MODELS["evolink/kling-o1-edit"]
    desk = desk_of("evolink", httpx.Response(500))

    desk.submit(order_for(model, idempotency_key="e-1"))

    assert desk.sent[0].headers["idempotency-key"] == "e-1"


def test_fal_is_told_to_run_an_order_once_and_to_forget_the_result() -> None:
    desk = desk_of("fal", httpx.Response(500))

    desk.submit(order_for(MODELS["fal/kling-o1-edit"]))

    headers = desk.sent[0].headers
    assert headers["x-fal-no-retry"] == "1"
    assert headers["x-app-fal-disable-fallback"] == "true"
    lifecycle = json.loads(headers["x-fal-object-lifecycle-preference"])
    seconds = MODELS["fal/kling-o1-edit"].result_seconds
    assert lifecycle == {"expiration_duration_seconds": seconds}


def test_fals_webhook_travels_in_the_query_and_comes_out_as_it_went_in() -> None:
    desk = desk_of("fal", httpx.Response(500))

    desk.submit(order_for(MODELS["fal/kling-o1-edit"], callback_url=CALLBACK))

    assert dict(desk.sent[0].url.params) == {"fal_webhook": CALLBACK}
