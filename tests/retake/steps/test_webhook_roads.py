"""Where an edit's webhook_url may stand, and that it reaches the record also of what is refused."""

import json
from typing import Any

import pytest
from retake.domain.edit import Edit
from retake.domain.vocabulary import Reason, Status
from retake.records.batches import batch_id_of

from virtual.scene import Scene

URL = "https://receiver.example/hooks?key=canary"


@pytest.fixture
def scene() -> Scene:
    return Scene()


def put(scene: Scene, key: str, **said: Any) -> None:
    scene.storage.objects["inbox", key] = json.dumps(said).encode()


def dropped(scene: Scene, key: str = "shots/a.mp4", **metadata: Any) -> Edit:
    edit = scene.upload(key, **metadata)
    scene.validate(edit)
    return scene.now(edit)


def test_metadata_name_it(scene: Scene) -> None:
    assert dropped(scene, webhook_url=URL).webhook_url == URL


def test_settings_beside_the_clip_name_it(scene: Scene) -> None:
    put(scene, "shots/a.mp4.json", prompt="noir", **{"webhook-url": URL})

    assert dropped(scene, prompt="").webhook_url == URL


def test_a_preset_names_it_for_a_whole_folder(scene: Scene) -> None:
    put(scene, "presets/shots.json", prompt="noir", webhook_url="https://receiver.example/{stem}")

    assert dropped(scene, prompt="").webhook_url == "https://receiver.example/a"


def test_a_request_file_names_it(scene: Scene) -> None:
    scene.storage.objects["inbox", "sources/a.mp4"] = b"clip"
    asked = {"prompt": "noir", "source": "sources/a.mp4", "webhook_url": URL}
    edit = scene.upload("a.request.json", body=json.dumps(asked).encode(), prompt="")
    scene.validate(edit)

    assert scene.now(edit).webhook_url == URL


def test_every_edit_of_a_batch_has_it(scene: Scene) -> None:
    first = dropped(scene, prompt="", prompts='["noir", "snow"]', webhook_url=URL)

    batch = scene.records.batches.get(batch_id_of(first.edit_id))
    assert {scene.records.get(it).webhook_url for it in batch.edit_ids} == {URL}


@pytest.mark.parametrize("metadata", [{"model": "nobody/nothing"}, {"prompt": ""}])
def test_a_clip_that_is_refused_is_told_of_there_too(
    scene: Scene, metadata: dict[str, str]
) -> None:
    edit = dropped(scene, webhook_url=URL, **metadata)

    assert edit.conclusion is not None
    assert edit.conclusion.status is Status.REJECTED
    assert edit.webhook_url == URL


def test_what_is_no_address_refuses_the_edit_without_repeating_it(scene: Scene) -> None:
    edit = dropped(scene, webhook_url="http://receiver.example/?key=canary")

    assert edit.conclusion is not None
    assert edit.conclusion.reason is Reason.INVALID_REQUEST
    assert edit.conclusion.details["field"] == "webhook_url"
    assert edit.webhook_url is None
    assert "canary" not in str(edit.to_mapping())


def test_a_name_that_is_nearly_right_is_refused(scene: Scene) -> None:
    edit = dropped(scene, webhook_urls=URL)

    assert edit.conclusion is not None
    assert edit.conclusion.details["allowed"]
    assert "webhook-url" in edit.conclusion.message
