"""The sweep looks into the inbox: what came without an event is not lost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from retake.aws.s3 import InboxObject
from retake.domain.hold import Hold
from retake.domain.source import Source, upload_id
from retake.domain.vocabulary import Reason

from tests.retake.steps.sweep_scene import Broom, lost


def test_an_upload_whose_event_never_came_is_started() -> None:
    broom = Broom()
    source = Source(bucket="inbox", key="lost.mp4", version_id="v9", size_bytes=5)
    broom.inbox = [InboxObject(source, broom.clock.now())]

    broom.later()
    broom.later()

    assert broom.started == [upload_id(source)]
    assert broom.records.get(upload_id(source)).upload == source


def test_an_upload_that_has_only_just_come_is_left_to_its_event() -> None:
    broom = Broom()
    source = Source(bucket="inbox", key="new.mp4", version_id="v9")
    broom.inbox = [InboxObject(source, broom.clock.now() - timedelta(minutes=1))]

    broom.sweeper.run()

    assert broom.started == []


def test_what_was_put_into_a_held_inbox_is_not_found_afterwards() -> None:
    broom = Broom()
    now = broom.clock.now()
    lost(broom, "recopied.mp4")
    hold = Hold(now - timedelta(hours=1), now + timedelta(seconds=1))
    missed = replace(broom.sweeper.missed_uploads, hold=hold)
    broom.sweeper = replace(broom.sweeper, missed_uploads=missed)

    broom.later()

    assert broom.started == []


@pytest.mark.parametrize("key", ["images/a.png", "presets/noir.json", "sources/a.mp4"])
def test_material_starts_nothing(key: str) -> None:
    broom = Broom()
    source = Source(bucket="inbox", key=key, version_id="v9")
    broom.inbox = [InboxObject(source, broom.clock.now())]

    broom.later()

    assert broom.started == []


def test_settings_that_a_clip_was_edited_with_start_nothing() -> None:
    broom = Broom()
    clip = lost(broom, "clip.mp4")
    lost(broom, "clip.mp4.json", b'{"prompt": "noir"}')
    broom.storage.versions["inbox", "clip.mp4.json"] = "v1"
    edit, _ = broom.records.receive(upload_id(clip), clip, source=clip)
    broom.validate(edit)

    broom.later()

    assert broom.started == [edit.edit_id]  # the stale edit itself goes on
    assert len(broom.table.items) == 2  # its record, and how far the sweep has come


def test_settings_and_clip_whose_events_were_both_lost_are_one_edit() -> None:
    broom = Broom()
    clip = lost(broom, "clip.mp4")
    lost(broom, "clip.mp4.json", b'{"prompt": "noir"}')

    broom.later()
    broom.later()

    assert set(broom.started) == {upload_id(clip)}
    assert broom.records.get(upload_id(clip)).sidecar_version_id == "v1"
    assert len(broom.table.items) == 2


def test_lost_settings_without_a_clip_are_told_so() -> None:
    broom = Broom()
    sidecar = lost(broom, "clip.mp4.json", b'{"prompt": "noir"}')

    done = broom.later()

    conclusion = broom.records.get(upload_id(sidecar)).conclusion
    assert conclusion is not None
    assert conclusion.reason is Reason.MISSING_CLIP
    assert broom.started == [upload_id(sidecar)]
    assert done == {"started": 1}
