"""The sweep: nothing stays open, untold or unseen, and nothing is done twice."""

from typing import Any

import pytest
from retake.domain.conclusions import failed
from retake.domain.vocabulary import Reason, Status
from retake.steps.sweep import MAX_RESTARTS, STALE, execution_name

from virtual.sweep_scene import DONE, RESULT, Broom


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

    for _ in range(MAX_RESTARTS + 1):
        broom.standings[execution_name(broom.now(edit))] = "FAILED"
        broom.later()

    seen = broom.now(edit)
    assert (seen.status, seen.reason) == (Status.FAILED, Reason.INTERNAL_ERROR)
    assert seen.at_risk_usd == seen.quoted_usd
    assert broom.published == [seen.notification_id]
    assert len(broom.started) == MAX_RESTARTS


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


def test_a_sweep_and_an_event_at_once_restart_an_edit_once() -> None:
    broom = Broom()
    edit = broom.running()
    broom.standings[edit.edit_id] = "FAILED"
    broom.clock.advance(STALE.total_seconds() + 1)
    get = broom.records.get

    def swept_meanwhile(edit_id: str) -> Any:
        seen = get(edit_id)
        broom.records.get = get  # type: ignore[method-assign]  # only the first time
        broom.sweeper.after(edit_id)
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
    broom.records.mark_notified(edit.edit_id)
    edit = broom.records.erasure.ask(broom.now(edit))

    soon = broom.sweeper.run()
    late = broom.later()
    broom.records.erasure.carry_out(broom.now(edit), [])
    afterwards = broom.later()

    assert (soon, late, afterwards) == ({}, {"asked to erase": 1}, {})
    assert broom.erased == [edit.edit_id]
    assert broom.started == []


def test_a_late_result_that_is_due_gets_one_execution_and_not_one_each_run() -> None:
    broom = Broom()
    edit = broom.running()
    broom.records.close(edit, failed(Reason.TIMED_OUT, "late", at_risk=True))
    broom.records.mark_notified(edit.edit_id)
    broom.clock.advance(1800)

    done = [broom.sweeper.run(), broom.sweeper.run()]

    assert done == [{"looked again": 1}, {}]
    assert broom.started == [f"{edit.edit_id}.late1"]


def test_a_recovery_whose_execution_died_is_begun_anew_later() -> None:
    broom = Broom()
    edit = broom.running()
    broom.records.close(edit, failed(Reason.TIMED_OUT, "late", at_risk=True))
    broom.records.mark_notified(edit.edit_id)
    broom.clock.advance(1800)
    broom.sweeper.run()

    broom.clock.advance(6 * 3600)
    broom.sweeper.run()

    assert broom.started == [f"{edit.edit_id}.late1", f"{edit.edit_id}.late2"]


def test_what_was_erased_meanwhile_is_not_looked_for() -> None:
    broom = Broom()
    edit = broom.running()
    closed = broom.records.close(edit, failed(Reason.TIMED_OUT, "late", at_risk=True))
    broom.records.mark_notified(edit.edit_id)
    broom.records.erasure.carry_out(broom.records.erasure.ask(closed), [])
    broom.clock.advance(1800)

    done = broom.sweeper.run()

    assert done["let go"] == 1
    assert broom.started == []
    assert broom.records.open.late(limit=10) == []
