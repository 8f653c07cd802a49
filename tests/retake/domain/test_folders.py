"""Folders as walls: what the settings of an edit may name, on every road and over HTTP."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.domain.errors import Refused
from retake.domain.folders import Walls
from retake.domain.vocabulary import Reason, Status
from retake.steps.policy import Inbox

from tests.retake.api.api_client import Reception
from tests.retake.steps.scripted_provider import out
from tests.retake.steps.test_size_budget import PICTURE
from virtual.scene import Scene

SECRET = "tenantB/secret.mp4"
ROWS = [
    # folder, key, may it be named
    ("tenantA/", "tenantA/clip.mp4", True),
    ("tenantA/", "tenantA/more/clip.mp4", True),
    ("tenantA/", "sources/tenantA/clip.mp4", True),
    ("tenantA/", "images/tenantA/deep/hat.png", True),
    ("tenantA/", "images/logo.png", True),
    ("tenantA/", "sources/library.mp4", True),
    ("tenantA/", "tenantB/clip.mp4", False),
    ("tenantA/", "tenantAB/clip.mp4", False),
    ("tenantA/", "clip.mp4", False),
    ("tenantA/", "sources/tenantB/clip.mp4", False),
    ("tenantA/", "images/tenantAB/hat.png", False),
    ("tenantA/", "presets/tenantA.json", False),
    ("tenantA/", "tenantA/../tenantB/clip.mp4", False),
    ("tenantA/more/", "tenantA/clip.mp4", False),
    ("tenantA/", "brand/logo.png", False),
    ("", SECRET, True),  # who writes at the top is confined by nothing
]


@pytest.mark.parametrize(("folder", "key", "may"), ROWS)
@pytest.mark.parametrize("prefix", ["", "clips/"])
def test_settings_name_what_is_in_their_folder_or_there_for_all(
    folder: str, key: str, may: bool, prefix: str
) -> None:
    walls = Walls(prefix)

    assert walls.lets(prefix + key, folder) is may
    assert walls.folder_of(prefix + folder + "a.request.json") == folder
    assert Walls(prefix, ("*",)).lets(prefix + key, folder)


def test_a_folder_that_the_stack_shares_may_be_named_by_all() -> None:
    assert Walls("", ("brand/",)).lets("brand/logo.png", "tenantA/")
    assert not Walls("clips/").lets("elsewhere/logo.png", "")


@given(folder=st.text("abAB./", min_size=1), key=st.text("abAB./"))
def test_no_spelling_reaches_beyond_a_folder(folder: str, key: str) -> None:
    folder = folder.strip("/") + "/"

    if Walls().lets(key, folder):
        parts = key.split("/")
        assert ".." not in parts
        below = key.removeprefix("sources/").removeprefix("images/")
        assert below.startswith(folder) or len(parts) == 2


def spy(scene: Scene, key: str, way: str) -> Any:
    """An edit of tenantA whose settings name somebody else's object."""
    scene.storage.objects["inbox", SECRET] = b"not yours"
    asked: dict[str, Any] = {"prompt": "noir"}
    if way == "request file":
        asked["source"] = key
        return scene.upload("tenantA/a.request.json", body=json.dumps(asked).encode())
    if way == "elements":
        asked["elements"] = [{"frontal": key, "references": [key]}]
        return scene.upload("tenantA/a.request.json", body=json.dumps(asked).encode())
    if way == "metadata":
        return scene.upload("tenantA/a.mp4", images=key)
    asked["images"] = ["{place}" if way == "preset" else key]
    document = "presets/tenantA.json" if way == "preset" else "tenantA/a.mp4.json"
    scene.storage.objects["inbox", document] = json.dumps(asked).encode()
    return scene.upload("tenantA/a.mp4", prompt="", place=key)


WAYS = ["request file", "elements", "metadata", "sidecar", "preset"]


@pytest.mark.parametrize("way", WAYS)
def test_no_road_brings_the_clip_of_another_folder_into_a_page(way: str) -> None:
    told = set()
    for key in (SECRET, "tenantB/not-there.mp4"):
        scene = Scene()
        edit = spy(scene, key, way)
        scene.validate(edit)
        out(scene, edit)

        seen = scene.now(edit)
        assert (seen.status, seen.reason) == (Status.REJECTED, Reason.INVALID_REQUEST)
        assert seen.source is None or seen.source == seen.upload
        assert b"not yours" not in [
            b for (at, _), b in scene.storage.objects.items() if at != "inbox"
        ]
        told.add(str(seen.message).replace(key, "KEY"))
    assert len(told) == 1  # whether there is such an object is not told


