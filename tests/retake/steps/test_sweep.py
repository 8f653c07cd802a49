"""The sweep: nothing stays open, untold or unseen, and nothing is done twice."""

from datetime import timedelta
from typing import Any

import pytest
from retake.edits import Conclusion, Result, Source, upload_id
from retake.errors import Unavailable
from retake.reasons import Reason, Status
from retake.steps.sweep import MOST_RESTARTS, STALE, Sweeper, execution_name
from retake.storage import Dropped

from tests.scene import Scene

DONE = Conclusion(status=Status.SUCCEEDED, message="ready")
RESULT = Result(
    bucket="results",
    key="edited/clip.mp4",
    manifest_key="edited/clip.json",
    size_bytes=5,
    sha256="0" * 64,
    duration_seconds=5.0,
    width=1280,
    height=720,
    has_audio=True,
)


class Broom(Scene):
    """A scene with a state machine that remembers, and a topic."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.standings: dict[str, str] = {}
        self.started: list[str] = []
        self.published: list[str] = []
        self.topic_is_down = False
        self.inbox: list[Dropped] = []
        self.erased: list[str] = []
        self.sweeper = Sweeper(
            records=self.records,
            workflow=self,
            publish=self._publish,
            uploads=lambda place: (self.inbox, None),
            pairing=self.pairing(self.start),
            erase=self.erased.append,
        )

    def standing(self, name: str) -> str:
        return self.standings.get(name, "NONE")

    def start(self, edit_id: str, name: str | None = None) -> None:
        self.started.append(name or edit_id)
        self.standings[name or edit_id] = "RUNNING"

    def _publish(self, notification: Any) -> None:
        if self.topic_is_down:
            raise Unavailable
        self.published.append(notification["notification_id"])

    def later(self) -> Any:
        self.clock.advance(STALE.total_seconds() + 1)
        return self.sweeper.run()


def test_a_healthy_edit_is_left_alone() -> None:
    broom = Broom()
    edit = broom.running()
    broom.standings[edit.edit_id] = "RUNNING"

    done = broom.later()

    assert done == {"left running": 1}
    assert broom.now(edit) == edit


@pytest.mark.parametrize("ended", ["FAILED", "TIMED_OUT"])
def test_an_edit_whose_execution_died_goes_on_in_a_new_one(ended: str) -> None:
    broom = Broom()
    edit = broom.running()
    broom.standings[edit.edit_id] = ended

    broom.later()

    assert broom.started == [f"{edit.edit_id}.1"]
    assert broom.now(edit).status is Status.RUNNING


def test_a_restarted_edit_is_never_submitted_again() -> None:
    broom = Broom()
    edit = broom.running()
    broom.standings[edit.edit_id] = "FAILED"
    broom.later()

    broom.validate(edit)
    broom.submit(edit)

    assert len(broom.provider.orders) == 1


def test_an_edit_that_dies_again_and_again_gets_an_answer() -> None:
    broom = Broom()
    edit = broom.running()

    for _ in range(MOST_RESTARTS + 1):
        broom.standings[execution_name(broom.now(edit))] = "FAILED"
        broom.later()

    seen = broom.now(edit)
    assert (seen.status, seen.reason) == (Status.FAILED, Reason.INTERNAL_ERROR)
    assert seen.at_risk_usd == seen.quoted_usd
    assert broom.published == [seen.notification_id]
    assert len(broom.started) == MOST_RESTARTS


def test_an_execution_stopped_by_hand_is_not_started_again() -> None:
    broom = Broom()
    edit = broom.running()
    broom.standings[edit.edit_id] = "ABORTED"

    assert broom.sweeper.after(edit.edit_id) == "closed"

    seen = broom.now(edit)
    assert (seen.status, seen.at_risk_usd) == (Status.CANCELLED, seen.quoted_usd)
    assert broom.published == [seen.notification_id]
    assert broom.started == []


def test_a_result_that_is_being_saved_is_delivered_although_the_execution_was_stopped() -> None:
    broom = Broom()
    edit = broom.records.begin_save(broom.running())
    broom.standings[edit.edit_id] = "ABORTED"

    broom.later()

    assert broom.started == [f"{edit.edit_id}.1"]
    assert broom.now(edit).status is Status.SAVING


def test_a_result_nobody_was_told_about_gets_its_manifest_from_the_workflow_first() -> None:
    broom = Broom()
    edit = broom.records.close(broom.running(), DONE, result=RESULT)
    broom.standings[edit.edit_id] = "ABORTED"

    broom.later()
    broom.standings[f"{edit.edit_id}.told"] = "FAILED"
    broom.later()

    assert broom.started == [f"{edit.edit_id}.told"]
    assert broom.published == [f"{edit.edit_id}.succeeded"]


def test_a_record_without_an_execution_is_started() -> None:
    broom = Broom()
    edit = broom.upload()

    broom.later()

    assert broom.started == [edit.edit_id]
    assert broom.now(edit).restarts == 0


def test_a_closed_edit_nobody_was_told_about_is_told_with_the_same_id() -> None:
    broom = Broom()
    edit = broom.records.close(broom.running(), DONE)
    broom.standings[edit.edit_id] = "FAILED"

    broom.later()
    again = broom.later()

    assert broom.published == [f"{edit.edit_id}.succeeded"]
    assert broom.now(edit).notified_at is not None
    assert again == {}


def test_a_topic_that_is_down_is_tried_again_in_the_next_run() -> None:
    broom = Broom()
    edit = broom.records.close(broom.running(), DONE)
    broom.standings[edit.edit_id] = "FAILED"
    broom.topic_is_down = True

    first = broom.later()
    broom.topic_is_down = False
    broom.later()

    assert first == {"put off (Unavailable)": 1}
    assert broom.published == [f"{edit.edit_id}.succeeded"]


def test_a_decision_that_was_already_made_is_the_one_that_closes() -> None:
    broom = Broom()
    edit = broom.validated(prompt="")
    broom.standings[edit.edit_id] = "ABORTED"

    broom.later()

    assert broom.now(edit).status is Status.REJECTED


def test_an_upload_whose_event_never_came_is_started() -> None:
    broom = Broom()
    source = Source(bucket="inbox", key="lost.mp4", version_id="v9", size_bytes=5)
    broom.inbox = [Dropped(source, broom.clock.now())]

    broom.later()
    broom.later()

    assert broom.started == [upload_id(source)]
    assert broom.records.get(upload_id(source)).upload == source


def test_an_upload_that_has_only_just_come_is_left_to_its_event() -> None:
    broom = Broom()
    source = Source(bucket="inbox", key="new.mp4", version_id="v9")
    broom.inbox = [Dropped(source, broom.clock.now() - timedelta(minutes=1))]

    broom.sweeper.run()

    assert broom.started == []


@pytest.mark.parametrize("key", ["images/a.png", "presets/noir.json", "sources/a.mp4"])
def test_material_starts_nothing(key: str) -> None:
    broom = Broom()
    source = Source(bucket="inbox", key=key, version_id="v9")
    broom.inbox = [Dropped(source, broom.clock.now())]

    broom.later()

    assert broom.started == []


def lost(broom: Broom, key: str, body: bytes = b"clip") -> Source:
    """An object of the inbox whose event never came."""
    broom.storage.objects["inbox", key] = body
    source = Source(bucket="inbox", key=key, version_id="v1", size_bytes=len(body))
    broom.inbox.append(Dropped(source, broom.clock.now()))
    return source


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


def test_two_sweeps_at_once_restart_an_edit_once() -> None:
    broom = Broom()
    edit = broom.running()
    broom.standings[edit.edit_id] = "FAILED"
    broom.clock.advance(STALE.total_seconds() + 1)
    get = broom.records.get

    def swept_meanwhile(edit_id: str) -> Any:
        seen = get(edit_id)
        broom.records.get = get  # type: ignore[method-assign]  # only the first time
        broom.sweeper.run()
        return seen

    broom.records.get = swept_meanwhile  # type: ignore[method-assign]  # the race, made certain
    done = broom.sweeper.run()

    assert broom.started == [f"{edit.edit_id}.1"]
    assert done == {"raced": 1}


def test_an_event_about_nobody_changes_nothing() -> None:
    assert Broom().sweeper.after("e-0") == "unknown"


def test_an_erasure_nobody_finished_is_asked_for_again_and_told_nobody() -> None:
    broom = Broom()
    edit = broom.records.close(broom.running(), DONE, result=RESULT)
    broom.records.told(edit.edit_id)
    edit = broom.records.ask_erasure(broom.now(edit))

    soon = broom.sweeper.run()
    late = broom.later()
    broom.records.erase(broom.now(edit), [])
    afterwards = broom.later()

    assert (soon, late, afterwards) == ({}, {"asked to erase": 1}, {})
    assert broom.erased == [edit.edit_id]
    assert broom.started == []
