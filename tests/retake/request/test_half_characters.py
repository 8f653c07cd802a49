"""Half of a surrogate pair, wherever it stands, is refused by its field, on every road."""

import json
from typing import Any

import pytest
from retake.domain.edit import Edit
from retake.domain.errors import Refused
from retake.domain.vocabulary import Reason, Status
from retake.request.parsing import fields_of_metadata

from tests.retake.api.api_client import Reception
from tests.retake.steps.scripted_provider import out
from virtual.scene import Scene

HALF = "\ud800"
# A request with half of a character in one place, and the field that is to be named.
POISONED: list[tuple[str, dict[str, Any]]] = [
    ("reference", {"reference": f"order {HALF}"}),
    ("tags", {"tags": ["a", HALF]}),
    ("prompt", {"prompt": HALF}),
    ("prompts", {"prompts": ["noir", HALF]}),
    ("negative_prompt", {"negative_prompt": HALF}),
    ("source", {"source": f"a/{HALF}.mp4"}),
    ("images", {"images": [f"a/{HALF}.png"]}),
    ("elements", {"elements": [{"frontal": f"{HALF}.png", "references": []}]}),
    ("model", {"model": HALF}),
    ("aspect_ratio", {"aspect_ratio": {"a": [HALF]}}),
    (HALF, {HALF: 1}),
]
ROADS = ["request file", "sidecar", "preset"]


def dropped(scene: Scene, road: str, asked: dict[str, Any]) -> Edit:
    scene.storage.objects["inbox", "a/c.mp4"] = b"clip"
    if road == "request file":
        body = json.dumps({"prompt": "noir", "source": "a/c.mp4", **asked}).encode()
        return scene.upload("a/x.request.json", body=body)
    place = "a/k.mp4.json" if road == "sidecar" else "presets/a.json"
    scene.storage.objects["inbox", place] = json.dumps({"prompt": "noir", **asked}).encode()
    return scene.upload("a/k.mp4", prompt="")


@pytest.mark.parametrize(("field", "asked"), POISONED, ids=lambda it: ascii(it)[:40])
@pytest.mark.parametrize("road", ROADS)
def test_half_a_character_is_refused_by_name(road: str, field: str, asked: dict[str, Any]) -> None:
    scene = Scene()
    edit = dropped(scene, road, asked)

    scene.validate(edit)
    out(scene, edit)

    seen = scene.now(edit)
    assert (seen.status, seen.reason) == (Status.REJECTED, Reason.INVALID_REQUEST)
    assert seen.details["field"] == field.encode("ascii", "backslashreplace").decode()
    assert "U+D800" in str(seen.message)


@pytest.mark.parametrize(("field", "asked"), POISONED, ids=lambda it: ascii(it)[:40])
@pytest.mark.parametrize("path", ["/edits", "/quotes"])
def test_the_api_answers_it_as_what_cannot_be_honoured(
    path: str, field: str, asked: dict[str, Any]
) -> None:
    reception = Reception()
    reception.scene.storage.objects["inbox", "a/c.mp4"] = b"clip"

    said = reception.call("POST", path, {"prompt": "noir", "source": "a/c.mp4", **asked})

    assert (said.status, said.code) == (422, "INVALID_REQUEST")
    assert said.json["field"] == field.encode("ascii", "backslashreplace").decode()
    assert reception.reported == []


@pytest.mark.parametrize("name", ["tags", "images", "prompts", "elements"])
def test_metadata_can_spell_it_too(name: str) -> None:
    with pytest.raises(Refused, match="half of one") as refusal:
        fields_of_metadata({"prompt": "noir", name: '["\\ud800"]'})

    assert refusal.value.field == name
