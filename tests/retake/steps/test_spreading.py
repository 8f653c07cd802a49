"""The making of a batch, by workers that die, and with somebody who cancels meanwhile."""

from typing import Any

import pytest
from retake.domain.conclusions import failed
from retake.domain.edit import Edit
from retake.domain.errors import LostRace, Unavailable
from retake.domain.vocabulary import Reason
from retake.records.batches import batch_id_of
from retake.records.keys import batch_key
from retake.steps.outcome import Next

from tests.retake.steps.test_batching import Dying, MortalTable
from tests.retake.steps.test_variations import THREE, asked, edits_of, queued
from virtual.scene import Scene
from virtual.sweep_scene import Broom


class Mortal(Broom):
    """A scene whose worker may die at any call of the table or the queue."""

    table: MortalTable

    def validate(self, edit: Edit, **options: Any) -> Any:
        self.queued = _Queue(self.table)
        return super().validate(edit, **options)


class _Queue(list[str]):
    def __init__(self, table: MortalTable) -> None:
        super().__init__()
        self._table = table

    def append(self, body: str) -> None:
        self._table.mortal(lambda: super(_Queue, self).append(body))


# Read the record; make the batch; read it; queue two; write that the first may be sent.
CALLS = 6


def validated_until_dead(number: int, moment: str) -> tuple[Mortal, Edit, list[str]]:
    """The first one's Validate, killed once; what was queued until then."""
    scene = Mortal(table=MortalTable())
    first = scene.upload(**THREE)
    scene.table.calls, scene.table.dies_at = 0, (number, moment)
    with pytest.raises(Dying):
        scene.validate(first)
    scene.table.dies_at = None
    return scene, first, queued(scene)


def test_there_are_as_many_calls_on_the_way_as_the_tests_below_die_at() -> None:
    scene = Mortal(table=MortalTable())
    first = scene.upload(**THREE)
    scene.table.calls = 0

    scene.validate(first)

    assert scene.table.calls == CALLS


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_a_worker_that_dies_on_the_way_is_followed_by_one_that_makes_nothing_twice(
    number: int, moment: str
) -> None:
    scene, first, before = validated_until_dead(number, moment)

    scene.validate(first)

    edits = edits_of(scene, first)
    assert asked(edits) == [("noir", None), ("snow, please", None), ("dusk", None)]
    assert sum(key.startswith("edit#") for key in scene.table.items) == 3
    assert {*before, *queued(scene)} == {edit.edit_id for edit in edits[1:]}
    assert edits[0].validated_at is not None


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_where_nobody_follows_the_sweep_starts_what_is_on_record(number: int, moment: str) -> None:
    scene, first, before = validated_until_dead(number, moment)
    scene.standings[first.edit_id] = "RUNNING"
    for edit_id in before:
        scene.start(edit_id)
        scene.validate(scene.records.get(edit_id))

    scene.later()

    on_record = {key.partition("#")[2] for key in scene.table.items if key.startswith("edit#")}
    assert sorted(scene.started) == sorted(on_record - {first.edit_id})
    assert len(on_record) in (1, 3)


@pytest.mark.parametrize("number", range(2, CALLS + 1))
def test_a_first_edit_that_was_cancelled_meanwhile_leaves_no_other_behind(number: int) -> None:
    scene, first, before = validated_until_dead(number, "after")
    now = scene.now(first)
    if not now.validated_at:
        scene.records.conclude(now, failed(Reason.CANCELLED, "stopped"))

    scene.validate(first)

    edits = edits_of(scene, first)
    assert {*before, *queued(scene)} == {edit.edit_id for edit in edits[1:]}


def test_a_cancellation_that_was_first_makes_no_batch() -> None:
    scene = Scene()
    first = scene.upload(**THREE)

    def look(reader: Any) -> Any:
        scene.records.conclude(scene.now(first), failed(Reason.CANCELLED, "stopped"))
        return scene.clip

    with pytest.raises(LostRace):
        scene.validate(first, look=look)

    assert scene.validate(first).next is Next.PERSIST
    assert batch_key(batch_id_of(first.edit_id)) not in scene.table.items
    assert not scene.queued


def test_a_queue_that_is_down_is_asked_again_with_all_on_record() -> None:
    class Down(list[str]):
        def append(self, body: str) -> None:
            raise Unavailable

    scene = Scene()
    first = scene.upload(**THREE)
    scene.queued = Down()
    with pytest.raises(Unavailable):
        scene.validate(first)
    scene.queued = []

    scene.validate(first)

    assert len(queued(scene)) == 2
    assert scene.now(first).validated_at is not None


def test_warnings_survive_a_worker_that_dies_after_the_batch_was_made() -> None:
    scene = Mortal(table=MortalTable())
    first = scene.upload(prompt="", prompts='["noir", "dusk", "noir"]')
    scene.table.calls, scene.table.dies_at = 0, (3, "before")
    with pytest.raises(Dying):
        scene.validate(first)
    scene.table.dies_at = None

    scene.validate(first)

    for edit in edits_of(scene, first):
        assert any("it was made once" in warning for warning in edit.warnings)
