"""A copy that was made before a crash."""

import hashlib
from typing import Any

from retake.domain.edit import Edit
from retake.domain.errors import (
    NotFootage,
)
from retake.domain.result_keys import key_beside, result_keys
from retake.domain.vocabulary import Reason, Status

from tests.retake.steps.scripted_provider import out
from virtual.fake_provider import FakeDownloads
from virtual.scene import CLIP, Scene


def stored_but_not_closed(scene: Scene, edit: Edit, body: bytes = b"video") -> None:
    """The copy is there, and the function died before it could close the record."""
    scene.records.begin_save(scene.now(edit))
    scene.storage.objects["results", result_keys(scene.now(edit))[0]] = body


def test_a_copy_made_before_a_crash_is_adopted_by_its_hash() -> None:
    scene = Scene()
    edit = scene.running()
    stored_but_not_closed(scene, edit)
    dead_link = FakeDownloads()
    dead_link.status = 403

    out(scene, edit, dead_link)

    seen = scene.now(edit)
    assert seen.status is Status.SUCCEEDED
    assert seen.result is not None
    assert seen.result.sha256 == hashlib.sha256(b"video").hexdigest()
    assert scene.provider.polls == 0


def test_a_copy_made_before_a_crash_is_delivered_even_when_all_else_was_given_up() -> None:
    scene = Scene()
    edit = scene.running()
    stored_but_not_closed(scene, edit)

    out(scene, edit, error="States.Timeout")

    assert scene.now(edit).status is Status.SUCCEEDED


def test_what_an_adopted_copy_was_moved_from_does_not_stay_beside_it() -> None:
    scene = Scene()
    edit = scene.running()
    stored_but_not_closed(scene, edit)
    beside = key_beside(result_keys(scene.now(edit))[0])
    scene.storage.objects["results", beside] = b"video"  # the answer of the move was lost

    out(scene, edit, FakeDownloads())

    assert scene.now(edit).status is Status.SUCCEEDED
    assert ("results", beside) not in scene.storage.objects


def test_a_copy_that_is_no_good_is_made_anew() -> None:
    scene = Scene()
    edit = scene.running()
    stored_but_not_closed(scene, edit, b"half")

    def look(reader: Any) -> Any:
        if reader.size_bytes == 4:
            raise NotFootage(Reason.TRUNCATED, "It ends early.")
        return CLIP

    out(scene, edit, FakeDownloads(b"whole"), look=look)

    seen = scene.now(edit)
    assert seen.result is not None
    assert seen.result.size_bytes == 5
