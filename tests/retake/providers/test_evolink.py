"""What only EvoLink does."""

import json
from typing import Any

import httpx
import pytest
from retake.catalog.models import MODELS
from retake.providers.callbacks import BadCallback
from retake.providers.contract import Billed, Verdict

from tests.retake.providers.recorded_provider import (
    TASK_IDS,
    desk_of,
    error_rows,
    order_for,
    recorded,
    task_of,
)

MODEL = MODELS["evolink/kling-o1-edit"]
LINK = "https://files.evolink.ai/out.mp4"


def answer(name: str, **changes: Any) -> httpx.Response:
    whole = recorded("evolink", name)[0]
    assert isinstance(whole, httpx.Response)
    return httpx.Response(200, json={**whole.json(), **changes})


def report_of(response: httpx.Response) -> Any:
    return desk_of("evolink", response).provider.poll(task_of(MODEL))


@pytest.mark.parametrize(
    ("changes", "link"),
    [
        ({"results": [LINK]}, LINK),
        ({"results": [{"url": LINK}]}, LINK),
        ({"results": [{"video_url": LINK}]}, LINK),
        ({"results": [], "result_data": [{"video_url": LINK, "image_url": None}]}, LINK),
        ({"results": [LINK, "https://files.evolink.ai/other.mp4"]}, LINK),
        ({"results": [LINK, ""]}, LINK),
        ({"results": [None]}, None),
        ({"results": LINK}, LINK),
        ({"results": [], "result_data": []}, None),
    ],
)
def test_the_link_is_found_in_each_form_clients_have_seen(
    changes: dict[str, Any], link: str | None
) -> None:
    report = report_of(answer("succeeded", **changes))

    assert (report.verdict, report.video_url) == (Verdict.SUCCEEDED, link)


REFUND = {
    "refund_scope": "account_balance",
    "charge_status": "released",
    "refund_status": "completed",
    "reserved_credits": 108,
    "refunded_credits": 108,
    "refunded_at": "2026-10-10T10:00:00Z",
}


@pytest.mark.parametrize(
    ("changes", "credits"),
    [
        ({}, 0),
        ({"refund_status": "pending"}, None),
        ({"refunded_at": None}, None),
        ({"refunded_credits": 54}, None),
        ({"refunded_credits": 0, "reserved_credits": 0}, None),
        ({"charge_status": "reserved"}, None),
        ({"charge_status": "charged", "charged_credits": 108}, 108),
        ({"charge_status": "charged", "charged_credits": "?"}, None),
    ],
)
def test_a_failure_is_free_only_when_the_ledger_shows_the_whole_refund(
    changes: dict[str, Any], credits: float | None
) -> None:
    billed = report_of(answer("failed", billing={**REFUND, **changes})).billed

    assert (billed.amount if billed else None) == credits


OUR_SIDE = (
    "invalid_parameters",
    "image_processing_error",
    "image_dimension_mismatch",
    "request_cancelled",
    "resource_not_found",
    "invalid_audio",
)
THEIR_SIDE = (
    "generation_failed_no_content",
    "service_error",
    "generation_timeout",
    "resource_exhausted",
    "quota_exceeded",  # EvoLink's own quota here, not our balance
    "service_unavailable",
    "upstream_error",
    "unknown_error",
    "channel_error",
    "a_new_code",
)


@pytest.mark.parametrize("code", [*OUR_SIDE, *THEIR_SIDE])
def test_a_failed_task_tells_its_code(code: str) -> None:
    error = {"code": code, "message": "In words.", "type": "task_error"}

    report = report_of(answer("failed", error=error))

    assert (report.verdict, report.detail) == (Verdict.FAILED, f"{code}: In words.")