@pytest.mark.parametrize("road", ["request file", "picture", "call", "batch", "quote"])
@pytest.mark.parametrize(
    ("folder", "other"),
    [("mu\u0308ller/", "m\u00fcller/"), ("m\u00fcller/", "mu\u0308ller/"), ("\u212b/", "\u00c5/")],
)
def test_a_folder_of_the_same_letters_in_another_form_is_another_folder(
    folder: str, other: str, road: str
) -> None:
    reception = Reception(caller_folders={"agency": folder})
    scene = reception.scene
    scene.storage.objects["inbox", other + "secret.mp4"] = b"not yours"
    scene.storage.objects["inbox", folder + "own.mp4"] = b"clip"
    named: dict[str, Any] = {"prompt": "noir", "source": folder + "secret.mp4"}
    if road == "quote":
        assert reception.call("POST", "/quotes", named, role="agency").code == "INPUT_GONE"
        return
    if road == "batch":
        asked = {"prompts": ["a", "b"], "source": named["source"]}
        assert reception.call("POST", "/edits", asked, role="agency").code == "INPUT_GONE"
        return
    if road == "call":
        said = reception.call("POST", "/edits", named, role="agency")
        edit = scene.records.get(said.json["edit_id"])
    else:
        if road == "picture":
            named = {"prompt": "@Image1", "source": folder + "own.mp4", "images": [named["source"]]}
        edit = scene.upload(folder + "x.request.json", body=json.dumps(named).encode())

    scene.validate(edit)
    out(scene, edit)

    seen = scene.now(edit)
    assert seen.status is Status.REJECTED
    assert seen.reason in (Reason.INPUT_GONE, Reason.IMAGE_MISSING)
    assert seen.source is None or seen.source.key == folder + "own.mp4"


def test_what_a_folder_may_name_is_edited_as_before() -> None:
    scene = Scene()
    scene.storage.objects["inbox", "images/tenantA/hat.png"] = PICTURE
    scene.storage.objects["inbox", "sources/tenantA/clip.mp4"] = b"clip"
    asked = {
        "prompt": "@Image1",
        "source": "sources/tenantA/clip.mp4",
        "images": ["images/tenantA/hat.png"],
    }
    edit = scene.upload("tenantA/a.request.json", body=json.dumps(asked).encode())

    scene.validate(edit, inbox=Inbox())

    assert scene.now(edit).validated_at is not None


@pytest.fixture
def confined() -> Reception:
    return Reception(caller_folders={"agency": "tenantA/", "ingest": "*"})


def test_a_confined_caller_uses_the_material_of_its_folder_only(confined: Reception) -> None:
    confined.scene.storage.objects["inbox", SECRET] = b"clip"
    wanted = {"prompt": "noir", "source": SECRET}

    answers = [
        confined.call("POST", path, {**wanted, "source": key}, role="agency")
        for path in ("/edits", "/quotes")
        for key in (SECRET, "tenantB/not-there.mp4")
    ]

    assert {answer.status for answer in answers} == {422}
    assert {answer.code for answer in answers} == {"INVALID_REQUEST"}
    assert confined.call("POST", "/quotes", wanted, role="ingest").status == 200


def test_a_confined_caller_sees_the_edits_of_its_folder_only(confined: Reception) -> None:
    theirs = confined.start()["edit_id"]
    confined.scene.storage.objects["inbox", "tenantA/a.mp4"] = b"clip"
    mine = confined.call(
        "POST", "/edits", {"prompt": "noir", "source": "tenantA/a.mp4"}, role="agency"
    ).json["edit_id"]
    dropped = confined.scene.upload("tenantA/dropped.mp4").edit_id

    def seen(method: str, edit_id: str, more: str = "") -> int:
        return confined.call(method, f"/edits/{edit_id}{more}", role="agency").status

    listed = confined.call("GET", "/edits", role="agency").json["edits"]
    assert {each["edit_id"] for each in listed} == {mine, dropped}
    assert (seen("GET", mine), seen("GET", dropped)) == (200, 200)
    for method, more in [
        ("GET", ""), ("GET", "/video"), ("POST", "/cancel"), ("POST", "/retry"), ("DELETE", "")
    ]:  # fmt: skip
        assert seen(method, theirs, more) == 404
    assert confined.call("GET", f"/edits/{mine}", role="ingest").status == 200


def test_a_form_of_a_confined_caller_leads_into_its_folder(confined: Reception) -> None:
    wanted = {"file_name": "a.mp4", "content_type": "video/mp4"}

    key = confined.call("POST", "/uploads", wanted, role="agency").json["key"]

    assert key.startswith("sources/tenantA/")
    assert Walls().lets(key, "tenantA/")


def test_a_caller_without_a_folder_may_do_nothing_where_others_have_one(
    confined: Reception,
) -> None:
    assert confined.call("GET", "/edits", role="intern").status == 403


def test_idempotency_keys_of_two_roles_do_not_meet_and_those_of_two_sessions_do() -> None:
    reception = Reception()
    wanted = {"prompt": "noir", "model": "novita/kling-o1-reference"}

    ids = [
        reception.call("POST", "/edits", wanted, role=role, session=session, idempotency_key="k")
        for role, session in (("a", "one"), ("a", "two"), ("b", "one"))
    ]

    assert [answer.status for answer in ids] == [202, 200, 202]
    assert ids[0].json["edit_id"] == ids[1].json["edit_id"] != ids[2].json["edit_id"]


def test_a_refusal_names_what_may_be_named() -> None:
    with pytest.raises(Refused, match="the top of clips/images/") as refusal:
        Walls("clips/").check("clips/b/x.mp4", "a/", "source")

    assert "clips/sources/a/" in refusal.value.allowed
