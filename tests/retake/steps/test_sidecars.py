"""Settings beside a clip: before it, after it, at the same moment, and without it."""

import json
from typing import Any

import pytest
from retake.domain.edit import Edit
from retake.domain.vocabulary import Reason, SettingsSource, Status

from tests.retake.steps.versioned_inbox import Stack

INTERLEAVINGS = 100
SETTLE = 20
NOIR = b'{"prompt": "noir", "keep_audio": false}'


def by_key(edits: list[Edit]) -> dict[str, Edit]:
    return {edit.upload.key: edit for edit in edits if edit.upload}


def check_it_is_one_edit_with_its_settings(stack: Stack, edits: list[Edit]) -> None:
    (edit,) = edits
    assert edit.status is Status.SUCCEEDED
    assert edit.request is not None
    assert (edit.request.prompt, edit.request.keep_audio) == ("noir", False)
    assert edit.settings_from is not None
    assert edit.settings_from.road is SettingsSource.SIDECAR
    assert edit.settings_from.key == "clip.mp4.json"
    assert stack.messages == [edit.edit_id]
    assert [order.prompt for order in stack.scene.provider.orders] == ["noir"]


@pytest.mark.parametrize("seed", range(INTERLEAVINGS))
def test_settings_and_clip_dropped_at_the_same_moment_are_one_edit(seed: int) -> None:
    stack = Stack(seed, settle_seconds=SETTLE)
    delays = tuple(stack.chance.choice((0.0, 0.1, 1.0, 5.0)) for _ in range(2))
    stack.drop("clip.mp4", told_after=delays)
    stack.drop("clip.mp4.json", NOIR, told_after=delays[::-1])

    edits = stack.run()

    check_it_is_one_edit_with_its_settings(stack, edits)


@pytest.mark.parametrize("seed", range(INTERLEAVINGS))
def test_settings_may_come_up_to_the_settling_time_before_or_after(seed: int) -> None:
    stack = Stack(seed, settle_seconds=SETTLE)
    moments = [0.0, stack.chance.uniform(0, SETTLE - 1)]
    stack.chance.shuffle(moments)
    # The clip's own event decides when its time begins; it comes at once, as S3's mostly do.
    stack.drop("clip.mp4", after=moments[0])
    stack.drop("clip.mp4.json", NOIR, after=moments[1], told_after=(0.0, 60.0))

    edits = stack.run()

    check_it_is_one_edit_with_its_settings(stack, edits)


@pytest.mark.parametrize("seed", range(INTERLEAVINGS))
def test_settings_at_the_very_end_of_the_time_are_used_once_or_told_that_they_are_late(
    seed: int,
) -> None:
    stack = Stack(seed, settle_seconds=SETTLE)
    stack.drop("clip.mp4")
    stack.drop("clip.mp4.json", NOIR, after=stack.chance.uniform(SETTLE - 2, SETTLE + 3))

    edits = stack.run()

    # In time: one edit. Later the clip was refused, and the settings make an edit of their own.
    done = [edit for edit in edits if edit.status is Status.SUCCEEDED]
    refused = [edit for edit in edits if edit.status is Status.REJECTED]
    assert len(done) == 1
    assert [edit.reason for edit in refused] in ([], [Reason.MISSING_PROMPT])
    assert len(stack.scene.provider.orders) == 1
    assert sorted(stack.messages) == sorted(edit.edit_id for edit in edits)


def test_settings_that_come_long_before_their_clip_are_found_by_it() -> None:
    stack = Stack(1, settle_seconds=SETTLE)
    stack.drop("clip.mp4.json", NOIR)
    stack.drop("clip.mp4", after=200)

    edits = stack.run()

    check_it_is_one_edit_with_its_settings(stack, edits)


def test_settings_whose_clip_never_comes_end_with_a_reason_and_one_message() -> None:
    stack = Stack(1, settle_seconds=SETTLE)
    stack.drop("a/clip.mp4.json", NOIR, told_after=(0.0, 3.0))

    (edit,) = stack.run()

    assert (edit.status, edit.reason) == (Status.REJECTED, Reason.MISSING_CLIP)
    assert edit.message is not None
    assert "no a/clip.mp4 came within 300 s" in edit.message
    assert stack.messages == [edit.edit_id]


