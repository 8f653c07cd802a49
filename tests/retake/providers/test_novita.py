"""What only Novita does."""

import json
from typing import Any

import httpx
import pytest
from retake.catalog.models import MODELS
from retake.providers.callbacks import BadCallback
from retake.providers.contract import Verdict

from tests.retake.providers.recorded_provider import TASK_IDS, desk_of, recorded, task_of

MODEL = MODELS["novita/kling-o1-edit"]
FAILED = httpx.Response(500, json={"code": 500, "reason": "TASK_FAILED", "message": "no"})


def test_a_task_that_failed_by_status_500_has_failed_when_it_is_said_again() -> None:
    report = desk_of("novita", FAILED).provider.poll(task_of(MODEL))

    assert (report.verdict, report.is_certain, report.names_task) == (Verdict.FAILED, False, True)


def test_progress_and_estimate_are_read() -> None:
    report = desk_of("novita", *recorded("novita", "running")).provider.poll(task_of(MODEL))

    assert (report.progress_percent, report.eta_seconds) == (40, 25)


def test_a_task_is_asked_for_by_its_id_as_a_whole() -> None:
    desk = desk_of("novita", *recorded("novita", "running"))

    desk.provider.poll(task_of(MODEL))

    assert desk.sent[0].url.path == "/v3/async/task-result"
    assert dict(desk.sent[0].url.params) == {"task_id": TASK_IDS["novita"]}


def payload(name: str) -> Any:
    answer = recorded("novita", name)[0]
    assert isinstance(answer, httpx.Response)
    return answer.json()


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("succeeded", Verdict.SUCCEEDED),
        ("failed", Verdict.FAILED),
        ("moderated", Verdict.MODERATION),
        ("running", Verdict.RUNNING),
    ],
)
def test_an_event_claims_what_its_payload_says_without_its_link(
    name: str, verdict: Verdict
) -> None:
    event = {"event_type": "ASYNC_TASK_RESULT", "payload": payload(name)}
    provider = desk_of("novita", httpx.Response(500)).provider

    callback = provider.read_callback({}, json.dumps(event).encode())

    assert callback.task_id == TASK_IDS["novita"]
    assert callback.claim.verdict is verdict
    assert callback.claim.video_url is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"event_type": "OTHER", "payload": {"task": {"task_id": "x"}}}',
        b'{"event_type": "ASYNC_TASK_RESULT"}',
        b'{"event_type": "ASYNC_TASK_RESULT", "payload": []}',
        b'{"event_type": "ASYNC_TASK_RESULT", "payload": {"task": {"task_id": true}}}',
        b'{"event_type": "ASYNC_TASK_RESULT", "payload": {"task": {"task_id": ""}}}',
        b'{"event_type": "ASYNC_TASK_RESULT", "event_type": "ASYNC_TASK_RESULT", "payload": '
        b'{"task": {"task_id": "x"}}}',
        b'{"event_type": "ASYNC_TASK_RESULT", "payload": {"task": {"task_id": "x", "eta": NaN}}}',
    ],
)
def test_anything_else_is_no_callback(body: bytes) -> None:
    provider = desk_of("novita", httpx.Response(500)).provider

    with pytest.raises(BadCallback):
        provider.read_callback({}, body)
