"""What fal's accounts say that it took: 'Billing Events' of its Platform APIs."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from retake.providers.contract import Billed, Task

from tests.retake.providers.recorded_provider import desk_of

SINCE = datetime(2025, 1, 15, 10, 0, tzinfo=UTC)
# The example of the page, https://fal.ai/docs/platform-apis/v1/models/billing-events
PAGE = {
    "billing_events": [
        {
            "request_id": "abc123",
            "endpoint_id": "fal-ai/flux/dev",
            "timestamp": "2025-01-15T10:30:45Z",
            "output_units": 1.5,
            "unit_price": 0.001,
            "percent_discount": None,
            "cost_estimate_nano_usd": 1500000,
        },
        {
            "request_id": "def456",
            "endpoint_id": "fal-ai/flux/dev",
            "timestamp": "2025-01-15T10:25:30Z",
            "output_units": 2,
            "unit_price": 0.001,
            "percent_discount": 10,
            "cost_estimate_nano_usd": 1800000,
        },
    ],
    "next_cursor": "MjAyNS0wMS0xNVQxMDoyNTozMFo=",
    "has_more": True,
}


def test_what_was_billed_for_a_task_is_read_from_the_events_of_its_request() -> None:
    desk = desk_of("fal", httpx.Response(200, json=PAGE))

    billed = desk.provider.billed_for(Task(task_id="def456"), since=SINCE)

    assert billed == Billed(amount=0.0018, unit="USD", usd=0.0018)
    (asked,) = desk.sent
    assert (asked.method, asked.url.path) == ("GET", "/v1/models/billing-events")
    assert dict(asked.url.params) == {"request_id": "def456", "start": "2025-01-15T10:00:00.000Z"}


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"detail": "an ADMIN key is needed"}),
        httpx.Response(403, text="<html>"),
        httpx.Response(404, json={}),
        httpx.Response(200, json={"billing_events": []}),
        httpx.Response(200, json={"billing_events": "none"}),
        httpx.Response(200, json=[1]),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"billing_events": [{"request_id": "other"}, 5]}),
        httpx.Response(200, json={"billing_events": [{"request_id": "def456"}]}),
        httpx.Response(
            200,
            json={"billing_events": [{"request_id": "def456", "cost_estimate_nano_usd": -1}]},
        ),
        httpx.ReadTimeout("slow"),
    ],
)
def test_what_cannot_be_read_says_nothing_and_is_asked_once(answer: Any) -> None:
    desk = desk_of("fal", answer)

    assert desk.provider.billed_for(Task(task_id="def456"), since=SINCE) is None
    assert len(desk.sent) == 1