def test_a_clip_that_comes_after_its_settings_were_given_up_is_edited_with_them() -> None:
    stack = Stack(1, settle_seconds=SETTLE)
    stack.drop("clip.mp4.json", NOIR)
    stack.drop("clip.mp4", after=1000)

    edits = by_key(stack.run())

    assert edits["clip.mp4.json"].reason is Reason.MISSING_CLIP
    assert edits["clip.mp4"].status is Status.SUCCEEDED
    assert edits["clip.mp4"].settings_from is not None
    assert edits["clip.mp4"].settings_from.road is SettingsSource.SIDECAR


def test_a_clip_without_any_prompt_ends_with_all_the_ways_to_give_one() -> None:
    stack = Stack(1, settle_seconds=SETTLE)
    stack.drop("rainy/clip.mp4")

    (edit,) = stack.run()

    assert (edit.status, edit.reason) == (Status.REJECTED, Reason.MISSING_PROMPT)
    assert edit.message is not None
    for way in ("x-amz-meta-prompt", "rainy/clip.mp4.json", "presets/rainy.json", "DefaultPrompt"):
        assert way in edit.message


def test_a_clip_that_says_its_prompt_does_not_wait() -> None:
    stack = Stack(1, settle_seconds=SETTLE)
    stack.drop("clip.mp4", metadata={"prompt": "snow"})

    (edit,) = stack.run()

    assert edit.validated_at is not None
    assert edit.validated_at < "2026-03-01T12:00:15"
    assert edit.version < 5  # no write more than an edit without roads had


def test_late_settings_for_a_refused_clip_are_an_edit_of_its_own_version() -> None:
    stack = Stack(1, settle_seconds=SETTLE)
    stack.drop("clip.mp4", metadata={"model": "fal/kling-o1-edit"})
    stack.drop("clip.mp4.json", NOIR, after=300, told_after=(0.0, 5.0))

    edits = by_key(stack.run())

    late, first = edits["clip.mp4.json"], edits["clip.mp4"]
    assert first.reason is Reason.MISSING_PROMPT
    assert late.status is Status.SUCCEEDED
    assert late.source == first.source
    assert late.model == "fal/kling-o1-edit"  # the clip's own metadata stays on top
    assert sorted(stack.messages) == sorted([late.edit_id, first.edit_id])


@pytest.mark.parametrize(
    ("clip", "default", "how"),
    [
        ({"prompt": "snow"}, "", "its own metadata"),
        ({}, "snow", "DefaultPrompt"),
    ],
)
def test_settings_that_come_too_late_are_told_which_edit_went_without_them(
    clip: dict[str, str], default: str, how: str
) -> None:
    stack = Stack(1, settle_seconds=SETTLE, default_prompt=default)
    stack.drop("clip.mp4", metadata=clip)
    stack.drop("clip.mp4.json", NOIR, after=300, told_after=(0.0, 5.0))

    edits = by_key(stack.run())

    late = edits["clip.mp4.json"]
    assert (late.status, late.reason) == (Status.REJECTED, Reason.SETTINGS_UNUSED)
    assert late.details["found"] == edits["clip.mp4"].edit_id
    assert late.message is not None
    assert how in late.message
    assert len(stack.scene.provider.orders) == 1


def test_settings_that_came_in_time_but_stand_behind_the_metadata_are_remarked_on() -> None:
    stack = Stack(1, settle_seconds=SETTLE)
    noted = None
    for seed in range(50):
        stack = Stack(seed, settle_seconds=SETTLE)
        stack.drop("clip.mp4", told_after=(8.0,), metadata={"prompt": "snow"})
        stack.drop("clip.mp4.json", NOIR)
        edits = by_key(stack.run())
        noted = edits["clip.mp4"] if edits["clip.mp4"].sidecar_version_id else noted

    assert noted is not None
    assert noted.request is not None
    assert noted.request.prompt == "snow"
    assert noted.warnings == ("clip.mp4.json was not used: the metadata has a prompt.",)


