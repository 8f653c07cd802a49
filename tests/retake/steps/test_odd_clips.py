"""Clips that no limit forbids and a provider may show wrongly: told of, or put right."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from retake.domain.footage import Oddity
from retake.domain.vocabulary import Reason
from retake.media.probe import probe
from retake.media.remarks import REMARKS
from retake.steps.outcome import Next

from tests.retake.steps.repair_cases import planned, square
from tests.retake.steps.scripted_provider import out
from tests.support.film_maker import Camera, Sound, film
from virtual.fake_provider import FakeDownloads
from virtual.scene import CLIP, Scene

ODD = replace(CLIP, width=1920, height=1080, pixel_aspect=4 / 3, oddities=(Oddity.ANAMORPHIC,))


def ended(scene: Scene, edit: Any) -> Any:
    scene.validate(edit)
    return scene.now(edit).conclusion


def test_every_oddity_has_a_sentence() -> None:
    assert set(REMARKS) == set(Oddity)


def test_an_odd_clip_goes_as_it_is_with_a_warning_that_names_the_cure() -> None:
    scene = Scene(clip=ODD)
    edit = scene.upload()

    assert scene.validate(edit).next is Next.SUBMIT

    stored = scene.now(edit)
    assert stored.fit_planned_at is None
    assert stored.warnings == (
        "The clip goes as it is, but its pictures are stored as 1440x1080 and shown as 1920x1080, "
        "so a provider may return them squeezed. With `fit: auto` that is put right first.",
    )


def test_an_odd_clip_is_put_right_where_the_request_allows_it() -> None:
    scene = Scene(clip=ODD)
    edit = scene.upload(fit="auto")

    scene.validate(edit)

    assert scene.now(edit).fit_planned_at is not None
    assert not scene.now(edit).warnings


def test_a_repair_that_was_only_welcome_and_fails_leaves_the_clip_as_it_is() -> None:
    scene = Scene(clip=ODD)
    edit = scene.upload(fit="auto", body=square(3)())
    scene.validate(edit)
    scene.submit(edit)

    assert scene.fit(edit, seconds=0).next is Next.SUBMIT

    stored = scene.now(edit)
    assert stored.conclusion is None
    assert "would take longer than 0 s. It goes as it is." in stored.warnings[0]
    assert "squeezed" in stored.warnings[1]


@pytest.mark.long
def test_what_was_put_right_is_told_and_nothing_odd_is_left(tmp_path: Path) -> None:
    camera = Camera(
        seen=(1280, 720),
        squeeze=Fraction(4, 3),
        seconds=3,
        sounds=(Sound(0.0), Sound(0.3)),
        container="mov",
    )
    scene = Scene()
    edit = planned(scene, film(camera, tmp_path), "auto")
    scene.submit(edit)

    assert scene.fit(edit).next is Next.SUBMIT

    stored = scene.now(edit)
    assert stored.repair["changes"][0] == "its pixels made square, 960x720 shown as 1280x720"
    assert "its sound taken from track 2 of 2" in "; ".join(stored.repair["changes"])
    assert stored.footage is not None
    assert stored.footage["oddities"] == []
    assert (stored.footage["width"], stored.footage["height"]) == (1280, 720)


def test_a_sound_that_the_provider_left_out_is_told() -> None:
    scene = Scene()
    edit = scene.running()
    scene.clip = replace(CLIP, has_audio=False)

    out(scene, edit, FakeDownloads())

    stored = scene.now(edit)
    assert stored.result is not None
    assert "The clip has sound and was to keep it, but novita returned none." in stored.warnings


def test_no_sound_is_missed_where_none_was_asked_for() -> None:
    scene = Scene()
    edit = scene.running(keep_audio="no")
    scene.clip = replace(CLIP, has_audio=False)

    out(scene, edit, FakeDownloads())

    assert not [each for each in scene.now(edit).warnings if "sound" in each]


# ------------------------------------------------------------------ sentences of refusals


def test_a_long_clip_is_told_of_fast_mode_where_that_takes_it_whole_for_less() -> None:
    scene = Scene(clip=replace(CLIP, duration_seconds=12.0))

    end = ended(scene, scene.upload(model="evolink/kling-o1-edit"))

    assert end.reason is Reason.TOO_LONG
    assert "`fit: trim` or `fit: auto`" in end.message
    assert "With `fast: true` it is taken whole for" in end.message


def test_a_long_clip_is_not_told_of_a_mode_that_the_model_lacks() -> None:
    scene = Scene(clip=replace(CLIP, duration_seconds=12.0))

    end = ended(scene, scene.upload(model="fal/kling-o1-edit"))

    assert "fast" not in end.message


def test_a_short_clip_is_told_that_no_fit_helps() -> None:
    scene = Scene(clip=replace(CLIP, duration_seconds=1.0))

    end = ended(scene, scene.upload(fit="auto"))

    assert end.reason is Reason.TOO_SHORT
    assert end.message.endswith("No `fit` makes a clip longer.")


def test_fast_mode_s_refusal_names_it() -> None:
    scene = Scene(clip=replace(CLIP, duration_seconds=25.0))

    end = ended(scene, scene.upload(model="evolink/kling-o1-edit", fast="true"))

    assert "in its fast mode (`fast`) takes" in end.message


def test_a_hint_is_given_only_where_it_can_come_true() -> None:
    for codec, hinted in (("cfhd", True), ("cinepak", False)):
        scene = Scene(clip=replace(CLIP, codec=codec))

        end = ended(scene, scene.upload())

        assert end.reason is Reason.FORMAT
        assert ("With `fit: auto`" in end.message) is hinted


def test_sound_that_outlasts_the_pictures_counts_as_a_provider_counts_it() -> None:
    scene = Scene(clip=replace(CLIP, duration_seconds=9.0, whole_seconds=12.0))

    end = ended(scene, scene.upload())

    assert end.reason is Reason.TOO_LONG
    assert "The clip is 12 s long" in end.message
    assert "Its pictures take 9 s, the rest is sound." in end.message


def test_a_rate_that_falls_below_on_average_is_refused_with_both() -> None:
    scene = Scene(clip=replace(CLIP, fps=60.0, average_fps=18.139))

    end = ended(scene, scene.upload())

    assert end.reason is Reason.FRAME_RATE
    assert "60 frames/s and on average 18.139 frames/s" in end.message


def test_a_webm_is_not_called_no_video() -> None:
    scene = Scene()
    edit = scene.upload(body=square(3, container="webm", codec="libvpx")())

    scene.validate(edit, look=probe)

    end = scene.now(edit).conclusion
    assert end is not None
    assert end.reason is Reason.FORMAT
    assert "is a WebM or Matroska video" in end.message
