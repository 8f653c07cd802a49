"""fal's list of requests, by which a lost submit is found, and its cancelling."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from retake.catalog.models import MODELS
from retake.providers.contract import Cancellation, Task
from retake.providers.fal import ENDPOINTS, LISTING_PAGES

from tests.retake.providers.recorded_provider import (
    TASK_IDS,
    VIDEO,
    desk_of,
    task_of,
)

MODEL = MODELS["fal/kling-o1-edit"]
ENDPOINT = MODEL.standard.provider_model
ID = TASK_IDS["fal"]
QUEUE = "https://queue.fal.run"
SHORT = f"{QUEUE}/fal-ai/kling-video/requests/{ID}"
FULL = f"{QUEUE}/{ENDPOINT}/requests/{ID}"
COMPLETED = httpx.Response(200, json={"status": "COMPLETED", "request_id": ID})
VIDEO_RESULT = httpx.Response(200, json={"video": {"url": "https://v3b.fal.media/out.mp4"}})
SINCE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


# ---------------------------------------------------------------- cancel


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (httpx.Response(202, json={"status": "CANCELLATION_REQUESTED"}), "REQUESTED"),
        (httpx.Response(200, json={"success": True}), "REQUESTED"),
        (httpx.Response(200, json={"status": "OK"}), "REMOVED"),
        (httpx.Response(202, json={"status": "OK"}), "REQUESTED"),
        (httpx.Response(202, content=b""), "REQUESTED"),
        (httpx.Response(400, json={"status": "ALREADY_COMPLETED"}), "TOO_LATE"),
        (httpx.Response(409), "TOO_LATE"),
        (httpx.Response(404, json={"status": "NOT_FOUND"}), "UNKNOWN_TASK"),
        (httpx.Response(500), "UNANSWERED"),
        (httpx.Response(401), "UNANSWERED"),
        (httpx.ReadTimeout(""), "UNANSWERED"),
        (httpx.ConnectError(""), "UNANSWERED"),
    ],
)
def test_a_cancellation_is_judged_by_its_code(
    answer: httpx.Response | Exception, outcome: str
) -> None:
    desk = desk_of("fal", answer)

    assert desk.provider.cancel(task_of(MODEL)) is Cancellation(outcome)
    assert desk.sent[0].method == "PUT"
    assert str(desk.sent[0].url) == f"{SHORT}/cancel"


# ---------------------------------------------------------------- the list


def listed(*urls: Any, cursor: str | None = None) -> httpx.Response:
    items = [
        {"request_id": f"id-{number}", "endpoint_id": ENDPOINT, "json_input": {"video_url": url}}
        for number, url in enumerate(urls)
    ]
    return httpx.Response(
        200, json={"items": items, "next_cursor": cursor, "has_more": cursor is not None}
    )


def test_a_lost_submit_is_found_by_its_own_source_address() -> None:
    desk = desk_of("fal", listed("https://other.example/x"), listed())
    desk.answers = [listed("https://other.example/x", cursor="c 2"), listed("", VIDEO)]

    task = desk.provider.find(VIDEO, since=SINCE, provider_model=ENDPOINT)

    assert task == Task(task_id="id-1", provider_model=ENDPOINT)
    assert desk.sent[0].url.host == "api.fal.ai"
    assert dict(desk.sent[0].url.params) == {
        "endpoint_id": ENDPOINT,
        "start": "2026-11-20T12:00:00.000Z",
        "limit": "50",
        "expand": "payloads",
    }
    assert desk.sent[1].url.params["cursor"] == "c 2"


@pytest.mark.parametrize(
    "answer",
    [
        listed(),
        listed("https://other.example/x", None, 7),
        httpx.Response(200, json={"items": [None, [], {"json_input": VIDEO}]}),
        httpx.Response(200, json={"items": [{"json_input": {"video_url": VIDEO}}]}),
        httpx.Response(200, json={"items": {}}),
        httpx.Response(200, text="<html>"),
        httpx.Response(404, json={"detail": "not found"}),
        httpx.Response(500),
        httpx.ReadTimeout(""),
    ],
)
def test_a_list_without_it_finds_nothing(answer: httpx.Response | Exception) -> None:
    assert desk_of("fal", answer).provider.find(VIDEO, since=SINCE) is None


def test_a_list_without_an_end_is_left_after_some_pages() -> None:
    desk = desk_of("fal", listed("https://other.example/x", cursor="again"))

    assert desk.provider.find(VIDEO, since=SINCE) is None
    assert len(desk.sent) == LISTING_PAGES * len(ENDPOINTS)


def test_a_task_is_asked_for_at_the_application_of_its_own_model() -> None:
    task = Task(task_id=ID, provider_model="kling/v4/video-to-video/edit")
    desk = desk_of("fal", httpx.Response(200, json={"status": "IN_QUEUE"}))

    desk.provider.poll(task)

    assert str(desk.sent[0].url) == f"{QUEUE}/kling/v4/requests/{ID}/status"
