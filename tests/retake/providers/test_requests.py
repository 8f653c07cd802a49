"""The exact JSON of each model's submit, against the fields its page documents."""

import json
from typing import Any

import httpx
import pytest
from retake.catalog.models import MODELS

from tests.retake.providers.recorded_provider import VIDEO, desk_of, order_for

FIELDS = {
    # model: the fields its page documents, and those of them it requires
    "novita/kling-o1-edit": (
        {
            "video",
            "prompt",
            "images",
            "fast_mode",
            "aspect_ratio",
            "keep_original_sound",
            # Not on the model's page; the webhook page has it for the routes that support it.
            "extra",
        },
        {"video", "prompt"},
    ),
    "novita/kling-o1-reference": (
        {
            "video",
            "prompt",
            "images",
            "duration",
            "aspect_ratio",
            "keep_original_sound",
            "extra",
        },
        {"prompt"},
    ),
    "evolink/kling-o1-edit": (
        {
            "model",
            "prompt",
            "video_urls",
            "image_urls",
            "keep_original_sound",
            "callback_url",
        },
        {"model", "prompt", "video_urls"},
    ),
    "aimlapi/kling-o1-edit": (
        {"model", "prompt", "video_url", "image_list", "elements", "keep_audio", "provider"},
        {"model", "prompt", "video_url"},
    ),
    "fal/kling-o1-edit": (
        {"prompt", "video_url", "keep_audio", "image_urls", "elements"},
        {"prompt", "video_url"},
    ),
}
A, B = "https://inbox.example/a.png?sig=1", "https://inbox.example/b.png?sig=2"
ELEMENT = {"frontal": A, "references": [B]}
THEIR_ELEMENT = {"frontal_image_url": A, "reference_image_urls": [B]}
CALLBACK = "https://door.example/callbacks/x/e-1/1/k.abc?d=é&f=1"
PROMPT = "put @image1 beside @Element1 in @VIDEO1"
KLING_PROMPT = "put <<<image_1>>> beside <<<element_1>>> in <<<video_1>>>"
FAL_PROMPT = "put @Image1 beside @Element1 in @Video1"

# model, what is ordered, the path, the body
SUBMITS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "novita/kling-o1-edit",
        {},
        "/v3/async/kling-o1-video-edit",
        {"video": VIDEO, "prompt": "noir", "keep_original_sound": True},
    ),
    (
        "novita/kling-o1-edit",
        {
            "prompt": PROMPT,
            "image_urls": (A, B),
            "keep_audio": False,
            "aspect_ratio": "9:16",
            "fast": True,
            "callback_url": CALLBACK,
        },
        "/v3/async/kling-o1-video-edit",
        {
            "video": VIDEO,
            "prompt": KLING_PROMPT,
            "images": [A, B],
            "keep_original_sound": False,
            "aspect_ratio": "9:16",
            "fast_mode": True,
            "extra": {"webhook": {"url": CALLBACK}},
        },
    ),
    (
        "novita/kling-o1-reference",
        {"video_url": None},
        "/v3/async/kling-o1-ref2v",
        {"prompt": "noir", "keep_original_sound": True, "duration": 5},
    ),
    (
        "novita/kling-o1-reference",
        {"image_urls": (A,), "duration_seconds": 8, "aspect_ratio": "1:1"},
        "/v3/async/kling-o1-ref2v",
        {
            "prompt": "noir",
            "video": VIDEO,
            "images": [A],
            "keep_original_sound": True,
            "duration": 8,
            "aspect_ratio": "1:1",
        },
    ),
    (
        "evolink/kling-o1-edit",
        {},
        "/v1/videos/generations",
        {
            "model": "kling-o1-video-edit",
            "prompt": "noir",
            "video_urls": [VIDEO],
            "keep_original_sound": True,
        },
    ),
    (
        "evolink/kling-o1-edit",
        {
            "prompt": PROMPT,
            "image_urls": (A, B),
            "keep_audio": False,
            "fast": True,
            "callback_url": CALLBACK,
        },
        "/v1/videos/generations",
        {
            "model": "kling-o1-video-edit-fast",
            "prompt": KLING_PROMPT,
            "video_urls": [VIDEO],
            "image_urls": [A, B],
            "keep_original_sound": False,
            "callback_url": CALLBACK,
        },
    ),
    (
        "aimlapi/kling-o1-edit",
        {},
        "/v2/video/generations",
        {
            "model": "klingai/video-o1-video-to-video-edit",
            "prompt": "noir",
            "video_url": VIDEO,
            "keep_audio": True,
            "provider": "kling",
        },
    ),
    (
        "aimlapi/kling-o1-edit",
        {"prompt": PROMPT, "image_urls": (A,), "elements": (ELEMENT,), "keep_audio": False},
        "/v2/video/generations",
        {
            "model": "klingai/video-o1-video-to-video-edit",
            "prompt": KLING_PROMPT,
            "video_url": VIDEO,
            "image_list": [A],
            "elements": [THEIR_ELEMENT],
            "keep_audio": False,
            "provider": "kling",
        },
    ),
    (
        "fal/kling-o1-edit",
        {},
        "/fal-ai/kling-video/o1/video-to-video/edit",
        {"prompt": "noir", "video_url": VIDEO, "keep_audio": True},
    ),
    (
        "fal/kling-o1-edit",
        {
            "prompt": PROMPT,
            "image_urls": (A,),
            "elements": (ELEMENT,),
            "keep_audio": False,
            "callback_url": CALLBACK,
        },
        "/fal-ai/kling-video/o1/video-to-video/edit",
        {
            "prompt": FAL_PROMPT,
            "video_url": VIDEO,
            "image_urls": [A],
            "elements": [THEIR_ELEMENT],
            "keep_audio": False,
        },
    ),
]
EVERY_SUBMIT = pytest.mark.parametrize(("key", "wanted", "path", "body"), SUBMITS)


@EVERY_SUBMIT
def test_a_submit_sends_exactly_this(
    key: str, wanted: dict[str, Any], path: str, body: dict[str, Any]
) -> None:
    model = MODELS[key]
    desk = desk_of(model.provider, httpx.Response(500))

    desk.submit(order_for(model, **wanted))

    (request,) = desk.sent
    assert request.url.path == path
    assert json.loads(request.content) == body


@EVERY_SUBMIT
def test_a_submit_keeps_to_the_documented_fields(
    key: str, wanted: dict[str, Any], path: str, body: dict[str, Any]
) -> None:
    documented, required = FIELDS[key]

    assert required <= set(body) <= documented


@pytest.mark.parametrize("key", MODELS)
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