def test_a_cancelled_task_has_ended_when_that_is_said_with_a_reason_or_twice() -> None:
    reason = {"code": "request_cancelled", "message": "On request."}

    bare = report_of(answer("failed", status="cancelled", error=None))
    reasoned = report_of(answer("failed", status="cancelled", error=reason))

    assert (bare.verdict, bare.is_certain) == (Verdict.FAILED, False)
    assert (reasoned.verdict, reasoned.is_certain) == (Verdict.FAILED, True)


@pytest.mark.parametrize(
    ("usage", "billed"),
    [
        ({"credits_reserved": 108}, None),
        ({"credits_used": 68}, Billed(amount=68, unit="credits", usd=1.0)),
        ({"credits_used": 0}, Billed(amount=0, unit="credits", usd=0.0)),
        ({"cost": {"credits": 136, "usd": 1.9}}, Billed(amount=136, unit="credits", usd=1.9)),
        ({"cost": {"usd": 0.5}}, Billed(amount=0.5, unit="USD", usd=0.5)),
        ({"credits_used": -1}, None),
        ({"credits_used": "many"}, None),
        ([], None),
    ],
)
def test_what_was_taken_is_told_and_not_what_was_reserved(
    usage: Any, billed: Billed | None
) -> None:
    assert report_of(answer("failed", usage=usage)).billed == billed


def test_progress_and_estimate_are_read() -> None:
    report = report_of(answer("running"))

    assert (report.progress_percent, report.eta_seconds) == (45, 120)


@pytest.mark.parametrize("can_cancel", [True, False, None, ...])
def test_whether_it_could_be_cancelled_changes_nothing(can_cancel: Any) -> None:
    info = {} if can_cancel is ... else {"can_cancel": can_cancel}

    assert report_of(answer("running", task_info=info)).verdict is Verdict.RUNNING


def test_without_pictures_no_empty_list_of_them_is_sent() -> None:
    desk = desk_of("evolink", httpx.Response(500))

    desk.submit(order_for(MODEL))

    assert "image_urls" not in json.loads(desk.sent[0].content)


def test_a_replayed_answer_is_an_acceptance_like_any_other() -> None:
    replayed = answer("accepted")
    replayed.headers["idempotency-replayed"] = "true"

    submission = desk_of("evolink", replayed).submit(order_for(MODEL))

    assert submission.verdict is Verdict.ACCEPTED


def test_words_count_whatever_their_case_and_place() -> None:
    error = {"code": 403, "type": "KEY_Model_Not_Allowed", "message": ""}

    submission = desk_of("evolink", httpx.Response(403, json={"error": error})).submit(
        order_for(MODEL)
    )

    assert submission.verdict is Verdict.REFUSED


def test_no_server_error_ever_proves_that_nothing_was_accepted() -> None:
    rows = [row for row in error_rows("evolink") if row["status"] >= 500]

    for row in rows:
        submission = desk_of("evolink", httpx.Response(row["status"], json=row["body"])).submit(
            order_for(MODEL)
        )
        assert submission.verdict is Verdict.AMBIGUOUS


def test_a_callback_is_the_task_as_a_poll_shows_it_without_its_link() -> None:
    provider = desk_of("evolink", httpx.Response(500)).provider

    callback = provider.read_callback({}, answer("succeeded").content)

    assert callback.task_id == TASK_IDS["evolink"]
    assert callback.claim.verdict is Verdict.SUCCEEDED
    assert callback.claim.video_url is None


def test_an_event_with_an_id_of_its_own_speaks_of_the_task_within_it() -> None:
    provider = desk_of("evolink", httpx.Response(500)).provider
    event = {"id": "evt-1", "type": "task.completed", "data": {"id": "a-1", "status": "completed"}}

    assert provider.read_callback({}, json.dumps(event).encode()).task_id == "a-1"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"id": true}', b"[]", b"\x00"])
def test_anything_else_is_no_callback(body: bytes) -> None:
    provider = desk_of("evolink", httpx.Response(500)).provider

    with pytest.raises(BadCallback):
        provider.read_callback({}, body)
