"""Records: every transition, who wins a race, and what a record refuses to become."""

from datetime import timedelta

import pytest
from retake.aws.dynamodb import ConditionFailed
from retake.aws.dynamodb_changes import Change
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import LostRace
from retake.domain.source import Source
from retake.domain.vocabulary import OPEN, TERMINAL, Reason, Status
from retake.records.keys import edit_key
from retake.records.queries import UnknownEdit
from retake.records.store import Records
from retake.records.transitions import TRANSITIONS, TaskTaken

from virtual.clock import Clock
from virtual.memory_table import MemoryTable
from virtual.scene import Scene

HOUR = timedelta(hours=1)
DONE = Conclusion(status=Status.SUCCEEDED, message="ready")


def test_only_erasures_and_late_results_leave_a_terminal_status_and_only_these_enter_one() -> None:
    leaving = {name for name, each in TRANSITIONS.items() if each.leaves & TERMINAL}
    late = {"ask_recovery", "begin_recovery", "note_recovery", "end_recovery", "recover"}

    told = {"ask_delivery", "begin_delivery", "note_delivery"}  # by a webhook

    assert leaving == {"ask_erasure", "hold_erasure", "erase"} | late | told
    assert {name for name in leaving if TRANSITIONS[name].enters} == {"recover"}
    assert TRANSITIONS["recover"].enters is Status.SUCCEEDED
    assert not any(Status.SUCCEEDED in TRANSITIONS[name].leaves for name in late)


def test_a_second_receipt_finds_the_first_record() -> None:
    records = Scene().records
    source = Source(bucket="inbox", key="a.mp4", version_id="v1")

    first, is_new = records.receive("e-1", source)
    second, is_new_again = records.receive("e-1", source)

    assert (is_new, is_new_again) == (True, False)
    assert first == second


def test_an_unknown_edit_has_an_error_of_its_own() -> None:
    with pytest.raises(UnknownEdit):
        Scene().records.get("e-0")


def test_only_one_of_two_workers_begins_a_submit() -> None:
    scene = Scene()
    seen_by_both = scene.validated()

    scene.records.begin_submit(seen_by_both, deadline=HOUR)

    with pytest.raises(LostRace):
        scene.records.begin_submit(seen_by_both, deadline=HOUR)
    assert scene.now(seen_by_both).attempt == 1


def test_a_submit_cannot_begin_once_the_end_is_decided() -> None:
    scene = Scene()
    edit = scene.validated()
    edit = scene.records.conclude(edit, failed(Reason.MODERATION, "no"))

    with pytest.raises(LostRace):
        scene.records.begin_submit(edit, deadline=HOUR)


def test_settings_are_noted_until_it_is_decided_what_is_asked_and_never_after() -> None:
    scene = Scene()
    waiting, decided, refused = scene.upload(), scene.validated(), scene.upload("b.mp4")
    refused = scene.records.conclude(refused, failed(Reason.MISSING_PROMPT, "no"))

    noted = scene.records.note_sidecar(waiting, "v2")

    assert scene.now(waiting) == noted
    for late in (decided, refused, waiting):
        with pytest.raises(LostRace):
            scene.records.note_sidecar(late, "v2")
    with pytest.raises(LostRace):
        scene.records.validated(waiting)


def test_a_zombies_late_acceptance_loses_against_the_verdict_of_its_successor() -> None:
    scene = Scene()
    zombie = scene.records.begin_submit(scene.validated(), deadline=HOUR)
    scene.records.mark_uncertain(zombie)

    with pytest.raises(LostRace):
        scene.records.accept(zombie, "task-1", {})


def test_a_task_id_belongs_to_one_edit() -> None:
    scene = Scene()
    first = scene.records.begin_submit(scene.validated(), deadline=HOUR)
    other = scene.records.begin_submit(scene.validated(), deadline=HOUR)
    scene.records.accept(first, "task-1", {})

    with pytest.raises(TaskTaken):
        scene.records.accept(other, "task-1", {})
    assert scene.now(other).status is Status.SUBMITTING


