"""Callers of the API take turns with each other, also where no folder tells them apart."""

from retake.domain.stored import required
from retake.records.slots import Rooms

from tests.retake.api.api_client import Reception
from virtual.scene import Scene


def reception() -> Reception:
    """A stack in which one edit runs at once."""
    scene = Scene(rooms=Rooms({"novita": 1}))
    scene.provider.submissions = [scene.accepting(f"task-{n}") for n in range(20)]
    scene.storage.objects["inbox", "sources/clip.mp4"] = b"clip"
    return Reception(scene=scene)


def offered(door: Reception, edit_id: str) -> str:
    """The edit goes as far as it gets; its place in line."""
    edit = door.scene.records.get(edit_id)
    door.scene.validate(edit)
    door.scene.submit(edit)
    return str(door.scene.records.get(edit_id).line_place)


def asked(door: Reception, role: str) -> str:
    said = {"prompt": "noir", "source": "sources/clip.mp4"}
    return offered(door, door.call("POST", "/edits", said, role=role).json["edit_id"])


def test_one_edit_of_a_caller_stands_before_most_of_another_callers_many() -> None:
    door = reception()
    asked(door, "agency")  # it runs
    theirs = [asked(door, "agency") for _ in range(6)]

    ours = asked(door, "ingest")

    assert sum(place < ours for place in theirs) <= 1


def test_an_upload_of_no_folder_that_a_caller_sends_again_waits_among_the_callers_own() -> None:
    door = reception()
    scene = door.scene
    scene.running("clip.mp4")
    theirs = [offered(door, scene.upload(f"{n}.mp4").edit_id) for n in range(6)]
    ended = scene.upload("ended.mp4")
    scene.validate(ended)
    scene.cancel(ended)
    scene.records.close(scene.now(ended), required(scene.now(ended).conclusion))

    said = door.call("POST", f"/edits/{ended.edit_id}/retry", role="ingest")
    ours = offered(door, said.json["edit_id"])

    assert sum(place < ours for place in theirs) <= 1
