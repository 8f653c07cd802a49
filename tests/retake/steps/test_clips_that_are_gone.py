"""A clip that is not there when its edit is prepared: deleted, or never there under that name."""

import json
from typing import Any

import pytest
from retake.domain.vocabulary import Reason
from retake.steps.outcome import Next

from tests.retake.steps.versioned_inbox import Shelf
from virtual.scene import Scene


class Alone:
    """Nobody else is at work."""

    def let_others_go(self) -> None:
        pass


def a_versioned_inbox() -> tuple[Scene, Shelf]:
    scene = Scene()
    alone: Any = Alone()
    scene.storage = Shelf(alone)
    return scene, scene.storage


def test_a_clip_that_lies_under_a_delete_marker_is_not_edited() -> None:
    scene, shelf = a_versioned_inbox()
    clip = shelf.put_version("clip.mp4", b"clip", {"prompt": "noir"})
    edit, _ = scene.records.receive("e-1", clip, source=clip)
    shelf.delete_key("clip.mp4")

    assert scene.validate(edit).next is Next.PERSIST

    end = scene.now(edit).conclusion
    assert end is not None
    assert end.reason is Reason.INPUT_GONE
    assert end.message == "clip.mp4 was deleted before it was read, so it is not edited."


def test_a_clip_that_was_replaced_meanwhile_is_edited_in_the_version_that_was_dropped() -> None:
    scene, shelf = a_versioned_inbox()
    clip = shelf.put_version("clip.mp4", b"clip", {"prompt": "noir"})
    edit, _ = scene.records.receive("e-1", clip, source=clip)
    shelf.put_version("clip.mp4", b"another", {"prompt": "dusk"})

    assert scene.validate(edit).next is Next.SUBMIT

    stored = scene.now(edit)
    assert stored.request is not None
    assert stored.request.prompt == "noir"
    assert stored.source is not None
    assert stored.source.version_id == clip.version_id


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("./sources/a.mp4", "sources/a.mp4"),
        ("/sources/a.mp4", "sources/a.mp4"),
        ("s3://inbox/sources/a.mp4", "sources/a.mp4"),
        ("s3://another/sources/a.mp4", None),
        ("sources/b.mp4", None),
    ],
)
def test_a_clip_that_never_was_there_is_not_said_to_be_there_no_longer(
    named: str, meant: str | None
) -> None:
    scene = Scene()
    body = json.dumps({"prompt": "noir", "source": named}).encode()
    edit = scene.upload("a.request.json", body=body)

    scene.validate(edit)

    end = scene.now(edit).conclusion
    assert end is not None
    assert end.reason is Reason.INPUT_GONE
    hint = f" Did you mean '{meant}'?" if meant else ""
    assert end.message == f"There is no {named} in the inbox.{hint}"
