"""The sweep looks into the inbox: what came without an event is not lost."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import pytest
from retake.aws.s3 import InboxObject
from retake.domain.hold import Hold
from retake.domain.source import Source, upload_id
from retake.domain.vocabulary import Reason
from retake.records.keys import edit_id_in
from retake.steps.measures import OVERDUE

from virtual.sweep_scene import Broom, lost


def edits(broom: Broom) -> list[str]:
    """Of which there is a record."""
    return [edit_id_in(key) for key in broom.table.items if key.startswith("edit#")]


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
    assert edits(broom) == [edit.edit_id]


def test_settings_and_clip_whose_events_were_both_lost_are_one_edit() -> None:
    broom = Broom()
    clip = lost(broom, "clip.mp4")
    lost(broom, "clip.mp4.json", b'{"prompt": "noir"}')

    broom.later()
    broom.later()

    assert set(broom.started) == {upload_id(clip)}
    assert broom.records.get(upload_id(clip)).sidecar_version_id == "v1"
    assert edits(broom) == [upload_id(clip)]


def test_lost_settings_without_a_clip_are_told_so() -> None:
    broom = Broom()
    sidecar = lost(broom, "clip.mp4.json", b'{"prompt": "noir"}')

    done = broom.later()

    conclusion = broom.records.get(upload_id(sidecar)).conclusion
    assert conclusion is not None
    assert conclusion.reason is Reason.MISSING_CLIP
    assert broom.started == [upload_id(sidecar)]
    assert done == {"started": 1}


class BigInbox:
    """An inbox of many pages; what is read of it is noted."""

    def __init__(self, broom: Broom, pages: int) -> None:
        self.pages: dict[int, list[InboxObject]] = {number: [] for number in range(pages)}
        self.read: list[int] = []
        missed = replace(broom.sweeper.missed_uploads, uploads=self.page)
        broom.sweeper = replace(broom.sweeper, missed_uploads=missed)

    def page(self, place: str | None) -> tuple[list[InboxObject], str | None]:
        number = int(place or 0)
        self.read.append(number)
        following = number + 1
        return self.pages[number], str(following) if following in self.pages else None


def runs(broom: Broom, hours: float) -> Counter[str]:
    done: Counter[str] = Counter()
    for _ in range(round(hours * 12)):
        done.update(broom.sweeper.run())
        broom.clock.advance(300)
    return done


def test_a_lap_takes_half_a_day_however_much_is_kept() -> None:
    broom = Broom()
    inbox = BigInbox(broom, 2000)

    runs(broom, 20)
    inbox.read.clear()
    done = runs(broom, 24)

    assert 2 <= inbox.read.count(0) <= 3
    assert OVERDUE not in done


def test_an_upload_without_an_event_is_found_in_the_next_lap_of_a_great_inbox() -> None:
    broom = Broom()
    inbox = BigInbox(broom, 1000)
    runs(broom, 30)
    source = Source(bucket="inbox", key="lost.mp4", version_id="v9", size_bytes=5)
    inbox.pages[0] = [InboxObject(source, broom.clock.now())]

    runs(broom, 26)

    assert broom.started == [upload_id(source)]


def test_an_upload_without_an_event_is_found_within_an_hour_and_a_half_of_a_small_inbox() -> None:
    broom = Broom()
    inbox = BigInbox(broom, 2)
    runs(broom, 1)
    source = Source(bucket="inbox", key="lost.mp4", version_id="v9", size_bytes=5)
    inbox.pages[0] = [InboxObject(source, broom.clock.now())]
    inbox.read.clear()

    runs(broom, 1.5)

    assert broom.started == [upload_id(source)]
    assert inbox.read.count(0) <= 2  # the inbox is not read in every run


def test_a_lap_in_which_something_was_put_off_is_followed_by_the_next_at_once() -> None:
    broom = Broom()
    inbox = BigInbox(broom, 1)
    lost(broom, "bad.mp4")
    inbox.pages[0] = broom.inbox
    broom.records.receive = bad = Mock(side_effect=TypeError)  # type: ignore[method-assign]
    broom.later()
    inbox.read.clear()

    runs(broom, 0.5)

    assert inbox.read == [0] * 6
    assert bad.call_count == 7


def test_the_table_is_asked_only_about_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    broom = Broom()
    old = [lost(broom, f"{number}.mp4") for number in range(50)]
    broom.later()
    broom.clock.advance(5 * 86_400)
    broom.sweeper.run()
    broom.clock.advance(86_400)
    lost(broom, "new.mp4")
    asked: list[str] = []
    there = broom.records.there

    def noted(ids: list[str]) -> set[str]:
        asked.extend(ids)
        return there(ids)

    monkeypatch.setattr(broom.records, "there", noted)

    broom.later()

    assert len(old) == 50
    assert len(asked) == 1


def test_a_lap_that_does_not_end_is_overdue() -> None:
    broom = Broom()
    BigInbox(broom, 40_000)

    done = runs(broom, 26)

    assert done[OVERDUE] > 0


def test_an_upload_that_cannot_be_started_keeps_none_from_it_and_is_tried_in_each_lap() -> None:
    broom = Broom()
    bad, good = lost(broom, "bad.mp4"), lost(broom, "good.mp4")
    receive = broom.records.receive

    def poisoned(edit_id: str, *given: object, **facts: object) -> object:
        if edit_id == upload_id(bad):
            raise TypeError
        return receive(edit_id, *given, **facts)  # type: ignore[arg-type]  # handed on

    broom.records.receive = poisoned  # type: ignore[method-assign, assignment]
    first = broom.later()
    broom.clock.advance(4 * 86_400)
    broom.records.receive = receive  # type: ignore[method-assign]
    broom.later()

    assert first["upload put off"] == 1
    assert broom.reported == [upload_id(bad)]
    assert set(broom.started) >= {upload_id(good), upload_id(bad)}