def test_an_uncertain_edit_can_be_found_and_adopted() -> None:
    scene = Scene()
    edit = scene.records.mark_uncertain(
        scene.records.begin_submit(scene.validated(), deadline=HOUR)
    )

    adopted = scene.records.accept(edit, "task-9", {"status_url": "https://x.example"})

    assert adopted.status is Status.RUNNING
    assert scene.now(edit) == adopted


def test_the_first_decision_holds() -> None:
    scene = Scene()
    edit = scene.records.conclude(scene.running(), failed(Reason.TIMED_OUT, "late"))

    again = scene.records.conclude(edit, failed(Reason.MODERATION, "no"))

    assert again.conclusion == edit.conclusion


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_a_closed_record_absorbs_every_later_write(status: Status) -> None:
    scene = Scene()
    before = scene.running()
    closed = scene.records.close(before, Conclusion(status=status, message="end"))

    for stale in (before, closed):
        with pytest.raises(LostRace):
            scene.records.close(stale, DONE)
        with pytest.raises(LostRace):
            scene.records.record_poll(stale, provider_status="x")
    assert scene.now(before) == closed


def test_an_edit_stays_in_the_index_of_open_ones_until_its_message_is_out() -> None:
    scene = Scene()
    edit = scene.records.close(scene.running(), DONE)
    item = scene.table.items[edit_key(edit.edit_id)]
    assert item["open_shard"]["S"].startswith("OPEN#")

    scene.records.mark_notified(edit.edit_id)

    item = scene.table.items[edit_key(edit.edit_id)]
    assert "open_shard" not in item
    assert scene.now(edit).notified_at is not None


def test_a_rejected_edit_costs_nothing() -> None:
    scene = Scene()

    closed = scene.records.close(
        scene.upload(), Conclusion(status=Status.REJECTED, reason=Reason.TOO_LONG)
    )

    assert (closed.billed_usd, closed.at_risk_usd) == (0.0, None)


def test_a_successful_edit_is_billed_as_quoted() -> None:
    scene = Scene()

    closed = scene.records.close(scene.running(), DONE)

    assert closed.billed_usd == closed.quoted_usd == pytest.approx(0.84)


def test_an_edit_lost_after_its_submit_names_the_amount_at_risk() -> None:
    scene = Scene()

    closed = scene.records.close(scene.running(), failed(Reason.TIMED_OUT, "late", at_risk=True))

    assert closed.billed_usd is None
    assert closed.at_risk_usd == pytest.approx(0.84)


class ForgetfulTable(MemoryTable):
    """Applies a write and then says that its condition failed, as a retried request can."""

    forgets = False

    def write(self, *changes: Change) -> None:
        super().write(*changes)
        if self.forgets:
            raise ConditionFailed


def test_a_write_that_was_applied_but_answered_with_an_error_counts_as_done() -> None:
    table = ForgetfulTable()
    scene = Scene(table=table)
    edit = scene.validated()
    table.forgets = True

    begun = scene.records.begin_submit(edit, deadline=HOUR)

    assert begun.status is Status.SUBMITTING
    assert scene.now(edit) == begun


def test_the_record_expires_after_the_days_the_deployment_keeps_it() -> None:
    clock = Clock()
    records = Records(MemoryTable(), record_days=30, now=clock.now)

    edit, _ = records.receive("e-1", Source(bucket="inbox", key="a.mp4"))

    assert edit.expires_at == int((clock.now() + timedelta(days=30)).timestamp())


def test_open_and_terminal_statuses_are_all_there_are() -> None:
    assert set(Status) == OPEN | TERMINAL
    assert not OPEN & TERMINAL


def test_what_a_transition_returns_is_what_is_stored() -> None:
    scene = Scene()
    edit: Edit = scene.running()

    assert scene.now(edit) == edit
