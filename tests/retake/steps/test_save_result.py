"""Keeping a result: the mark it gets on its way, and what is found again after a crash."""

import hashlib
from contextlib import suppress
from typing import Any

import pytest
from retake.domain.conclusions import failed
from retake.domain.edit import Edit
from retake.domain.errors import NoAnswer, Unavailable
from retake.domain.result_keys import result_keys
from retake.domain.vocabulary import Reason, Status
from retake.steps.persist import persist
from retake.steps.save_result import ResultSaver

from tests.retake.media.labelled_videos import comment_in
from virtual.clips import clip, small
from virtual.fake_provider import FakeDownloads
from virtual.scene import Scene

VIDEO = clip(5, 64, 64, sound=False)


def keeper(scene: Scene, body: bytes = VIDEO, **options: Any) -> ResultSaver:
    """One that really looks into what it keeps."""
    return ResultSaver(
        storage=scene.storage,
        bucket="results",
        provider=lambda name: scene.provider,
        downloads=FakeDownloads(body),  # type: ignore[arg-type]  # only its download
        **options,
    )


def out(scene: Scene, edit: Edit, keeper: ResultSaver, error: str | None = None) -> Edit:
    persist(
        scene.now(edit),
        records=scene.records,
        keeper=keeper,
        publish=lambda notification: None,
        error=error,
    )
    return scene.now(edit)


def stored(scene: Scene, edit: Edit) -> bytes:
    return bytes(scene.storage.objects["results", result_keys(scene.now(edit))[0]])


def test_a_result_is_stored_with_its_mark_and_the_record_tells_of_those_bytes() -> None:
    scene = Scene()
    edit = scene.running(prompt="a secret idea")

    result = out(scene, edit, keeper(scene)).result

    assert result is not None
    assert result.marked
    assert result.size_bytes == len(stored(scene, edit)) == len(VIDEO) + 1024
    assert result.sha256 == hashlib.sha256(stored(scene, edit)).hexdigest()
    said = comment_in(stored(scene, edit))
    assert said == f"AI-edited with novita/kling-o1-edit by Retake, edit {edit.edit_id}, 2026-03-01"


def test_who_wants_no_mark_gets_the_bytes_as_they_came() -> None:
    scene = Scene()
    edit = scene.running(keep_audio="no")

    result = out(scene, edit, keeper(scene, mark=False)).result

    assert result is not None
    assert not result.marked
    assert stored(scene, edit) == VIDEO
    assert not any("mark" in each for each in scene.now(edit).warnings)


def test_a_result_that_cannot_be_marked_is_kept_and_says_so() -> None:
    scene = Scene()
    edit = scene.running(keep_audio="no")
    fragmented = clip(5, 64, 64, sound=False, index="fragmented")

    seen = out(scene, edit, keeper(scene, fragmented))

    assert seen.status is Status.SUCCEEDED
    assert seen.result is not None
    assert not seen.result.marked
    assert "no mark" in seen.warnings[0]
    assert "fragments" in seen.warnings[0]


def test_a_result_that_ends_early_is_kept_as_it_came_when_patience_ends() -> None:
    scene = Scene()
    edit = scene.running()
    cut = keeper(scene, VIDEO[:-200])

    for _ in range(5):
        with suppress(Unavailable):
            out(scene, edit, cut)
        scene.clock.advance(300)

    seen = scene.now(edit)
    assert seen.reason is Reason.BAD_RESULT
    assert stored(scene, edit) == VIDEO[:-200]
    assert seen.details["delivered"]["size_bytes"] == len(VIDEO) - 200


@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize("error", [None, "States.Timeout"])
def test_a_copy_found_after_a_crash_says_whether_it_is_marked(
    mark: bool, error: str | None
) -> None:
    scene = Scene()
    edit = scene.records.begin_save(scene.running())
    keeper(scene, mark=mark).kept(edit, now=scene.clock.now().timestamp())
    dead = keeper(scene, mark=mark)
    dead.downloads.error = NoAnswer("must not be asked")  # type: ignore[attr-defined]  # the fake's

    result = out(scene, edit, dead, error=error).result

    assert result is not None
    assert result.marked is mark


def test_what_died_while_its_page_was_made_is_closed_without_making_it_again() -> None:
    scene = Scene()
    edit = scene.records.begin_save(scene.running())
    keeper(scene).kept(edit, now=scene.clock.now().timestamp())

    result = out(scene, edit, keeper(scene), error="Sandbox.Timedout").result

    assert result is not None
    assert (result.poster_key, result.page_key) == (None, None)


def test_what_the_record_does_not_name_does_not_stay_in_the_results() -> None:
    scene = Scene()
    edit = scene.running()
    key = result_keys(edit)[0]

    def overtaken(reader: Any) -> bytes:
        # Another run was told of an error, and closed the record with the video alone.
        out(scene, edit, keeper(scene), error="States.Timeout")
        return b"\xff\xd8"

    out(scene, edit, keeper(scene, picture=overtaken))

    manifest = key.replace(".mp4", ".json")
    assert {k for bucket, k in scene.storage.objects if bucket == "results"} == {key, manifest}


def test_an_edit_given_up_meanwhile_gets_its_result_late() -> None:
    scene = Scene()
    edit = scene.running()

    def given_up(reader: Any) -> bytes:
        scene.records.close(scene.now(edit), failed(Reason.STORAGE_ERROR, "late", at_risk=True))
        return b"\xff\xd8"

    seen = out(scene, edit, keeper(scene, picture=given_up))

    assert (seen.status, seen.late) == (Status.SUCCEEDED, True)
    assert seen.supersedes == f"{edit.edit_id}.failed"
    assert stored(scene, edit)


def test_a_small_picture_is_enough_for_a_poster() -> None:
    scene = Scene()
    edit = scene.running()

    result = out(scene, edit, keeper(scene, small(seconds=5, index="first"))).result

    assert result is not None
    assert scene.storage.objects["results", result.poster_key].startswith(b"\xff\xd8")
