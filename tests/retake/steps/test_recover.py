"""Late results: an edit that ended without one gets it after all, for the one bill it has."""

from typing import Any

import pytest
from retake.domain.conclusions import failed
from retake.domain.edit import Edit
from retake.domain.errors import LostRace, Unavailable
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import Report, Submission, Verdict
from retake.records.recovery import LATE_REASONS
from retake.steps.persist import persist
from retake.steps.save_result import ResultSaver

from tests.retake.steps.scripted_provider import RUNNING, out, patiently_out
from virtual.fake_provider import FakeDownloads
from virtual.scene import Scene


def ended(scene: Scene, reason: Reason = Reason.TIMED_OUT) -> Edit:
    """An edit that was sent, ended without its result, and was told of."""
    edit = scene.running()
    edit = scene.records.close(edit, failed(reason, "late", at_risk=True))
    scene.records.mark_notified(edit.edit_id)
    return edit


def due(scene: Scene) -> list[str]:
    return scene.records.open.late(limit=10)


@pytest.mark.parametrize("reason", sorted(LATE_REASONS))
def test_a_result_that_is_asked_for_late_is_delivered_for_the_one_bill(reason: Reason) -> None:
    scene = Scene()
    edit = ended(scene, reason)
    scene.records.recovery.ask(scene.now(edit))

    answer = out(scene, edit)

    seen = scene.now(edit)
    assert (seen.status, seen.late, seen.reason) == (Status.SUCCEEDED, True, None)
    assert (seen.billed_usd, seen.at_risk_usd) == (seen.quoted_usd, None)
    assert seen.supersedes == f"{edit.edit_id}.failed"
    assert answer["notification"]["notification_id"] == f"{edit.edit_id}.succeeded"
    assert len(scene.provider.orders) == 1


def test_the_sweep_looks_once_by_itself_while_the_provider_keeps_the_result() -> None:
    scene = Scene()
    edit = ended(scene)

    at_once = due(scene)
    scene.clock.advance(1800)  # Novita keeps results for an hour

    assert at_once == []
    assert due(scene) == [edit.edit_id]


def test_who_asks_is_not_kept_waiting_for_that_look() -> None:
    scene = Scene()
    edit = ended(scene)

    scene.records.recovery.ask(scene.now(edit))

    assert due(scene) == [edit.edit_id]


@pytest.mark.parametrize("reason", [Reason.MODERATION, Reason.PROVIDER_FAILED])
def test_an_edit_that_the_provider_refused_is_not_looked_for(reason: Reason) -> None:
    scene = Scene()
    ended(scene, reason)
    scene.clock.advance(86_400)

    assert due(scene) == []


def test_a_job_that_still_runs_is_waited_for() -> None:
    scene = Scene()
    edit = ended(scene)
    scene.records.recovery.ask(scene.now(edit))
    scene.provider.reports = [RUNNING]

    with pytest.raises(Unavailable):
        out(scene, edit)
    scene.provider.reports = [Scene().provider.reports[0]]
    out(scene, edit)

    assert scene.now(edit).status is Status.SUCCEEDED


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.LOST, Verdict.MODERATION])
def test_where_nothing_is_to_be_had_the_edit_stays_as_it_ended(verdict: Verdict) -> None:
    scene = Scene()
    edit = ended(scene)
    asked = scene.records.recovery.ask(scene.now(edit))
    scene.provider.reports = [Report(verdict=verdict)]

    answer = patiently_out(scene, edit)

    seen = scene.now(edit)
    assert (seen.status, seen.reason, seen.message) == (asked.status, asked.reason, asked.message)
    assert answer["notification"]["notification_id"] == f"{edit.edit_id}.failed"
    assert due(scene) == []


def test_a_task_of_which_nothing_is_known_is_told_so() -> None:
    scene = Scene()
    scene.provider.submissions = [Submission(verdict=Verdict.AMBIGUOUS)]
    edit = scene.running()
    scene.records.close(edit, failed(Reason.SUBMIT_UNCERTAIN, "unknown", at_risk=True))
    scene.records.recovery.ask(scene.now(edit))

    out(scene, edit)

    assert "no task of it is known" in scene.now(edit).details["recovery"]["found"]


