"""Persist: the one way out, and what it leaves behind."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from retake.drops import KEY_BYTES
from retake.edits import Edit, Source
from retake.errors import Forbidden, NoAnswer, NotFootage, Unavailable
from retake.providers.base import Report, Verdict
from retake.reasons import Reason, Status
from retake.records import failed
from retake.steps.keep import Keeper, result_keys
from retake.steps.persist import persist

from tests.scene import CLIP, FakeDownloads, Scene, has_signed_link


def out(scene: Scene, edit: Edit, downloads: FakeDownloads | None = None, **options: Any) -> Any:
    keeper = Keeper(
        storage=scene.storage,
        bucket="results",
        provider=lambda name: scene.provider,
        downloads=downloads or FakeDownloads(),  # type: ignore[arg-type]  # only its download
        look=options.pop("look", lambda reader: scene.clip),
    )
    options.setdefault("publish", scene.published.append)
    return persist(scene.now(edit), records=scene.records, keeper=keeper, **options)


def test_a_finished_edit_is_kept_under_the_uploads_path() -> None:
    scene = Scene()
    edit = scene.running(key="shots/día 1/clip +1.mp4")

    out(scene, edit, FakeDownloads(b"edited video"))

    seen = scene.now(edit)
    assert seen.status is Status.SUCCEEDED
    assert seen.result is not None
    assert seen.result.key == f"edited/shots/día 1/clip +1.{edit.edit_id}.mp4"
    assert scene.storage.objects["results", seen.result.key] == b"edited video"
    assert seen.result.size_bytes == 12
    assert seen.result.sha256.startswith("4e630d82ee7e")


def test_the_manifest_lies_beside_the_video_and_tells_all_but_secrets() -> None:
    scene = Scene()
    edit = scene.running()

    out(scene, edit)

    seen = scene.now(edit)
    assert seen.result is not None
    manifest = json.loads(scene.storage.objects["results", seen.result.manifest_key])
    assert manifest["request"]["prompt"] == "noir"
    assert manifest["result"]["sha256"] == seen.result.sha256
    assert manifest["cost"]["billed_usd"] == seen.quoted_usd
    assert manifest["timings"]["submitted_at"] == seen.submitted_at
    del manifest["ai_edited"]["digital_source_type"]  # a name that looks like an address
    assert not has_signed_link([json.dumps(manifest)])


def test_the_notification_carries_status_and_filters_but_no_prompt() -> None:
    scene = Scene()
    edit = scene.running(prompt="a secret idea")

    answer = out(scene, edit)

    notice = answer["notification"]
    assert notice["attributes"]["status"]["StringValue"] == "SUCCEEDED"
    assert notice["notification_id"] == f"{edit.edit_id}.succeeded"
    assert "secret idea" not in json.dumps(answer)


def test_running_again_gives_the_same_notification_and_copies_nothing() -> None:
    scene = Scene()
    edit = scene.running()
    first = out(scene, edit)
    failing = FakeDownloads()
    failing.error = NoAnswer("must not be asked")

    second = out(scene, edit, failing)

    assert first == second


def test_a_copy_that_comes_after_the_edit_was_given_up_leaves_no_video_behind() -> None:
    scene = Scene()
    edit = scene.running()

    def given_up(reader: Any) -> Any:
        scene.records.close(scene.now(edit), failed(Reason.STORAGE_ERROR, "late", at_risk=True))
        return scene.clip

    out(scene, edit, look=given_up)

    assert scene.now(edit).reason is Reason.STORAGE_ERROR
    assert not [key for bucket, key in scene.storage.objects if bucket == "results"]


def test_a_rejected_edit_is_closed_without_asking_anybody() -> None:
    scene = Scene()
    edit = scene.validated(prompt="")

    out(scene, edit)

    seen = scene.now(edit)
    assert (seen.status, seen.reason) == (Status.REJECTED, Reason.MISSING_PROMPT)
    assert (scene.provider.polls, seen.billed_usd) == (0, 0.0)


def test_a_decision_stands_whatever_error_came_later() -> None:
    scene = Scene()
    edit = scene.records.conclude(scene.running(), failed(Reason.MODERATION, "no"))

    out(scene, edit, error="States.Timeout")

    assert scene.now(edit).reason is Reason.MODERATION


def test_an_error_without_a_decision_closes_the_edit_with_the_amount_at_risk() -> None:
    scene = Scene()
    edit = scene.running()

    out(scene, edit, error="States.Timeout")

    seen = scene.now(edit)
    assert (seen.status, seen.reason) == (Status.FAILED, Reason.INTERNAL_ERROR)
    assert seen.at_risk_usd == seen.quoted_usd


def test_an_error_before_the_submit_closes_the_edit_unbilled() -> None:
    scene = Scene()
    edit = scene.upload()

    out(scene, edit, error="Runtime.ExitError")

    seen = scene.now(edit)
    assert (seen.status, seen.billed_usd) == (Status.FAILED, 0.0)


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
    scene.provider.reports = [Report(verdict=Verdict.FAILED, said="rendering broke")]

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


def test_giving_up_on_saving_says_so() -> None:
    scene = Scene()
    edit = scene.running()
    downloads = FakeDownloads()
    downloads.error = NoAnswer("reset")
    with pytest.raises(Unavailable):
        out(scene, edit, downloads)

    out(scene, edit, error="Unavailable")

    assert scene.now(edit).reason is Reason.STORAGE_ERROR


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


def test_the_message_of_a_result_carries_the_link_to_its_page_and_the_manifest_does_not() -> None:
    scene = Scene()
    edit = scene.running()

    answer = out(scene, edit, share_url=lambda edit: f"https://api.example/share/{edit.edit_id}/t")

    body = json.loads(answer["notification"]["message"])
    link = f"https://api.example/share/{edit.edit_id}/t"
    assert json.loads(body["default"])["share_url"] == link
    assert link in body["email"]
    assert link not in str(list(scene.storage.objects.values()))


def test_an_edit_without_a_result_has_no_link() -> None:
    scene = Scene()
    edit = scene.records.conclude(scene.running(), failed(Reason.TIMED_OUT, "late"))

    answer = out(scene, edit, share_url=lambda edit: "https://api.example/share")

    assert "https://" not in answer["notification"]["message"]
