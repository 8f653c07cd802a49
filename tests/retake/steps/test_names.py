"""Names as cameras, phones and computers write them, and settings that are nearly right."""

import json
import unicodedata
from typing import Any

import pytest
from retake.domain.vocabulary import Reason, SettingsSource, Status
from retake.steps.outcome import Next
from retake.steps.policy import Inbox

from tests.retake.steps.dropped_clips import KEY, SIDECAR, dropped
from tests.retake.steps.test_intake import event
from tests.retake.steps.versioned_inbox import Stack
from virtual.scene import Scene

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (720).to_bytes(4, "big") * 2
TAKEOUT = {"title": "clip.mp4", "description": "", "imageViews": "3", "geoData": {}}


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


FORMS = {"a Mac's clip": (nfd, nfc), "a Mac's settings": (nfc, nfd)}


@pytest.mark.parametrize(("of_clip", "of_settings"), FORMS.values(), ids=FORMS)
def test_a_clip_and_its_sidecar_meet_whatever_form_their_letters_have(
    of_clip: Any, of_settings: Any
) -> None:
    for order in (1, -1):
        stack = Stack(1, settle_seconds=20)
        drops = [(of_clip("u/día.mp4"), b"clip"), (of_settings("u/día.mp4.json"), b"{}")]
        for key, _ in drops[::order]:
            body = b'{"prompt": "noir", "keep_audio": false}' if key.endswith("json") else b"clip"
            stack.drop(key, body) if key.endswith("json") else stack.drop(key)

        (edit,) = stack.run()

        assert edit.status is Status.SUCCEEDED
        assert edit.settings_from is not None
        assert edit.settings_from.key == of_settings("u/día.mp4.json")


@pytest.mark.parametrize(("of_clip", "of_settings"), FORMS.values(), ids=FORMS)
def test_a_clip_finds_the_preset_of_its_folder_in_the_other_form(
    of_clip: Any, of_settings: Any
) -> None:
    preset = of_settings("presets/niñez/día.json")
    scene, edit = dropped({}, {preset: {"prompt": "noir"}}, of_clip("niñez/día/a.mp4"))

    assert scene.validate(edit).next is Next.SUBMIT

    origin = scene.now(edit).settings_from
    assert origin is not None
    assert (origin.road, origin.key) == (SettingsSource.PRESET, preset)


@pytest.mark.parametrize(("of_file", "of_name"), FORMS.values(), ids=FORMS)
def test_a_picture_and_a_source_are_found_in_the_other_form(of_file: Any, of_name: Any) -> None:
    scene = Scene()
    image, clip = "images/señal.png", "sources/día.mp4"
    scene.storage.objects["inbox", of_file(image)] = PNG
    scene.storage.objects["inbox", of_file(clip)] = b"clip"
    said = {"prompt": "put @Image1 in", "images": [of_name(image)], "source": of_name(clip)}
    edit = scene.upload("a.request.json", body=json.dumps(said).encode())

    assert scene.validate(edit).next is Next.SUBMIT

    scene.submit(edit)
    (order,) = scene.provider.orders
    assert f"/{of_file(image)}?" in order.image_urls[0]
    assert f"/{of_file(clip)}?" in str(order.video_url)


def test_a_sidecar_in_capitals_is_the_clip_s() -> None:
    stack = Stack(1, settle_seconds=20)
    stack.drop("clip.MP4")
    stack.drop("clip.MP4.JSON", b'{"prompt": "noir"}', after=2.0)

    (edit,) = stack.run()

    assert edit.status is Status.SUCCEEDED
    assert edit.settings_from is not None
    assert edit.settings_from.key == "clip.MP4.JSON"


@pytest.mark.parametrize("key", ["DCIM/DJI_0001.LRF", "._clip.mp4", "Thumbs.db", "IMG_1.AAE"])
def test_a_companion_starts_no_edit_and_says_so_once(key: str) -> None:
    scene, started = Scene(), list[str]()
    scene.upload(key, prompt="noir")  # a recursive copy gives all files the same metadata

    first = scene.take_in(event(key), started.append)
    again = scene.take_in(event(key), started.append)

    edit = scene.records.get(str(first.edit_id))
    assert again.edit_id == first.edit_id
    assert edit.conclusion is not None
    assert edit.conclusion.reason is Reason.COMPANION_FILE
    assert edit.conclusion.message.startswith(f"{key} is ")
    assert scene.validate(edit).next is Next.PERSIST
    assert not scene.provider.orders