def test_a_recovery_that_was_tried_for_hours_in_vain_leaves_the_edit_as_it_ended() -> None:
    scene = Scene()
    edit = ended(scene)
    scene.records.recovery.ask(scene.now(edit))

    out(scene, edit, error="Unavailable")

    assert scene.now(edit).status is Status.FAILED
    assert scene.now(edit).recovery_asked_at is None
    assert "for hours (Unavailable)" in scene.now(edit).details["recovery"]["found"]


def test_a_submit_that_stayed_uncertain_gets_the_result_of_the_task_that_a_call_named() -> None:
    scene = Scene()
    scene.provider.submissions = [Submission(verdict=Verdict.AMBIGUOUS)]
    edit = scene.running()
    scene.records.close(edit, failed(Reason.SUBMIT_UNCERTAIN, "unknown", at_risk=True))
    scene.records.note_callback(scene.now(edit), "task-9")
    scene.records.recovery.begin(scene.now(edit))

    out(scene, edit)

    seen = scene.now(edit)
    assert (seen.status, seen.provider_task_id) == (Status.SUCCEEDED, "task-9")


def test_of_two_that_recover_an_edit_at_once_one_writes() -> None:
    scene = Scene()
    edit = ended(scene)
    scene.records.recovery.ask(scene.now(edit))
    stale = scene.now(edit)
    out(scene, edit)

    answer = persist(
        stale,
        records=scene.records,
        keeper=ResultSaver(
            storage=scene.storage,
            bucket="results",
            provider=lambda name: scene.provider,
            downloads=FakeDownloads(),  # type: ignore[arg-type]  # only its download
            look=lambda reader: scene.clip,
        ),
        publish=scene.published.append,
    )

    assert answer["notification"]["notification_id"] == f"{edit.edit_id}.succeeded"
    assert scene.now(edit).result is not None


def test_nothing_of_a_result_stays_that_came_while_its_edit_was_to_be_erased() -> None:
    scene = Scene()
    edit = ended(scene)
    scene.records.recovery.ask(scene.now(edit))

    def erased(_reader: Any) -> bytes:
        scene.records.erasure.ask(scene.now(edit))
        return b"\xff\xd8"

    persist(
        scene.now(edit),
        records=scene.records,
        keeper=ResultSaver(
            storage=scene.storage,
            bucket="results",
            provider=lambda name: scene.provider,
            downloads=FakeDownloads(),  # type: ignore[arg-type]  # only its download
            look=lambda reader: scene.clip,
            picture=erased,
        ),
        publish=scene.published.append,
    )

    assert [key for bucket, key in scene.storage.objects if bucket == "results"] == []


@pytest.mark.parametrize("asked", ["unsent", "erased", "succeeded"])
def test_what_was_never_sent_is_erased_or_has_its_result_cannot_be_recovered(asked: str) -> None:
    scene = Scene()
    edits: dict[str, Any] = {
        "unsent": lambda: scene.records.close(
            scene.validated(), failed(Reason.INTERNAL_ERROR, "broke")
        ),
        "erased": lambda: scene.records.erasure.ask(scene.now(ended(scene))),
        "succeeded": lambda: _succeeded(scene),
    }
    edit = edits[asked]()

    with pytest.raises(LostRace):
        scene.records.recovery.ask(edit)


def _succeeded(scene: Scene) -> Edit:
    edit = scene.running()
    out(scene, edit)
    return scene.now(edit)


def test_a_task_that_another_edit_owns_is_not_taken_for_this_one() -> None:
    scene = Scene()
    owner = scene.running("owner.mp4")
    scene.provider.submissions = [Submission(verdict=Verdict.AMBIGUOUS)]
    edit = scene.running("other.mp4")
    scene.records.close(edit, failed(Reason.SUBMIT_UNCERTAIN, "unknown", at_risk=True))
    scene.records.note_callback(scene.now(edit), str(owner.provider_task_id))
    scene.records.recovery.begin(scene.now(edit))

    out(scene, edit)

    assert scene.now(edit).status is Status.FAILED
    assert not [key for bucket, key in scene.storage.objects if bucket == "results"]
