"""The edit and its parts: ids, times, and reading back what was stored."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.aws.dynamodb_values import from_item, to_attribute
from retake.domain.edit import Conclusion, Edit, Result
from retake.domain.request import Element, Request
from retake.domain.source import Origin, Source, edit_id_for
from retake.domain.stored import IncompleteRecord, moment, required, timestamp
from retake.domain.vocabulary import Operation, Reason, SettingsSource, Status


def test_the_same_upload_always_has_the_same_id() -> None:
    assert edit_id_for("inbox", "a.mp4", "v1") == edit_id_for("inbox", "a.mp4", "v1")


def test_another_version_of_a_key_is_another_edit() -> None:
    assert edit_id_for("inbox", "a.mp4", "v1") != edit_id_for("inbox", "a.mp4", "v2")


def test_parts_cannot_be_shifted_into_one_another() -> None:
    assert edit_id_for("ab", "c") != edit_id_for("a", "bc")


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_an_id_is_a_valid_execution_name_for_any_key(parts: list[str]) -> None:
    edit_id = edit_id_for(*parts)
    assert len(edit_id) == 22
    assert set(edit_id) <= set("e-0123456789abcdefghjkmnpqrstvwxyz")


def test_times_are_utc_with_milliseconds_and_sort_as_text() -> None:
    noon = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))

    assert timestamp(noon) == "2026-11-20T10:00:00.123Z"
    assert moment(timestamp(noon)) == datetime(2026, 11, 20, 10, 0, 0, 123000, tzinfo=UTC)


def test_a_full_record_survives_the_table() -> None:
    edit = Edit(
        edit_id="e-1",
        status=Status.SUCCEEDED,
        created_at="2026-11-20T10:00:00.000Z",
        updated_at="2026-11-20T10:00:01.000Z",
        version=7,
        source=Source(bucket="inbox", key="día 1/clip +1.mp4", version_id="v1", size_bytes=9),
        footage={"duration_seconds": 5.0, "has_audio": True, "fps": 29.97},
        request=Request(
            prompt="noir",
            operation=Operation.EDIT,
            images=("images/a.png",),
            elements=(Element(frontal="images/b.png", references=("images/c.png",)),),
            keep_audio=False,
        ),
        settings_from=Origin(
            road=SettingsSource.PRESET,
            key="presets/día 1.json",
            version_id="v2",
            topped_by=(
                Origin(road=SettingsSource.METADATA),
                Origin(road=SettingsSource.SIDECAR, key="clip.mp4.json"),
            ),
        ),
        warnings=("one",),
        quoted_usd=0.84,
        attempts=({"attempt": 1, "ended": "RATE_LIMITED"},),
        conclusion=Conclusion(status=Status.SUCCEEDED, message="done"),
        result=Result(
            bucket="results",
            key="edited/clip.mp4",
            manifest_key="edited/clip.json",
            size_bytes=10,
            sha256="00",
            duration_seconds=5.005,
            width=1280,
            height=720,
            has_audio=False,
        ),
    )

    stored = to_attribute(edit.to_mapping())["M"]

    assert Edit.from_mapping(from_item(stored)) == edit


def test_false_is_kept_and_emptiness_is_not_stored() -> None:
    stored = Request(prompt="noir", keep_audio=False).to_mapping()

    assert stored == {"prompt": "noir", "keep_audio": False, "fast": False}


def test_a_record_of_a_newer_deployment_can_be_read() -> None:
    stored = {
        "edit_id": "e-1",
        "status": "FAILED",
        "reason": "MODERATION",
        "created_at": "x",
        "updated_at": "x",
        "pk": "edit#e-1",
        "invented_later": {"a": 1},
        "source": {"bucket": "b", "key": "k", "invented_later": 1},
    }

    edit = Edit.from_mapping(stored)

    assert edit.reason is Reason.MODERATION
    assert edit.source == Source(bucket="b", key="k")


def test_a_missing_part_is_an_error_with_a_name() -> None:
    with pytest.raises(IncompleteRecord):
        required(None)
