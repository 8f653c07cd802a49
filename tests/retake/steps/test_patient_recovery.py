"""Odd answers to a recovery: said once they end nothing, said for long they end it, on record."""

from typing import Any

import pytest
from retake.domain.errors import NotFootage, Unavailable
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import Report, Verdict
from retake.records.recovery import is_recoverable

from tests.retake.steps.scripted_provider import RUNNING, out, patiently_out, scene_reporting
from tests.retake.steps.test_recover import due, ended
from virtual.fake_provider import SUCCESS, FakeDownloads
from virtual.scene import Scene

ODD = [
    Report(verdict=Verdict.LOST, http_status=404),
    Report(verdict=Verdict.FAILED, detail="upstream busy", is_certain=False, names_task=False),
    Report(verdict=Verdict.FAILED, is_certain=False),
    Report(verdict=Verdict.MODERATION, is_certain=False),
    Report(verdict=Verdict.GONE, http_status=404),
    Report(verdict=Verdict.SUCCEEDED),
    Report(verdict=Verdict.TRANSIENT, http_status=400, detail="Bad id"),
]


@pytest.mark.parametrize("odd", ODD)
def test_one_odd_answer_ends_no_recovery(odd: Report) -> None:
    scene = Scene()
    edit = ended(scene)
    scene.records.recovery.ask(scene.now(edit))
    scene.provider.reports = [odd, SUCCESS]

    with pytest.raises(Unavailable):
        out(scene, edit)
    kept = scene.now(edit)
    out(scene, edit)

    assert kept.trouble is not None
    assert kept.recovery_asked_at is not None
    assert (scene.now(edit).status, scene.now(edit).late) == (Status.SUCCEEDED, True)


@pytest.mark.parametrize("odd", ODD)
def test_what_is_said_for_the_whole_patience_ends_it_and_stands_on_record(odd: Report) -> None:
    scene = Scene()
    edit = ended(scene)
    scene.records.recovery.ask(scene.now(edit))
    begun = scene.clock.now()
    scene.provider.reports = [odd]

    patiently_out(scene, edit)

    seen = scene.now(edit)
    assert (scene.clock.now() - begun).total_seconds() >= 900
    assert seen.status is Status.FAILED
    assert "novita answered" in seen.details["recovery"]["found"]
    assert is_recoverable(seen)


def test_a_failure_that_is_certain_ends_a_recovery_at_once_with_its_reason() -> None:
    scene = Scene()
    edit = ended(scene)
    scene.records.recovery.ask(scene.now(edit))
    scene.provider.reports = [Report(verdict=Verdict.FAILED, detail="gpu: it broke")]

    out(scene, edit)

    assert "gpu: it broke" in scene.now(edit).details["recovery"]["found"]


def test_a_job_that_runs_between_two_odd_answers_is_not_given_up() -> None:
    scene = Scene()
    edit = ended(scene)
    scene.records.recovery.ask(scene.now(edit))
    lost = Report(verdict=Verdict.LOST)
    scene.provider.reports = [lost, lost, lost, RUNNING, lost, SUCCESS]

    patiently_out(scene, edit)

    assert scene.now(edit).status is Status.SUCCEEDED


def test_what_the_edit_met_before_it_ended_does_not_count_in_its_recovery() -> None:
    scene = Scene()
    lost = Report(verdict=Verdict.LOST, http_status=404)
    scene.provider.reports = [lost]
    edit = scene.running()
    scene.polls(edit, 6)
    out(scene, edit)
    scene.records.mark_notified(edit.edit_id)
    scene.clock.advance(1)
    scene.records.recovery.ask(scene.now(edit))
    scene.provider.reports = [lost, SUCCESS]

    with pytest.raises(Unavailable):
        out(scene, edit)
    out(scene, edit)

    assert scene.now(edit).status is Status.SUCCEEDED


def test_bytes_that_do_not_play_are_kept_by_a_recovery_and_named() -> None:
    scene = Scene()
    edit = ended(scene)
    scene.records.recovery.ask(scene.now(edit))

    def look(reader: Any) -> Any:
        raise NotFootage(Reason.NOT_A_VIDEO, "It is cut short.")

    patiently_out(scene, edit, FakeDownloads(b"half a film"), look=look)

    found = scene.now(edit).details["recovery"]
    where = found["delivered"]
    assert scene.storage.objects[where["bucket"], where["key"]] == b"half a film"
    assert "cut short" in found["found"]


def test_an_end_that_nobody_was_sure_of_is_looked_at_once_more() -> None:
    scene = scene_reporting(Report(verdict=Verdict.FAILED, is_certain=False))
    edit = scene.running()
    scene.polls(edit, 2)
    out(scene, edit)
    scene.records.mark_notified(edit.edit_id)

    scene.clock.advance(1800)

    assert scene.now(edit).reason is Reason.PROVIDER_FAILED
    assert due(scene) == [edit.edit_id]
