"""Persist: the one way out, and what it leaves behind."""

import json
from typing import Any

import pytest
from retake.domain.conclusions import failed
from retake.domain.errors import NoAnswer, Unavailable
from retake.domain.vocabulary import Reason, Status

from tests.retake.steps.scripted_provider import out
from virtual.fake_provider import FakeDownloads
from virtual.scene import Scene, has_signed_link


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


def test_a_copy_that_comes_after_the_edit_was_given_up_is_delivered_late() -> None:
    scene = Scene()
    edit = scene.running()

    def given_up(reader: Any) -> Any:
        scene.records.close(scene.now(edit), failed(Reason.STORAGE_ERROR, "late", at_risk=True))
        return scene.clip

    answer = out(scene, edit, look=given_up)

    message = json.loads(json.loads(answer["notification"]["message"])["default"])
    assert scene.now(edit).status is Status.SUCCEEDED
    assert (message["late"], message["supersedes"]) == (True, f"{edit.edit_id}.failed")


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


def test_giving_up_on_saving_says_so() -> None:
    scene = Scene()
    edit = scene.running()
    downloads = FakeDownloads()
    downloads.error = NoAnswer("reset")
    with pytest.raises(Unavailable):
        out(scene, edit, downloads)

    out(scene, edit, error="Unavailable")

    assert scene.now(edit).reason is Reason.STORAGE_ERROR


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
