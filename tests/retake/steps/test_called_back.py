"""A call that leads straight to Persist: asked once, believed never."""

from typing import Any

import pytest
from retake.domain.edit import Edit
from retake.domain.errors import Misconfigured, NotDone
from retake.domain.vocabulary import Status
from retake.providers.contract import Report, Verdict
from retake.records.keys import slots_key

from tests.retake.steps.scripted_provider import RUNNING, out, scene_reporting
from virtual.fake_provider import SUCCESS
from virtual.scene import Scene

NOT_YET = {
    "running": RUNNING,
    "queued": Report(verdict=Verdict.RUNNING, is_queued=True),
    "failed": Report(verdict=Verdict.FAILED, detail="no"),
    "lost": Report(verdict=Verdict.LOST),
    "silent": Report(verdict=Verdict.TRANSIENT),
    "a link beside a word that nobody knows": Report(
        verdict=Verdict.SUCCEEDED, video_url="https://cdn.example/out.mp4", is_certain=False
    ),
    "done, without a link": Report(verdict=Verdict.SUCCEEDED),
}


def called(scene: Scene) -> Edit:
    """An edit that runs, and whose provider has called since it was asked."""
    edit = scene.running()
    scene.records.note_callback(edit, "task-1")
    return edit


def test_what_a_call_brings_is_asked_for_once_and_saved() -> None:
    scene = scene_reporting(SUCCESS)
    edit = called(scene)

    out(scene, edit)

    seen = scene.now(edit)
    assert (seen.status, scene.provider.polls) == (Status.SUCCEEDED, 1)
    assert (seen.polls, seen.polled_seq, seen.save_tries) == (1, seen.callback_seq, 1)
    assert seen.said_done_at is not None
    assert seen.result is not None


def test_its_slot_is_free_as_soon_as_the_copy_begins() -> None:
    scene = scene_reporting(SUCCESS)
    edit = called(scene)
    taken: list[Any] = []

    def look(reader: Any) -> Any:
        taken.append((scene.table.get(slots_key(str(edit.provider))) or {})["taken"])
        return scene.clip

    out(scene, edit, look=look)

    assert taken == [0]


@pytest.mark.parametrize("report", NOT_YET.values(), ids=NOT_YET)
def test_a_call_that_was_early_or_lied_leaves_the_record_to_poll(report: Report) -> None:
    scene = scene_reporting(report, SUCCESS)
    edit = called(scene)
    before = scene.now(edit)

    with pytest.raises(NotDone):
        out(scene, edit)

    assert scene.now(edit) == before
    scene.poll(edit)  # as the workflow goes on
    assert scene.now(edit).polled_seq == before.callback_seq


def test_a_wish_to_cancel_is_for_poll_and_nothing_is_asked() -> None:
    scene = scene_reporting(SUCCESS)
    edit = scene.running()
    scene.records.ask_to_cancel(edit)

    with pytest.raises(NotDone):
        out(scene, edit)

    assert scene.provider.polls == 0


def test_a_key_that_is_missing_is_for_poll_to_wait_out() -> None:
    scene = scene_reporting(SUCCESS)
    edit = called(scene)

    def poll(task: Any) -> Report:
        raise Misconfigured("The secret is empty.")

    scene.provider.poll = poll

    with pytest.raises(NotDone, match="secret is empty"):
        out(scene, edit)


def test_what_poll_has_found_is_saved_whoever_calls_again_meanwhile() -> None:
    scene = scene_reporting(SUCCESS, RUNNING, SUCCESS)
    edit = called(scene)
    scene.poll(edit)
    scene.records.note_callback(scene.now(edit), "task-1")
    scene.provider.reports = [SUCCESS]

    out(scene, edit)

    assert scene.now(edit).status is Status.SUCCEEDED


def test_a_run_that_died_in_the_copy_is_carried_on() -> None:
    scene = scene_reporting(SUCCESS)
    edit = called(scene)

    def dies(reader: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        out(scene, edit, look=dies)
    assert scene.now(edit).status is Status.SAVING
    scene.records.note_callback(scene.now(edit), "task-1")

    out(scene, edit)

    assert scene.now(edit).status is Status.SUCCEEDED
