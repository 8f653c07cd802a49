"""Results: fetched, looked into, kept under a key of their own, or refused."""

from dataclasses import replace
from typing import Any

import pytest
from retake.domain.errors import (
    Forbidden,
    Misconfigured,
    NoAnswer,
    NotFootage,
    TooLarge,
    Unavailable,
)
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import Report, Verdict

from tests.retake.steps.scripted_provider import out, patiently_out
from virtual.fake_provider import FakeDownloads
from virtual.scene import CLIP, Scene


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

    patiently_out(scene, edit, look=look)

    seen = scene.now(edit)
    assert (seen.status, seen.reason) == (Status.FAILED, Reason.BAD_RESULT)
    assert seen.at_risk_usd == seen.quoted_usd


def test_what_does_not_play_is_asked_for_again_for_a_quarter_of_an_hour_and_then_stays() -> None:
    scene = Scene()
    edit = scene.running()
    begun = scene.clock.now()

    def look(reader: Any) -> Any:
        raise NotFootage(Reason.NOT_A_VIDEO, "It is a web page.", found="HTML")

    patiently_out(scene, edit, FakeDownloads(b"<html>"), look=look)

    seen = scene.now(edit)
    where = seen.details["delivered"]
    assert (scene.clock.now() - begun).total_seconds() >= 900
    assert scene.storage.objects[where["bucket"], where["key"]] == b"<html>"
    assert where["key"] in (seen.message or "")


@pytest.mark.parametrize("bad", [b"<html>", b"", b"half of i"])
def test_one_bad_download_is_not_the_end(bad: bytes) -> None:
    scene = Scene()
    edit = scene.running()
    downloads = FakeDownloads(bad)

    def look(reader: Any) -> Any:
        if reader.size_bytes == len(bad):
            raise NotFootage(Reason.NOT_A_VIDEO, "It does not play.")
        return CLIP

    with pytest.raises(Unavailable):
        out(scene, edit, downloads, look=look)
    trouble = scene.now(edit).trouble
    downloads.body = b"the whole video"
    out(scene, edit, downloads, look=look)

    assert trouble is not None
    assert scene.now(edit).status is Status.SUCCEEDED
    assert scene.now(edit).trouble is None


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_link_that_is_refused_is_asked_for_again_with_what_was_answered(status: int) -> None:
    scene = Scene()
    edit = scene.running()
    downloads = FakeDownloads()
    downloads.status = status

    with pytest.raises(Unavailable):
        out(scene, edit, downloads)
    trouble = scene.now(edit).trouble
    downloads.status = 200
    out(scene, edit, downloads)

    assert trouble is not None
    assert str(status) in trouble.message
    assert scene.now(edit).status is Status.SUCCEEDED


def test_a_result_that_is_larger_than_this_stack_takes_ends_at_once_and_says_so() -> None:
    scene = Scene()
    edit = scene.running()
    downloads = FakeDownloads()
    downloads.error = TooLarge("The file is 2,000,000,000 bytes; 1,073,741,824 are allowed.")

    out(scene, edit, downloads)

    seen = scene.now(edit)
    assert seen.reason is Reason.BAD_RESULT
    assert "2,000,000,000" in (seen.message or "")


def test_a_key_that_is_missing_while_a_result_is_saved_is_waited_for() -> None:
    scene = Scene()
    edit = scene.running()
    asked = scene.provider.poll
    scene.provider.poll = _without_key

    with pytest.raises(Unavailable):
        out(scene, edit)
    scene.provider.poll = asked
    out(scene, edit)

    assert scene.now(edit).status is Status.SUCCEEDED


def _without_key(task: object) -> Any:
    raise Misconfigured("No key for novita is set.")


@pytest.mark.parametrize(
    ("name", "change", "figures"),
    [
        ("has_audio", {"has_audio": False}, (False, True)),
        ("size", {"width": 640, "height": 360}, ([640, 360], [1280, 720])),
    ],
)
def test_a_result_without_sound_or_of_another_size_is_delivered_and_says_both_figures(
    name: str, change: dict[str, Any], figures: tuple[Any, Any]
) -> None:
    scene = Scene()
    edit = scene.running()

    out(scene, edit, look=lambda reader: replace(CLIP, **change))

    seen = scene.now(edit)
    assert seen.status is Status.SUCCEEDED
    assert (seen.details[name]["found"], seen.details[name]["expected"]) == figures
    assert seen.warnings


@pytest.mark.parametrize(
    ("seconds", "is_expected"), [(5.1, True), (4.9, True), (3.0, False), (9.0, False)]
)
def test_a_result_of_another_length_is_delivered_and_says_both_figures(
    seconds: float, is_expected: bool
) -> None:
    scene = Scene()
    edit = scene.running()

    out(scene, edit, look=lambda reader: replace(CLIP, duration_seconds=seconds))

    seen = scene.now(edit)
    assert seen.status is Status.SUCCEEDED
    assert seen.billed_usd == seen.quoted_usd
    assert any("were expected" in each for each in seen.warnings) is not is_expected
    if not is_expected:
        assert seen.details["duration_seconds"] == {"found": seconds, "expected": [5.0]}


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

    patiently_out(scene, edit)

    seen = scene.now(edit)
    assert seen.reason is Reason.PROVIDER_FAILED
    assert "rendering broke" in (seen.message or "")


def test_an_empty_result_is_a_bad_result() -> None:
    scene = Scene()
    edit = scene.running()

    patiently_out(scene, edit, FakeDownloads(b""))

    assert scene.now(edit).reason is Reason.BAD_RESULT


def test_a_link_to_a_forbidden_host_is_not_followed() -> None:
    scene = Scene()
    edit = scene.running()
    downloads = FakeDownloads()
    downloads.error = Forbidden("169.254.169.254 is not public")

    patiently_out(scene, edit, downloads)

    assert scene.now(edit).reason is Reason.BAD_RESULT
