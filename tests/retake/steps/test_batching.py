"""The end of a batch: one message, whoever comes last and whatever dies on the way."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from retake.aws.dynamodb_changes import Change
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import Unavailable
from retake.domain.request import Request
from retake.domain.vocabulary import Status
from retake.records.batches import batch_id_of
from retake.records.keys import batch_key
from retake.steps.batching import end_in_batch
from retake.steps.sweep import STALE

from tests.retake.steps.callback_waits import RacingTable
from tests.retake.steps.racing_time import RealTime, Turns
from virtual.clock import Clock
from virtual.memory_table import MemoryTable
from virtual.scene import Scene
from virtual.sweep_scene import Broom

DONE = Conclusion(status=Status.SUCCEEDED, message="ready")
NOIR = Request(prompt="noir")
RACES = 200


def batch(scene: Scene, count: int = 3) -> list[Edit]:
    """Edits of one batch, all closed, of which nobody has been told."""
    first = scene.upload()
    scene.records.batches.spread(first, [NOIR] * count, source=first.upload)
    ids = scene.records.batches.get(batch_id_of(first.edit_id)).edit_ids
    return [scene.records.close(scene.records.get(edit_id), DONE) for edit_id in ids]


def end(scene: Scene, edit: Edit) -> bool:
    return end_in_batch(edit, records=scene.records, publish=scene.published.append)


def ending(scene: Scene, edit: Edit) -> Callable[[], None]:
    def act() -> None:
        end(scene, edit)

    return act


def told(published: list[Any]) -> list[str]:
    return [notice["notification_id"] for notice in published]


def test_the_last_of_them_tells_of_the_batch_and_nobody_else() -> None:
    scene = Scene()
    edits = batch(scene)

    assert [end(scene, edit) for edit in edits] == [False, False, True]

    (notice,) = scene.published
    said = json.loads(json.loads(notice["message"])["default"])
    assert said["counts"] == {"SUCCEEDED": 3, "total": 3}
    assert scene.records.batches.get(str(edits[0].batch_id)).notified_at is not None


def test_entered_again_by_any_of_them_a_batch_that_was_told_of_is_not_told_of_again() -> None:
    scene = Scene()
    edits = batch(scene)
    for edit in edits:
        end(scene, edit)

    for edit in edits:
        end(scene, edit)

    assert len(scene.published) == 1


def test_an_edit_that_is_in_no_batch_costs_no_request_for_it() -> None:
    class Silent(MemoryTable):
        def get(self, key: str) -> Any:
            raise AssertionError

        def write(self, *changes: Change) -> None:
            raise AssertionError

    scene = Scene()
    edit = scene.records.close(scene.upload(), DONE)

    assert end(Scene(table=Silent()), edit) is False


def test_a_batch_that_is_forgotten_keeps_no_edit_from_being_told_of() -> None:
    scene = Scene()
    edits = batch(scene)
    del scene.table.items[batch_key(str(edits[0].batch_id))]

    assert end(scene, edits[0]) is False


def test_a_batch_tells_of_those_still_on_record() -> None:
    scene = Scene()
    edits = batch(scene)
    for edit in edits[:2]:
        end(scene, edit)
    del scene.table.items[f"edit#{edits[0].edit_id}"]

    end(scene, edits[2])

    said = json.loads(json.loads(scene.published[0]["message"])["default"])
    assert [row["index"] for row in said["edits"]] == [1, 2]
    assert said["counts"]["total"] == 3


@pytest.mark.parametrize("seed", range(RACES))
def test_all_that_end_at_the_same_moment_tell_of_the_batch_once(seed: int) -> None:
    time = Turns(Random(seed), Clock())
    scene = Scene(table=RacingTable(time))
    for edit in batch(scene, 2 + seed % 3):
        time.spawn(ending(scene, edit))

    time.run()

    assert len(scene.published) == 1


def test_two_threads_that_close_the_last_two_edits_tell_of_each_batch_once() -> None:
    time = RealTime()
    scene = Scene(table=RacingTable(time))
    for number in range(RACES):
        first = scene.upload(f"{number}.mp4")
        scene.records.batches.spread(first, [NOIR] * 2, source=first.upload)
        for edit_id in scene.records.batches.get(batch_id_of(first.edit_id)).edit_ids:
            closed = scene.records.close(scene.records.get(edit_id), DONE)
            time.spawn(ending(scene, closed))

    time.run()

    assert len(told(scene.published)) == len(set(told(scene.published))) == RACES


class Dying(Exception):
    """The process is gone."""


class MortalTable(MemoryTable):
    """The worker dies before, or right after, the call of a number."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.dies_at: tuple[int, str] | None = None

    def get(self, key: str) -> Any:
        return self.mortal(lambda: super(MortalTable, self).get(key))

    def write(self, *changes: Change) -> None:
        self.mortal(lambda: super(MortalTable, self).write(*changes))

    def mortal(self, act: Callable[[], Any]) -> Any:
        self.calls += 1
        if self.dies_at == (self.calls, "before"):
            raise Dying
        done = act()
        if self.dies_at == (self.calls, "after"):
            raise Dying
        return done


