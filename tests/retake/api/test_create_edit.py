"""POST /edits: one edit on record and in the queue, whatever happens to the caller."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from retake.api.callers import Caller
from retake.api.create_edit import place
from retake.api.forms import EditForm
from retake.domain.edit import Edit
from retake.domain.vocabulary import Status

from tests.retake.api.api_client import Reception

WANTED = {"prompt": "noir", "source": "sources/a/clip.mp4"}
SIGNED = "https://clips.example/a.mp4?X-Amz-Signature=secret"


def test_an_edit_is_on_record_and_queued_before_the_caller_hears_of_it(
    reception: Reception,
) -> None:
    said = reception.call("POST", "/edits", WANTED)

    assert said.status == 202
    assert said.json["status"] == "RECEIVED"
    assert said.json["request"]["prompt"] == "noir"
    assert said.json["settings_from"] == {"road": "api"}
    assert reception.taken_in() == [said.json["edit_id"]]


def test_the_caller_s_own_words_come_back_in_record_and_list(reception: Reception) -> None:
    own = {"tags": ["b", "a", "b"], "reference": "no 1"}

    said = reception.call("POST", "/edits", {**WANTED, **own})

    assert (said.json["tags"], said.json["reference"]) == (["b", "a"], "no 1")
    assert reception.call("GET", "/edits").json["edits"][0]["reference"] == "no 1"


def test_two_calls_without_a_key_are_two_edits(reception: Reception) -> None:
    first, second = (reception.call("POST", "/edits", WANTED).json for _ in range(2))

    assert first["edit_id"] != second["edit_id"]


def test_the_same_key_and_body_are_the_same_edit(reception: Reception) -> None:
    first = reception.call("POST", "/edits", WANTED, idempotency_key="k")
    again = reception.call("POST", "/edits", json.dumps(WANTED, indent=4), Idempotency_Key="k")

    assert (first.status, again.status) == (202, 200)
    assert first.json["edit_id"] == again.json["edit_id"]
    assert len(edits(reception)) == 1


@pytest.mark.parametrize(
    "other",
    [{"prompt": "sepia"}, {"tags": ["x"]}, {"reference": "x"}, {"source": SIGNED}, {"fast": True}],
)
def test_the_same_key_with_another_body_is_refused(
    reception: Reception, other: dict[str, Any]
) -> None:
    reception.call("POST", "/edits", WANTED, idempotency_key="k")

    said = reception.call("POST", "/edits", {**WANTED, **other}, idempotency_key="k")

    assert (said.status, said.code) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert len(edits(reception)) == 1


def test_keys_of_two_accounts_do_not_meet(reception: Reception) -> None:
    ours = reception.call("POST", "/edits", WANTED, idempotency_key="k")
    theirs = reception.call("POST", "/edits", WANTED, account="999", idempotency_key="k")

    assert theirs.status == 202
    assert ours.json["edit_id"] != theirs.json["edit_id"]


def test_of_many_at_once_with_one_key_one_is_new(reception: Reception) -> None:
    def call(_: int) -> Any:
        order = EditForm.model_validate(WANTED).order()
        return place(order, reception.context().counter, caller=Caller("1"), key="k")

    with ThreadPoolExecutor(8) as pool:
        placed = list(pool.map(call, range(40)))

    assert len({edit.edit_id for edit, _ in placed}) == 1
    assert sum(is_new for _, is_new in placed) == 1


def test_a_call_whose_queueing_failed_may_be_repeated_with_its_key(reception: Reception) -> None:
    reception.queue.is_down = True
    failed = reception.call("POST", "/edits", WANTED, idempotency_key="k")
    reception.queue.is_down = False

    again = reception.call("POST", "/edits", WANTED, idempotency_key="k")

    assert (failed.status, failed.code, failed.headers["retry-after"]) == (503, "UNAVAILABLE", "5")
    assert again.status == 200
    assert reception.taken_in() == [again.json["edit_id"]]


def test_a_call_without_a_key_that_was_not_queued_never_starts(reception: Reception) -> None:
    reception.queue.is_down = True

    failed = reception.call("POST", "/edits", WANTED)

    (edit,) = edits(reception)
    assert failed.status == 503
    assert (edit.status, edit.billed_usd) == (Status.CANCELLED, 0)


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"prompt": "  "}, "MISSING_PROMPT", "prompt"),
        ({"prompt": None}, "MISSING_PROMPT", "prompt"),
        ({"prompt": 5}, "INVALID_REQUEST", "prompt"),
        ({"prompt": "a\x00b"}, "INVALID_REQUEST", "prompt"),
        ({"prompt": "x" * 2501}, "PROMPT_TOO_LONG", "prompt"),
        ({"prompt": "x" * 5001}, "INVALID_REQUEST", "prompt"),
        ({"prompt": "put @Image1 in"}, "UNKNOWN_REFERENCE", "prompt"),
        ({"model": "kling"}, "UNKNOWN_MODEL", "model"),
        ({"source": None}, "MISSING_SOURCE", "source"),
        (
            {"operation": "reference", "model": "novita/kling-o1-edit"},
            "UNSUPPORTED_OPTION",
            "operation",
        ),
        ({"aspect_ratio": "2:1"}, "UNSUPPORTED_OPTION", "aspect_ratio"),
        ({"keep_audio": "yes"}, "INVALID_REQUEST", "keep_audio"),
        ({"promt": "x"}, "INVALID_REQUEST", "promt"),
        ({"tags": ["x"] * 21}, "INVALID_REQUEST", "tags"),
        ({"tags": ["a\nb"]}, "INVALID_REQUEST", "tags.0"),
        ({"tags": ["x" * 65]}, "INVALID_REQUEST", "tags.0"),
        ({"reference": "x" * 257}, "INVALID_REQUEST", "reference"),
        ({"source": "http://clips.example/a.mp4"}, "INVALID_REQUEST", "source"),
        ({"source": "https://169.254.169.254/"}, "INVALID_REQUEST", "source"),
        ({"source": "file:///etc/passwd"}, "INVALID_REQUEST", "source"),
    ],
)
def test_what_no_step_could_honour_is_refused_at_the_door_by_the_reason_s_own_word(
    reception: Reception, fields: dict[str, Any], code: str, field: str
) -> None:
    said = reception.call("POST", "/edits", {**WANTED, **fields})

    assert (said.status, said.code, said.json["field"]) == (422, code, field)
    assert not reception.scene.table.items
    assert not reception.queue.messages


def test_an_address_is_on_the_record_only_and_is_shown_to_nobody(reception: Reception) -> None:
    said = reception.call("POST", "/edits", {**WANTED, "source": SIGNED}, idempotency_key="k")

    edit_id = said.json["edit_id"]
    edit = reception.scene.records.get(edit_id)
    assert edit.source_url == SIGNED
    assert said.json["request"]["source"] == f"sources/fetched/{edit_id}.mp4"
    assert "secret" not in said.text + repr(edit) + "".join(reception.queue.messages)
    assert "secret" not in reception.call("GET", f"/edits/{edit_id}").text


def test_what_intake_starts_it_starts_until_the_first_step_was_taken(reception: Reception) -> None:
    edit_id = reception.start()["edit_id"]
    first = reception.taken_in()
    reception.scene.validate(reception.scene.records.get(edit_id))

    assert first == [edit_id]
    assert reception.taken_in() == []


def test_an_edit_of_the_api_is_validated_submitted_and_saved_like_every_other(
    reception: Reception,
) -> None:
    scene = reception.scene
    edit = scene.records.get(reception.start(tags=["t"])["edit_id"])

    scene.validate(edit)
    scene.submit(edit)

    running = scene.records.get(edit.edit_id)
    assert (running.status, running.tags) == (Status.RUNNING, ("t",))
    assert running.source is not None
    assert running.source.key == "sources/a/clip.mp4"


def edits(reception: Reception) -> list[Edit]:
    keys = reception.scene.table.items
    ids = [key.partition("#")[2] for key in keys if key.startswith("edit#")]
    return [reception.scene.records.get(each) for each in ids]


@pytest.mark.parametrize("name", ["keep_audio", "keep-audio"])
def test_fields_are_read_as_metadata_spell_them_too(reception: Reception, name: str) -> None:
    said = reception.call("POST", "/edits", {**WANTED, name: False})

    assert said.status == 202
    assert said.json["request"]["keep_audio"] is False
