"""What only fal does: a queue with addresses of its own, a result apart from its status."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from retake.catalog.models import MODELS
from retake.providers.contract import Billed, Task, Verdict

from tests.retake.providers.recorded_provider import (
    TASK_IDS,
    desk_of,
    order_for,
    recorded,
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


def accepted(**changes: Any) -> httpx.Response:
    whole = recorded("fal", "accepted")[0]
    assert isinstance(whole, httpx.Response)
    return httpx.Response(200, json={**whole.json(), **changes})


# ---------------------------------------------------------------- addresses


def test_the_addresses_fal_gives_are_kept_and_used() -> None:
    given = {"status_url": f"{FULL}/status", "response_url": f"{FULL}/response"}
    desk = desk_of("fal", accepted(**given), COMPLETED, VIDEO_RESULT)

    task = desk.submit(order_for(MODEL)).task
    desk.provider.poll(task)

    assert [str(request.url) for request in desk.sent[1:]] == [
        f"{FULL}/status",
        f"{FULL}/response",
    ]


def test_a_request_that_is_said_to_be_done_is_asked_for_its_result_alone() -> None:
    desk = desk_of("fal", accepted(), VIDEO_RESULT)

    report = desk.provider.result(desk.submit(order_for(MODEL)).task)

    assert (report.verdict, report.is_certain) == (Verdict.SUCCEEDED, True)
    assert report.video_url == "https://v3b.fal.media/out.mp4"
    assert [str(request.url) for request in desk.sent[1:]] == [SHORT]


@pytest.mark.parametrize(
    "unfinished",
    [
        httpx.Response(400, json={"detail": "Request is still in progress"}),
        httpx.Response(202, json={"status": "IN_PROGRESS", "request_id": ID}),
        httpx.Response(
            200, json={"status": "IN_QUEUE", "video": {"url": "https://v3b.fal.media/a.mp4"}}
        ),
        httpx.Response(404, json={"status": "NOT_FOUND"}),
    ],
)
def test_one_that_is_not_done_has_no_result(unfinished: httpx.Response) -> None:
    desk = desk_of("fal", accepted(), unfinished)

    report = desk.provider.result(desk.submit(order_for(MODEL)).task)

    assert report.verdict not in (Verdict.SUCCEEDED, Verdict.FAILED, Verdict.MODERATION)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/status",
        "https://queue.fal.run.evil.example/status",
        "https://queue.fal.run@evil.example/status",
        "https://queue.fal.run:8443/status",
        "http://queue.fal.run/status",
        "//queue.fal.run/status",
        "https://[::1/status",
        "https://queue.fal.run/" + "x" * 3000,
        "https://queue.fal.run/status\nx-evil: 1",
        "",
        None,
        7,
    ],
)
def test_the_key_goes_to_no_address_but_fals(address: Any) -> None:
    given = dict.fromkeys(("status_url", "response_url", "cancel_url"), address)
    desk = desk_of("fal", accepted(**given), COMPLETED, VIDEO_RESULT)

    submission = desk.submit(order_for(MODEL))
    report = desk.provider.poll(submission.task)

    assert submission.verdict is Verdict.ACCEPTED
    assert submission.task is not None
    assert submission.task.urls == {}
    assert report.verdict is Verdict.SUCCEEDED
    assert [str(request.url) for request in desk.sent[1:]] == [f"{SHORT}/status", SHORT]


def test_an_address_that_came_onto_a_record_by_mistake_is_not_used_either() -> None:
    task = Task(task_id=ID, urls={"status_url": "https://evil.example/status"})
    desk = desk_of("fal", *recorded("fal", "running"))

    desk.provider.poll(task)

    assert str(desk.sent[0].url) == f"{SHORT}/status"


def test_a_stack_that_submits_elsewhere_takes_addresses_there() -> None:
    base = "http://127.0.0.1:9000/fal"
    status_url = f"{base}/fal-ai/kling-video/requests/{ID}/status"
    desk = desk_of("fal", accepted(status_url=status_url), base_url=base)
    desk.provider._http._loopback_ports = frozenset({9000})

    task = desk.submit(order_for(MODEL)).task

    assert task is not None
    assert task.urls["status_url"] == status_url


def test_a_task_known_by_its_id_alone_is_asked_for_as_fals_clients_do() -> None:
    desk = desk_of("fal", *recorded("fal", "running"))

    desk.provider.poll(Task(task_id="../../evil?x=1"))

    assert desk.sent[0].url.raw_path == (
        b"/fal-ai/kling-video/requests/..%2F..%2Fevil%3Fx%3D1/status"
    )


# ---------------------------------------------------------------- status and result


@pytest.mark.parametrize("status", [200, 202])
@pytest.mark.parametrize("word", ["IN_QUEUE", "IN_PROGRESS"])
def test_waiting_may_come_with_either_code(status: int, word: str) -> None:
    desk = desk_of("fal", httpx.Response(status, json={"status": word}))

    report = desk.provider.poll(task_of(MODEL))

    assert (report.verdict, report.provider_status) == (Verdict.RUNNING, word)
    assert len(desk.sent) == 1


@pytest.mark.parametrize(
    ("changes", "result", "verdict"),
    [
        # What the status says of an error is final unless the video is there all the same ...
        ({"error": "Invalid status code: 422"}, VIDEO_RESULT, Verdict.SUCCEEDED),
        ({"error": "Invalid status code: 500"}, httpx.Response(503), Verdict.FAILED),
        ({"error": "x", "error_type": "client_cancelled"}, httpx.Response(499), Verdict.FAILED),
        (
            {"error": "x", "error_type": "content_policy_violation"},
            httpx.Response(422, json={}),
            Verdict.MODERATION,
        ),
        # ... and only the result knows that it was for the content.
        (
            {"error": "Invalid status code: 422"},
            httpx.Response(422, json={"detail": [{"type": "content_policy_violation"}]}),
            Verdict.MODERATION,
        ),
        ({"error": None}, VIDEO_RESULT, Verdict.SUCCEEDED),
        ({"error": ""}, VIDEO_RESULT, Verdict.SUCCEEDED),
        # Without an error in the status the result decides.
        ({}, httpx.Response(400, json={"detail": "Request is still in progress"}), "TRANSIENT"),
        ({}, httpx.Response(202, json={"status": "IN_PROGRESS"}), Verdict.TRANSIENT),
        ({}, httpx.Response(200, text="<html>"), Verdict.TRANSIENT),
        ({}, httpx.Response(500, json={"detail": "broken"}), Verdict.TRANSIENT),
        ({}, httpx.Response(500, json={"error_type": "runner_server_error"}), Verdict.FAILED),
        ({}, httpx.Response(500, json={}), Verdict.TRANSIENT),
        ({}, httpx.ReadTimeout(""), Verdict.TRANSIENT),
    ],
)
def test_completed_is_a_success_only_with_its_result(
    changes: dict[str, Any], result: httpx.Response | Exception, verdict: Verdict
) -> None:
    status = httpx.Response(200, json={"status": "COMPLETED", "request_id": ID, **changes})

    report = desk_of("fal", status, result).provider.poll(task_of(MODEL))

    assert report.verdict == verdict
    assert (report.video_url is not None) is (verdict is Verdict.SUCCEEDED)


@pytest.mark.parametrize(
    ("result", "is_certain"),
    [
        (httpx.Response(422, json={"detail": [{"type": "file_download_error"}]}), True),
        (httpx.Response(422, json={"detail": "no type"}), False),
        (httpx.Response(503, json={"error_type": "runner_disconnected"}), False),
    ],
)
def test_a_models_error_is_final_at_once_where_only_the_model_can_have_said_it(
    result: httpx.Response, is_certain: bool
) -> None:
    report = desk_of("fal", COMPLETED, result).provider.poll(task_of(MODEL))

    assert (report.verdict, report.is_certain) == (Verdict.FAILED, is_certain)


@pytest.mark.parametrize(
    ("changes", "result", "is_certain"),
    [
        ({"error_type": "generation_timeout"}, httpx.Response(504), True),
        ({}, httpx.Response(422, json={"detail": [{"type": "file_too_large"}]}), True),
        ({}, httpx.Response(503, json={"detail": "x"}), False),
        ({}, httpx.ReadTimeout(""), False),
    ],
)
def test_an_error_in_the_status_is_certain_where_a_type_says_so(
    changes: dict[str, str], result: httpx.Response | Exception, is_certain: bool
) -> None:
    status = httpx.Response(200, json={"status": "COMPLETED", "error": "It broke.", **changes})

    report = desk_of("fal", status, result).provider.poll(task_of(MODEL))

    assert (report.verdict, report.is_certain) == (Verdict.FAILED, is_certain)
    assert not report.says_done


@pytest.mark.parametrize(
    "refused",
    [
        httpx.Response(401, json={"detail": "x"}),
        httpx.Response(403, json={"detail": "User is locked. Reason: TOP_UP."}),
        httpx.Response(404, json={"detail": "x"}),
        httpx.Response(429, json={"detail": "x"}),
        httpx.Response(503, json={"detail": "x"}),
        httpx.ReadTimeout(""),
    ],
)
def test_a_result_that_is_refused_is_known_to_be_there(refused: httpx.Response | Exception) -> None:
    report = desk_of("fal", COMPLETED, refused).provider.poll(task_of(MODEL))

    assert report.says_done
    assert report.provider_status == "COMPLETED"
    assert report.detail


def test_billable_units_are_told_without_a_price_for_them() -> None:
    result = httpx.Response(200, headers={"x-fal-billable-units": "5.04"}, content=b"{}")

    report = desk_of("fal", COMPLETED, result).provider.poll(task_of(MODEL))

    assert report.billed == Billed(amount=5.04, unit="billable units")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_the_queues_own_trouble_is_not_the_tasks(status: int) -> None:
    trouble = httpx.Response(status, json={"detail": "x", "error_type": "internal_error"})

    report = desk_of("fal", trouble).provider.poll(task_of(MODEL))

    assert report.verdict is Verdict.TRANSIENT


@pytest.mark.parametrize("name", ["x-fal-needs-retry", "x-fal-retryable"])
@pytest.mark.parametrize(("hint", "is_told"), [("1", True), ("true", True), ("false", False)])
def test_a_hint_that_another_try_may_help_is_passed_on(name: str, hint: str, is_told: bool) -> None:
    failure = httpx.Response(500, headers={name: hint}, json={"detail": "broken"})

    report = desk_of("fal", COMPLETED, failure).provider.poll(task_of(MODEL))

    assert ("another try may help" in (report.detail or "")) is is_told


def test_the_type_counts_and_not_the_message() -> None:
    detail = [{"type": "file_download_error", "msg": "content_policy_violation"}]
    failure = httpx.Response(422, json={"detail": detail})

    report = desk_of("fal", COMPLETED, failure).provider.poll(task_of(MODEL))

    assert report.verdict is Verdict.FAILED
