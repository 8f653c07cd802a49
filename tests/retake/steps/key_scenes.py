"""Scenes of a stack that has several keys of one provider."""

from typing import Any

from retake.domain.edit import Edit
from retake.records.slots import Rooms
from retake.steps.outcome import Next

from tests.retake.steps.scripted_provider import RUNNING, out
from virtual.fake_provider import SUCCESS
from virtual.scene import Scene

DAY = 86_400
FIRST, SECOND = "novita", "novita/b"


def scene_with_keys(room: int = 2, *names: str) -> Scene:
    """A stack with two keys at the provider, which takes everything; so many run with each."""
    scene = Scene(rooms=Rooms({"novita": room}))
    scene.provider.names = names or ("b", "default")
    scene.provider.submissions = [scene.accepting(f"task-{n}") for n in range(50)]
    scene.provider.reports = [RUNNING]
    return scene


def sent(scene: Scene, edit: Edit, **policy: Any) -> Any:
    """The way on of an edit that is offered, also when the keys had to be looked up first."""
    step = scene.submit(edit, park_seconds=DAY, **policy)
    return scene.submit(edit, park_seconds=DAY, **policy) if step.next is Next.SUBMIT else step


def all_sent(scene: Scene, count: int) -> list[Edit]:
    edits = [scene.validated(f"{n}.mp4") for n in range(count)]
    for edit in edits:
        sent(scene, edit)
    return edits


def key_of(scene: Scene, edit: Edit) -> str:
    return scene.now(edit).provider_key


def taken(scene: Scene) -> list[int]:
    return [scene.records.line.slots(key).taken for key in (FIRST, SECOND)]


def ended(scene: Scene, edit: Edit) -> None:
    scene.provider.reports = [SUCCESS]
    scene.clock.advance(180)
    scene.poll(edit)
    scene.provider.reports = [RUNNING]


def saved(scene: Scene, edit: Edit) -> None:
    scene.provider.reports = [SUCCESS]
    scene.poll(edit)
    out(scene, edit)
    scene.provider.reports = [RUNNING]