class Company(Broom):
    """A sweep over a table and a topic that may die at any call."""

    table: MortalTable

    def _publish(self, notification: Any) -> None:
        self.table.mortal(lambda: super(Company, self)._publish(notification))


# Mark, read, claim, three edits, publish, mark as told.
CALLS = 8


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_a_worker_that_dies_on_the_way_leaves_it_to_the_sweep(number: int, moment: str) -> None:
    broom = Company(table=MortalTable())
    edits = batch(broom)
    for edit in edits[:2]:
        end_in_batch(edit, records=broom.records, publish=broom._publish)
        broom.records.mark_notified(edit.edit_id)
    broom.table.calls, broom.table.dies_at = 0, (number, moment)

    with pytest.raises(Dying):
        end_in_batch(edits[2], records=broom.records, publish=broom._publish)
    broom.standings[edits[2].edit_id] = "FAILED"
    broom.table.dies_at = None
    broom.later()
    broom.later()

    of_batch = [each for each in broom.published if each.startswith("b-")]
    was_out = (number, moment) in ((CALLS - 1, "after"), (CALLS, "before"))
    assert of_batch == [f"{edits[0].batch_id}.ended"] * (2 if was_out else 1)
    assert broom.published.count(f"{edits[2].edit_id}.succeeded") == 1
    assert broom.records.batches.get(str(edits[0].batch_id)).notified_at is not None


def test_there_are_as_many_calls_on_the_way_as_the_test_above_dies_at() -> None:
    broom = Company(table=MortalTable())
    edits = batch(broom)
    for edit in edits[:2]:
        end_in_batch(edit, records=broom.records, publish=broom._publish)
    broom.table.calls = 0

    end_in_batch(edits[2], records=broom.records, publish=broom._publish)

    assert broom.table.calls == CALLS


def test_one_who_was_to_tell_and_died_does_not_keep_the_others_from_ending() -> None:
    broom = Company(table=MortalTable())
    one, two = batch(broom, 2)
    broom.records.batches.note_end(one, str(one.batch_id))
    seen = broom.records.batches.note_end(two, str(two.batch_id))
    broom.records.batches.claim_telling(one, seen)  # and is gone

    assert not end_in_batch(two, records=broom.records, publish=broom._publish)
    broom.records.mark_notified(two.edit_id)
    broom.standings[one.edit_id] = "FAILED"
    broom.clock.advance(STALE.total_seconds() + 1)
    broom.sweeper.run()

    assert broom.published == [f"{one.batch_id}.ended", f"{one.edit_id}.succeeded"]


def test_a_topic_that_is_down_is_asked_again_and_the_edit_stays_where_the_sweep_looks() -> None:
    broom = Company(table=MortalTable())
    edits = batch(broom)
    for edit in edits:
        broom.standings[edit.edit_id] = "FAILED"
    broom.topic_is_down = True
    for edit in edits[:2]:
        end_in_batch(edit, records=broom.records, publish=broom._publish)
    with pytest.raises(Unavailable):
        end_in_batch(edits[2], records=broom.records, publish=broom._publish)
    assert broom.later() == {"put off (Unavailable)": 3}
    broom.topic_is_down = False

    broom.later()

    assert sorted(broom.published) == sorted(
        [f"{edits[0].batch_id}.ended", *(f"{edit.edit_id}.succeeded" for edit in edits)]
    )
