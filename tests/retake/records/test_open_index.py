"""The index of open edits: who was not looked at for longest comes first; writes move nobody."""

from datetime import timedelta

from retake.aws.dynamodb_changes import Change
from retake.domain.stored import timestamp
from retake.domain.vocabulary import Status
from retake.records.keys import edit_key

from virtual.scene import Scene

MINUTES = timedelta(minutes=5)


def due(scene: Scene, limit: int = 10) -> list[str]:
    return scene.records.open.due(before=scene.clock.now() - MINUTES, limit=limit)


def test_what_nobody_has_looked_at_is_due_the_oldest_first() -> None:
    scene = Scene()
    first = scene.validated("a.mp4")
    scene.clock.advance(1)
    second = scene.validated("b.mp4")
    scene.clock.advance(600)
    scene.validated("new.mp4")

    assert due(scene) == [first.edit_id, second.edit_id]
    assert due(scene, limit=1) == [first.edit_id]


def test_a_look_lets_the_others_come_first() -> None:
    scene = Scene()
    first, second = scene.validated("a.mp4"), scene.validated("b.mp4")
    scene.clock.advance(600)

    scene.records.open.note_look(first.edit_id)

    assert due(scene) == [second.edit_id]
    assert scene.now(first) == first


def test_no_write_of_a_running_edit_moves_the_index() -> None:
    scene = Scene()
    edit = scene.running()
    entered = scene.table.items[edit_key(edit.edit_id)]["updated_at"]

    scene.clock.advance(60)
    scene.poll(edit)
    changed = scene.now(edit)

    assert changed.updated_at == timestamp(scene.clock.now())
    assert scene.table.items[edit_key(edit.edit_id)]["updated_at"] == entered


def test_a_record_of_an_older_version_is_due_and_tells_when_it_changed() -> None:
    scene = Scene()
    edit = scene.upload()
    scene.table.write(Change(key=edit_key(edit.edit_id), set={"changed_at": None}))
    scene.clock.advance(600)

    assert due(scene) == [edit.edit_id]
    assert scene.now(edit).updated_at == edit.updated_at


def test_a_look_at_a_record_that_has_expired_makes_none() -> None:
    scene = Scene()

    scene.records.open.note_look("e-11111111111111111111")

    assert scene.table.items == {}


def test_a_look_does_not_cost_a_worker_its_write() -> None:
    scene = Scene()
    edit = scene.running()

    scene.records.open.note_look(edit.edit_id)

    assert scene.records.record_poll(edit, provider_status="x").status is Status.RUNNING