def test_the_mark_of_a_folder_is_no_upload() -> None:
    scene, started = Scene(), list[str]()

    taken = scene.take_in(event("new folder/").replace('"size": 5', '"size": 0'), started.append)

    assert (taken.edit_id, taken.reason) == (None, "it is a folder")
    assert not started


def test_what_is_under_the_name_of_a_folder_is_answered_all_the_same() -> None:
    scene, started = Scene(), list[str]()

    taken = scene.take_in(event("new folder/"), started.append)

    assert started == [taken.edit_id]


def test_another_program_s_sidecar_does_not_stand_before_a_preset() -> None:
    scene, edit = dropped({}, {SIDECAR: TAKEOUT, "presets/rainy.json": {"prompt": "noir"}})

    assert scene.validate(edit).next is Next.SUBMIT

    seen = scene.now(edit)
    assert seen.settings_from is not None
    assert seen.settings_from.road is SettingsSource.PRESET
    assert seen.warnings == (f"{SIDECAR} was not read: it is another program's.",)


def test_a_clip_with_nothing_but_another_program_s_sidecar_is_told_so() -> None:
    scene, edit = dropped({}, {SIDECAR: TAKEOUT})

    scene.validate(edit)

    end = scene.now(edit).conclusion
    assert end is not None
    assert end.reason is Reason.MISSING_PROMPT
    assert f"{SIDECAR} was not read" in end.message


@pytest.mark.parametrize("body", [{"promt": "noir"}, {"text": "noir", "fit": "auto"}])
def test_a_sidecar_with_a_typo_is_named_as_the_cause(body: dict[str, Any]) -> None:
    scene, edit = dropped({}, {SIDECAR: body, "presets/rainy.json": {"prompt": "other"}})

    scene.validate(edit, inbox=Inbox(default_prompt="other"))

    end = scene.now(edit).conclusion
    assert end is not None
    assert end.reason is Reason.INVALID_REQUEST
    assert end.message.startswith(f"{SIDECAR}: '{next(iter(body))}' is not a field of a request.")


def test_a_request_file_with_a_typo_is_not_said_to_lack_a_prompt() -> None:
    scene = Scene()
    edit = scene.upload("a.request.json", body=b'{"promt": "noir"}')

    scene.validate(edit)

    end = scene.now(edit).conclusion
    assert end is not None
    assert "Did you mean 'prompt'?" in end.message


@pytest.mark.parametrize("metadata", [{"modell": "x"}, {"x-amz-meta-prompt": "noir"}])
def test_metadata_that_is_nearly_ours_is_refused_before_anything_is_billed(
    metadata: dict[str, str],
) -> None:
    scene, edit = dropped({"prompt": "noir", **metadata}, {})

    assert scene.validate(edit).next is Next.PERSIST

    end = scene.now(edit).conclusion
    assert end is not None
    assert end.reason is Reason.INVALID_REQUEST
    assert "Did you mean" in end.message


ROADS: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "metadata": ({"prompt": "noir", "tags": "a, b", "reference": "order 7"}, {}),
    "sidecar": ({}, {SIDECAR: {"prompt": "noir", "tags": ["a", "b"], "reference": "order 7"}}),
    "metadata on top of a preset": (
        {"tags": '["a", "b"]'},
        {"presets/rainy.json": {"prompt": "noir", "tags": ["c"], "reference": "order {1}"}},
    ),
}


@pytest.mark.parametrize("road", ROADS)
def test_tags_and_reference_come_back_on_every_road(road: str) -> None:
    metadata, documents = ROADS[road]
    scene, edit = dropped(metadata, documents, KEY.replace("clip", "7"))
    for key in [key for key in documents if key == SIDECAR]:
        scene.storage.objects["inbox", key.replace("clip", "7")] = json.dumps(
            documents[key]
        ).encode()

    assert scene.validate(edit).next is Next.SUBMIT

    seen = scene.now(edit)
    assert (seen.tags, seen.reference) == (("a", "b"), "order 7")


def test_every_edit_of_a_batch_has_its_tags_and_reference() -> None:
    scene = Scene()
    first = scene.upload(prompt="", prompts='["a", "b"]', tags="x", reference="y")

    scene.validate(first)

    made = scene.records.batches.get(scene.now(first).batch_id or "").edit_ids
    seen = [scene.records.get(each) for each in made]
    assert [(each.tags, each.reference) for each in seen] == [(("x",), "y")] * 2
