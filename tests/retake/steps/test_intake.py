"""Intake: from an event to one record and one execution."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retake.domain.conclusions import failed
from retake.domain.errors import Unavailable
from retake.domain.hold import Hold
from retake.domain.vocabulary import Reason, Status
from retake.steps.intake import NotAnUpload, failures, read_event

from virtual.scene import Scene


def event(key: str = "shots/clip.mp4", version: str | None = "v1", **changes: Any) -> str:
    """The shape that the S3 User Guide documents for EventBridge."""
    body: dict[str, Any] = {
        "version": "0",
        "id": "2d4eba74-fd51-3966-4bfa-b013c9da8ff1",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "111122223333",
        "time": "2026-11-20T00:00:00Z",
        "region": "eu-central-1",
        "resources": ["arn:aws:s3:::inbox"],
        "detail": {
            "version": "0",
            "bucket": {"name": "inbox"},
            "object": {
                "key": key,
                "size": 5,
                "etag": "b1946ac92492d2347c6235b4d2611184",
                "sequencer": "617f08299329d189",
                **({"version-id": version} if version else {}),
            },
            "request-id": "N4N7GDK58NMKJ12R",
            "requester": "123456789012",
            "source-ip-address": "1.2.3.4",
            "reason": "PutObject",
        },
    }
    return json.dumps(body | changes)


def take(scene: Scene, body: str, started: list[str], prefix: str = "") -> Any:
    return scene.take_in(body, started.append, prefix=prefix)


def test_an_upload_becomes_a_record_and_an_execution() -> None:
    scene, started = Scene(), list[str]()

    taken = take(scene, event(), started)

    edit = scene.records.get(taken.edit_id)
    assert started == [taken.edit_id]
    assert edit.status is Status.RECEIVED
    assert edit.source is not None
    assert (edit.source.key, edit.source.version_id) == ("shots/clip.mp4", "v1")


@pytest.mark.parametrize(
    "key", ["día 1/clip +1.mp4", "100%41.mp4", "a+b c.mp4", "❄️.mp4", "%2F.mp4", "x" * 1024]
)
def test_keys_are_taken_as_they_are(key: str) -> None:
    assert read_event(event(key), bucket="inbox", prefix="").key == key


@pytest.mark.parametrize("key", ["clip.mp4", "clip.mp4.json", "a.request.json"])
def test_what_is_put_into_a_held_inbox_starts_nothing_however_late_it_is_announced(
    key: str,
) -> None:
    scene, started = Scene(), list[str]()
    hold = Hold.parse("2026-11-19T23:59Z/2026-11-20T00:01Z")

    taken = scene.take_in(event(key), started.append, hold=hold)

    assert "InboxHold" in str(taken.reason)
    assert (taken.edit_id, started, scene.table.items) == (None, [], {})


@pytest.mark.parametrize("time", ["2026-11-19T23:58:59Z", "2026-11-20T00:01:01Z"])
def test_what_came_before_or_after_a_hold_is_taken_in(time: str) -> None:
    scene, started = Scene(), list[str]()
    hold = Hold.parse("2026-11-19T23:59Z/2026-11-20T00:01Z")

    taken = scene.take_in(event(time=time), started.append, hold=hold)

    assert started == [taken.edit_id]


def test_the_same_event_delivered_many_times_is_one_edit() -> None:
    scene, started = Scene(), list[str]()

    ids = {take(scene, event(), started).edit_id for _ in range(50)}

    assert len(ids) == 1
    assert set(started) == ids


def test_deliveries_to_four_workers_at_once_make_one_record_each() -> None:
    scene, started = Scene(), list[str]()
    deliveries = [event(f"{n}.mp4") for n in range(40) for _ in range(5)]
    random.Random(7).shuffle(deliveries)

    with ThreadPoolExecutor(4) as workers:
        taken = list(workers.map(lambda body: take(scene, body, started), deliveries))

    assert sum(each.is_new for each in taken) == 40
    assert len(set(started)) == 40
    assert len(scene.table.items) == 40


def test_a_new_version_of_a_key_is_a_new_edit() -> None:
    scene, started = Scene(), list[str]()

    first = take(scene, event(version="v1"), started)
    second = take(scene, event(version="v2"), started)

    assert first.edit_id != second.edit_id


def test_a_delivery_after_a_crash_before_the_start_starts_the_execution() -> None:
    scene, started = Scene(), list[str]()

    def crash(edit_id: str) -> None:
        raise Unavailable

    with pytest.raises(Unavailable):
        scene.take_in(event(), crash)
    taken = take(scene, event(), started)

    assert started == [taken.edit_id]


def test_a_late_delivery_does_not_start_an_edit_that_is_on_its_way() -> None:
    scene, started = Scene(), list[str]()
    taken = take(scene, event(), started)
    edit = scene.records.get(taken.edit_id)
    scene.records.conclude(edit, failed(Reason.MODERATION, "no"))

    take(scene, event(), started)

    assert started == [taken.edit_id]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("not json", "not an S3 event"),
        ("[]", "not an S3 event"),
        ("{}", "not an S3 event"),
        ('{"Event": "s3:TestEvent"}', "not an S3 event"),
        ("[" * 100_000, "not an S3 event"),
        (event(detail={"bucket": {"name": "inbox"}, "object": {"key": 5}}), "not an S3 event"),
        # Bytes that S3 never sends, and that would hold up the messages beside them.
        (event().replace('"size": 5', '"size": 1e999'), "not an S3 event"),
        (event().replace('"size": 5', '"size": -1'), "not an S3 event"),
        (event().replace('"version-id": "v1"', '"version-id": [1]'), "not an S3 event"),
        (event().replace("clip.mp4", "\\ud800.mp4"), "not an S3 event"),
        (event(""), "not an S3 event"),
        (event(**{"detail-type": "Object Deleted"}), "created"),
        (event(source="my.app"), "created"),
        (event().replace('"name": "inbox"', '"name": "results"'), "another bucket"),
        (event("presets/noir.json"), "presets/ holds material"),
        (event("images/face.png"), "images/ holds material"),
    ],
)
def test_what_is_no_upload_leaves_a_reason_and_nothing_else(body: str, reason: str) -> None:
    scene, started = Scene(), list[str]()

    taken = take(scene, body, started)

    assert taken.edit_id is None
    assert reason in taken.reason
    assert started == []
    assert scene.table.items == {}


def test_a_key_outside_the_prefix_leaves_a_reason() -> None:
    with pytest.raises(NotAnUpload, match="not under 'inbox/'"):
        read_event(event("elsewhere/clip.mp4"), bucket="inbox", prefix="inbox/")


def test_folders_for_material_lie_under_the_prefix() -> None:
    with pytest.raises(NotAnUpload, match="material"):
        read_event(event("inbox/images/a.png"), bucket="inbox", prefix="inbox/")


@settings(deadline=None)  # the first message of a process makes the scene
@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_no_message_can_break_intake(body: str) -> None:
    scene, started = Scene(), list[str]()

    assert take(scene, body, started).edit_id is None


def test_only_the_messages_that_failed_come_again() -> None:
    def handle(message: Any) -> None:
        if message["messageId"] == "2":
            raise Unavailable

    batch = {"Records": [{"messageId": n} for n in ("1", "2", "3")]}

    assert failures(batch, handle) == ["2"]
