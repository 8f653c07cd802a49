"""Webhooks that are sent once more: by id, those that failed, and those of a time."""

from datetime import timedelta
from typing import Any

import pytest
from retake.domain.edit import Conclusion, Edit
from retake.domain.stored import timestamp
from retake.domain.vocabulary import Status
from retake.domain.webhooks import DeliveryState

from tests.retake.api.api_client import Reception
from virtual.scene import result_at

URL = "https://receiver.example/hooks?key=canary"


@pytest.fixture
def reception() -> Reception:
    return Reception(webhook_url=URL)


def ended(reception: Reception, key: str, state: DeliveryState | None = None) -> Edit:
    """An edit that is ready, whose webhook stands so."""
    records = reception.scene.records
    edit = reception.scene.running(key)
    ready = Conclusion(status=Status.SUCCEEDED, message="ready")
    edit = records.close(edit, ready, result=result_at(f"edited/{key}"))
    if state is None:
        return edit
    begun = records.deliveries.begin(edit, host="receiver.example", worker="m", attempt=1)
    return records.deliveries.end(begun, state, {"status": 500, "milliseconds": 3})


def since(reception: Reception, **ago: float) -> str:
    return timestamp(reception.scene.clock.now() - timedelta(**ago))


def asked(reception: Reception, **said: Any) -> Any:
    answer = reception.call("POST", "/webhooks/redeliver", said)
    assert answer.status == 202, answer.text
    return answer.json


def test_the_webhook_of_an_edit_is_sent_once_more(reception: Reception) -> None:
    edit = ended(reception, "a.mp4", DeliveryState.FAILED)

    said = reception.call("POST", f"/edits/{edit.edit_id}/webhooks/redeliver")

    assert said.status == 202
    assert said.json["webhook"]["state"] == "PENDING"
    assert said.json["webhook"]["log"][0]["status"] == 500
    (queued,) = reception.webhooks.messages
    assert edit.edit_id in queued
    assert "canary" not in said.text + queued


@pytest.mark.parametrize(
    ("status", "code"), [("open", "STILL_OPEN"), ("erased", "ERASED"), ("nobody", "NO_WEBHOOK")]
)
def test_what_cannot_be_sent_is_refused(reception: Reception, status: str, code: str) -> None:
    edit = reception.scene.running() if status == "open" else ended(reception, "a.mp4")
    if status == "erased":
        reception.scene.records.erasure.ask(edit)
    if status == "nobody":
        reception.webhook_url = ""

    said = reception.call("POST", f"/edits/{edit.edit_id}/webhooks/redeliver")

    assert said.code == code
    assert reception.webhooks.messages == []


def test_what_failed_since_a_time_is_sent_once_more_and_nothing_else(reception: Reception) -> None:
    ended(reception, "old.mp4", DeliveryState.FAILED)
    reception.scene.clock.advance(3600)
    failed = ended(reception, "failed.mp4", DeliveryState.FAILED)
    disabled = ended(reception, "disabled.mp4", DeliveryState.DISABLED)
    ended(reception, "good.mp4", DeliveryState.DELIVERED)
    ended(reception, "never.mp4")

    said = asked(reception, since=since(reception, minutes=30))

    assert sorted(said["edit_ids"]) == sorted([failed.edit_id, disabled.edit_id])
    assert "next_cursor" not in said
    assert len(reception.webhooks.messages) == 2


def test_a_range_is_sent_once_more_whatever_became_of_it(reception: Reception) -> None:
    ended(reception, "before.mp4", DeliveryState.DELIVERED)
    reception.scene.clock.advance(3600)
    within = ended(reception, "within.mp4", DeliveryState.DELIVERED)
    reception.scene.clock.advance(3600)
    ended(reception, "after.mp4", DeliveryState.DELIVERED)

    said = asked(
        reception,
        since=since(reception, minutes=90),
        until=since(reception, minutes=30),
        only_failed=False,
    )

    assert said["edit_ids"] == [within.edit_id]


def test_many_are_sent_in_several_calls(reception: Reception) -> None:
    edits = [ended(reception, f"{n}.mp4", DeliveryState.FAILED).edit_id for n in range(5)]
    sent, said = [], {"since": since(reception, hours=1), "limit": 2}
    for _ in range(9):
        answer = asked(reception, **said)
        sent += answer["edit_ids"]
        if "next_cursor" not in answer:
            break
        said["cursor"] = answer["next_cursor"]

    assert sorted(sent) == sorted(edits)


def test_an_edit_that_began_days_before_it_ended_is_found(reception: Reception) -> None:
    edit = reception.scene.running("slow.mp4")
    reception.scene.clock.advance(3 * 86_400)
    closed = reception.scene.records.close(
        edit, Conclusion(status=Status.SUCCEEDED, message="ready"), result=result_at("edited/s")
    )
    begun = reception.scene.records.deliveries.begin(closed, host="x", worker="m", attempt=1)
    reception.scene.records.deliveries.end(begun, DeliveryState.FAILED, {"status": 500})

    assert asked(reception, since=since(reception, hours=1))["edit_ids"] == [edit.edit_id]


@pytest.mark.parametrize(
    "said", [{}, {"since": "yesterday"}, {"since": "2026-03-01T12:00:00"}, {"since": 5, "x": 1}]
)
def test_a_time_needs_its_zone_and_a_form_no_other_field(reception: Reception, said: Any) -> None:
    assert reception.call("POST", "/webhooks/redeliver", said).status == 422


# ---------------------------------------------------------------- the address


def test_the_api_keeps_an_address_and_shows_it_nobody(reception: Reception) -> None:
    shown = reception.start(webhook_url="https://mine.example/x?key=canary")

    edit = reception.scene.records.get(shown["edit_id"])
    assert edit.webhook_url == "https://mine.example/x?key=canary"
    assert "canary" not in reception.call("GET", f"/edits/{edit.edit_id}").text
    assert "canary" not in repr(edit)


@pytest.mark.parametrize(
    "url",
    [
        "http://mine.example/",
        "https://mine.example:8443/",
        "https://me:pw@mine.example/",
        "https://169.254.169.254/",
        "ftp://mine.example/",
        "https://",
        "mine.example",
    ],
)
def test_an_address_that_would_not_be_called_is_refused_before_anything_is_begun(
    reception: Reception, url: str
) -> None:
    reception.scene.storage.objects["inbox", "sources/a.mp4"] = b"clip"
    body = {"prompt": "noir", "source": "sources/a.mp4", "webhook_url": url}

    said = reception.call("POST", "/edits", body)

    assert (said.status, said.code) == (422, "INVALID_REQUEST")
    assert said.json["field"] == "webhook_url"
    assert "found" not in said.json
    assert reception.queue.messages == []


def test_the_same_key_with_another_address_is_another_order(reception: Reception) -> None:
    reception.scene.storage.objects["inbox", "sources/a.mp4"] = b"clip"
    body = {"prompt": "noir", "source": "sources/a.mp4"}
    first = reception.call("POST", "/edits", body, idempotency_key="k")
    again = reception.call("POST", "/edits", body, idempotency_key="k")
    other = reception.call(
        "POST", "/edits", body | {"webhook_url": "https://mine.example/"}, idempotency_key="k"
    )

    assert (first.status, again.status, other.status) == (202, 200, 409)
