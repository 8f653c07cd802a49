"""The sweep reaches every open edit, however many there are and whatever stands in their way."""

from typing import Any

import pytest
from retake.aws.dynamodb_changes import Change
from retake.domain.conclusions import failed
from retake.domain.vocabulary import Reason
from retake.records.keys import edit_key
from retake.steps.sweep import EDITS, LOOKING

from virtual.sweep_scene import Broom


def test_the_dead_are_reached_however_many_live_before_them() -> None:
    broom = Broom()
    alive = [broom.upload(f"{number}.mp4") for number in range(EDITS + 100)]
    broom.standings = {edit.edit_id: "RUNNING" for edit in alive}
    broom.clock.advance(1)
    dead = broom.upload("dead.mp4")

    first = broom.later()
    second = broom.sweeper.run()

    assert first == {"left running": EDITS}
    assert second == {"left running": 100, "started": 1}
    assert broom.started == [dead.edit_id]


def test_a_thousand_dead_edits_go_on_within_fifteen_minutes() -> None:
    broom = Broom()
    dead = [broom.upload(f"{number}.mp4") for number in range(1000)]

    broom.later()
    broom.sweeper.run()
    broom.sweeper.run()

    assert set(broom.started) == {edit.edit_id for edit in dead}


def test_a_run_ends_before_its_function_does_and_the_next_goes_on() -> None:
    broom = Broom()
    for number in range(10):
        broom.upload(f"{number}.mp4")
    slow = broom.standing

    def standing(name: str) -> str:
        broom.clock.advance(LOOKING.total_seconds() / 4)
        return slow(name)

    broom.standing = standing  # type: ignore[method-assign]  # a service that takes its time

    runs = [broom.later(), broom.sweeper.run(), broom.sweeper.run()]

    assert runs == [{"started": 4}, {"started": 4}, {"started": 2}]


@pytest.mark.parametrize(
    "poison",
    [
        {"status": "DREAMING"},
        {"conclusion": "a word"},
        {"upload": 7},
        {"created_at": None},
        {"attempts": 5},
    ],
)
def test_one_record_that_nobody_can_read_keeps_nobody_from_being_mended(
    poison: dict[str, Any],
) -> None:
    broom = Broom()
    bad, good = broom.upload("bad.mp4"), broom.upload("good.mp4")
    broom.table.write(Change(key=edit_key(bad.edit_id), set=poison))
    before = dict(broom.table.items[edit_key(bad.edit_id)])

    broom.later()
    again = broom.later()

    assert good.edit_id in broom.started
    assert bad.edit_id not in broom.started
    assert sum(again.values()) == 2
    # Passed over, and named: nothing is done to it but that it was looked at.
    assert broom.table.items[edit_key(bad.edit_id)] | {"updated_at": before["updated_at"]} == before
    assert broom.reported == ([] if "status" in poison else [bad.edit_id] * 2)


def test_a_late_result_that_nobody_can_read_keeps_no_other_from_being_looked_for() -> None:
    broom = Broom()
    edits = [broom.running(f"{number}.mp4") for number in range(2)]
    for edit in edits:
        broom.records.close(edit, failed(Reason.TIMED_OUT, "late", at_risk=True))
        broom.records.mark_notified(edit.edit_id)
    broom.table.write(Change(key=edit_key(edits[0].edit_id), set={"result": "gone"}))
    broom.clock.advance(1800)

    runs = [broom.sweeper.run(), broom.sweeper.run()]

    assert runs == [{"unreadable": 1, "looked again": 1}, {}]


def test_who_is_closed_by_the_sweep_holds_no_erasure_up_any_longer() -> None:
    scene = Broom()
    waiting, holder = scene.upload("1.mp4"), scene.upload("2.mp4")
    ended = scene.records.close(waiting, failed(Reason.TIMED_OUT, "late"))
    scene.records.erasure.hold(scene.records.erasure.ask(ended), holder)
    scene.standings[holder.edit_id] = "ABORTED"

    scene.sweeper.after(holder.edit_id)

    assert scene.now(holder).is_finished
    assert scene.erased == [waiting.edit_id]
