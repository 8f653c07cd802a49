"""Results: fetched, looked into, kept under a key of their own, or refused."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from retake.domain.edit import Edit
from retake.domain.errors import Forbidden, NoAnswer, NotFootage, Unavailable
from retake.domain.source import KEY_BYTES, Source
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import Report, Verdict
from retake.steps.save_result import result_keys

from tests.retake.steps.scripted_provider import out
from tests.support.fake_provider import FakeDownloads
from tests.support.memory_stack import CLIP, Scene


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_link_that_does_not_answer_is_asked_for_anew_later(status: int) -> None:
    scene = Scene()
    edit = scene.running()
    downloads = FakeDownloads()
    downloads.status = status

    with pytest.raises(Unavailable):
        out(scene, edit, downloads)
    out(scene, edit)

    assert scene.now(edit).status is Status.SUCCEEDED
    assert scene.provider.polls == 2


def test_a_broken_download_leaves_nothing_and_is_tried_again() -> None:
    scene = Scene()
    edit = scene.running()
    downloads = FakeDownloads()
    downloads.error = NoAnswer("reset")

    with pytest.raises(Unavailable):
        out(scene, edit, downloads)

    assert scene.now(edit).status is Status.SAVING
    assert [key for key in scene.storage.objects if key[0] == "results"] == []


def test_a_provider_without_a_link_at_this_moment_is_asked_again() -> None:
    scene = Scene()
    edit = scene.running()
    scene.provider.reports = [Report(verdict=Verdict.TRANSIENT)]

    with pytest.raises(Unavailable):
        out(scene, edit)


def test_a_result_that_is_no_video_is_not_kept() -> None:
    scene = Scene()
    edit = scene.running()

    def look(reader: Any) -> Any:
        raise NotFootage(Reason.NOT_A_VIDEO, "It is a web page.", found="HTML")

    out(scene, edit, look=look)

    seen = scene.now(edit)
    assert (seen.status, seen.reason) == (Status.FAILED, Reason.BAD_RESULT)
    assert seen.at_risk_usd == seen.quoted_usd
    assert [key for key in scene.storage.objects if key[0] == "results"] == []


@pytest.mark.parametrize(
    ("seconds", "kept"), [(5.1, True), (4.9, True), (3.0, False), (9.0, False)]
)
def test_a_result_must_be_as_long_as_the_clip(seconds: float, kept: bool) -> None:
    scene = Scene()
    edit = scene.running()

    out(scene, edit, look=lambda reader: replace(CLIP, duration_seconds=seconds))

    seen = scene.now(edit)
    assert seen.status is (Status.SUCCEEDED if kept else Status.FAILED)
    if not kept:
        assert seen.details["found"] == seconds


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


def test_a_link_that_is_dead_beyond_the_results_lifetime_is_told_so() -> None:
    scene = Scene()
    edit = scene.running()
    scene.records.begin_save(edit)
    scene.clock.advance(3601)  # Novita keeps results for an hour
    downloads = FakeDownloads()
    downloads.status = 403

    out(scene, edit, downloads)

    assert scene.now(edit).reason is Reason.RESULT_EXPIRED


def test_a_task_that_fails_after_it_was_called_done_is_told_in_its_words() -> None:
    scene = Scene()
    edit = scene.running()
    scene.provider.reports = [Report(verdict=Verdict.FAILED, detail="rendering broke")]

    out(scene, edit)

    seen = scene.now(edit)
    assert seen.reason is Reason.PROVIDER_FAILED
    assert "rendering broke" in (seen.message or "")


def test_an_empty_result_is_a_bad_result() -> None:
    scene = Scene()
    edit = scene.running()

    out(scene, edit, FakeDownloads(b""))

    assert scene.now(edit).reason is Reason.BAD_RESULT


def test_a_link_to_a_forbidden_host_is_not_followed() -> None:
    scene = Scene()
    edit = scene.running()
    downloads = FakeDownloads()
    downloads.error = Forbidden("169.254.169.254 is not public")

    out(scene, edit, downloads)

    assert scene.now(edit).reason is Reason.BAD_RESULT


@pytest.mark.parametrize(
    "key",
    [
        "clip.mp4",
        "no ending",
        ".mp4",
        "a/b/c.d/clip.MOV",
        "🎬" * 250 + ".mp4",
        "x" * 1020 + ".mp4",
        "f" * 1000 + "/clip.mp4",
        "line\nend.mp4",
        "../../etc/passwd",
    ],
)
def test_a_result_key_fits_s3_whatever_the_upload_was_called(key: str) -> None:
    edit = Edit(
        edit_id="e-0123456789abcdefghjk",
        status=Status.RUNNING,
        created_at="",
        updated_at="",
        upload=Source(bucket="inbox", key=key),
    )

    video, manifest = result_keys(edit)

    for result in (video, manifest):
        assert result.startswith("edited/")
        assert len(result.encode()) <= KEY_BYTES
        assert result.isprintable()
    assert video.endswith(f".{edit.edit_id}.mp4")