def test_a_sidecar_that_cannot_be_read_refuses_the_clip_and_names_itself() -> None:
    stack = Stack(1, settle_seconds=SETTLE)
    stack.drop("clip.mp4.json", b'{"prompt": "noir", "keep_audio": "perhaps"}')
    stack.drop("clip.mp4", after=1)

    (edit,) = stack.run()

    assert (edit.status, edit.reason) == (Status.REJECTED, Reason.INVALID_REQUEST)
    assert edit.message is not None
    assert edit.message.startswith("clip.mp4.json: ")
    assert edit.details["field"] == "keep_audio"
    assert edit.details["found"] == "perhaps"
    assert edit.settings_from is not None
    assert edit.settings_from.key == "clip.mp4.json"


def test_a_sidecar_mended_in_time_is_read_in_its_last_version() -> None:
    stack = Stack(1, settle_seconds=SETTLE)
    stack.drop("clip.mp4")
    stack.drop("clip.mp4.json", b'{"prompt": "noir"', after=5, told_after=(400.0,))
    stack.drop("clip.mp4.json", NOIR, after=6, told_after=(0.0, 400.0))

    edits = stack.run()

    check_it_is_one_edit_with_its_settings(stack, edits)


def test_a_sidecar_replaced_before_anybody_used_it_leaves_the_word_to_the_new_one() -> None:
    stack = Stack(1, settle_seconds=SETTLE)
    stack.drop("clip.mp4.json", b"{}", told_after=(900.0,))
    stack.drop("clip.mp4.json", NOIR, after=600)

    (edit,) = stack.run()

    assert edit.reason is Reason.MISSING_CLIP
    assert edit.upload is not None
    assert edit.upload.version_id == "v2"


def test_settings_whose_clip_was_edited_and_deleted_meanwhile_are_no_news() -> None:
    stack = Stack(1, settle_seconds=SETTLE)
    stack.drop("clip.mp4.json", NOIR)
    stack.drop("clip.mp4", after=10)
    stack.delete("clip.mp4", after=250)

    edits = stack.run()

    check_it_is_one_edit_with_its_settings(stack, edits)
    assert stack.detail[-1] == "another version of its clip had these settings"


def test_settings_that_one_version_of_a_clip_used_are_not_called_unused_by_the_next() -> None:
    stack = Stack(1, settle_seconds=SETTLE)
    stack.drop("clip.mp4.json", NOIR)
    stack.drop("clip.mp4", after=10)
    stack.drop("clip.mp4", after=150, metadata={"prompt": "snow"})

    edits = stack.run()

    assert [edit.status for edit in edits] == [Status.SUCCEEDED] * 2
    assert sorted(order.prompt for order in stack.scene.provider.orders) == ["noir", "snow"]


def test_settings_taken_back_before_they_were_used_leave_nothing() -> None:
    stack = Stack(1, settle_seconds=SETTLE)
    stack.drop("clip.mp4.json", NOIR)
    stack.delete("clip.mp4.json", after=100)

    assert stack.run() == []


def test_without_a_settling_time_nobody_waits_for_anybody() -> None:
    stack = Stack(1, settle_seconds=0)
    stack.drop("clip.mp4")
    stack.drop("other.mp4.json", NOIR)

    edits = by_key(stack.run())

    assert edits["clip.mp4"].reason is Reason.MISSING_PROMPT
    assert edits["other.mp4.json"].reason is Reason.MISSING_CLIP
    assert max(edit.finished_at or "" for edit in edits.values()) < "2026-03-01T12:02:30"


def test_an_old_event_does_not_make_settings_wait_again() -> None:
    stack = Stack(1, settle_seconds=SETTLE)
    stack.drop("clip.mp4.json", NOIR, told_after=(86_400.0,))

    (edit,) = stack.run()

    assert edit.reason is Reason.MISSING_CLIP
    assert stack.detail == [Reason.MISSING_CLIP]


def test_variations_in_a_sidecar_belong_to_its_clip() -> None:
    stack = Stack(1, settle_seconds=SETTLE)
    stack.drop("clip.mp4")
    body: dict[str, Any] = {"prompts": ["noir", "snow"]}
    stack.drop("clip.mp4.json", json.dumps(body).encode(), after=5)

    edits = stack.run()

    assert [edit.status for edit in edits] == [Status.SUCCEEDED] * 2
    assert sorted(order.prompt for order in stack.scene.provider.orders) == ["noir", "snow"]
    assert {edit.settings_from.road for edit in edits if edit.settings_from} == {
        SettingsSource.SIDECAR
    }
