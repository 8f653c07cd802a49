"""Several prompts or models in one call: one batch, whoever asks for it and however often."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from retake.api.callers import Caller
from retake.api.create_edit import place
from retake.api.forms import EditForm
from retake.domain.edit import Edit
from retake.domain.vocabulary import Status
from retake.records.batches import variation_id
from retake.steps.sweep import STALE

from tests.retake.api.api_client import Reception

FAL, NOVITA = "fal/kling-o1-edit", "novita/kling-o1-edit"
CLIP = "sources/a/clip.mp4"
WANTED = {"prompts": ["noir", "snow", "dusk"], "source": CLIP}


@pytest.fixture
def reception() -> Reception:
    reception = Reception()
    reception.scene.storage.objects["inbox", CLIP] = b"clip"
    return reception


def ask(reception: Reception, **fields: Any) -> Any:
    return reception.call("POST", "/edits", {**WANTED, **fields}).json


def test_the_first_edit_comes_back_with_the_batch_and_the_ids_of_all(
    reception: Reception,
) -> None:
    said = reception.call("POST", "/edits", WANTED)

    edit = said.json
    assert said.status == 202
    assert (edit["request"]["prompt"], edit["batch_index"]) == ("noir", 0)
    assert edit["edit_ids"] == [variation_id(edit["edit_id"], index) for index in range(3)]
    assert reception.taken_in() == edit["edit_ids"]


def test_each_edit_of_a_batch_is_one_like_every_other(reception: Reception) -> None:
    ids = ask(reception, tags=["t"], reference="r")["edit_ids"]

    edits = [reception.call("GET", f"/edits/{each}").json for each in ids]

    assert [edit["request"]["prompt"] for edit in edits] == WANTED["prompts"]
    assert [edit["batch_index"] for edit in edits] == [0, 1, 2]
    assert {(edit["reference"], *edit["tags"]) for edit in edits} == {("r", "t")}
    assert len(reception.call("GET", "/edits").json["edits"]) == 3


def test_all_edits_of_a_batch_are_of_the_same_version_of_the_clip(reception: Reception) -> None:
    ids = ask(reception)["edit_ids"]

    assert {reception.scene.records.get(each).source for each in ids} != {None}
    assert len({reception.scene.records.get(each).source for each in ids}) == 1


def test_a_batch_shows_how_far_each_is_and_what_all_cost(reception: Reception) -> None:
    scene = reception.scene
    edit = ask(reception, prompts=["noir", "snow"])
    first, second = (scene.records.get(each) for each in edit["edit_ids"])
    scene.validate(first)
    reception.call("POST", f"/edits/{second.edit_id}/cancel")

    batch = reception.call("GET", f"/batches/{edit['batch_id']}").json

    assert batch["edit_ids"] == edit["edit_ids"]
    assert batch["counts"] == {"RECEIVED": 2}
    assert batch["quoted_usd"] == pytest.approx(0.84)
    assert [each["edit_id"] for each in batch["edits"]] == edit["edit_ids"]


def test_the_same_key_and_body_are_the_same_batch(reception: Reception) -> None:
    first = reception.call("POST", "/edits", WANTED, idempotency_key="k")
    again = reception.call("POST", "/edits", WANTED, idempotency_key="k")

    assert (first.status, again.status) == (202, 200)
    assert first.json["edit_ids"] == again.json["edit_ids"]
    assert set(reception.taken_in()) == set(first.json["edit_ids"])


@pytest.mark.parametrize(
    "other",
    [
        {"prompts": ["noir", "snow"]},
        {"prompts": ["noir", "dusk", "snow"]},
        {"prompts": None, "prompt": "noir"},
        {"models": [FAL, NOVITA]},
    ],
)
def test_the_same_key_with_other_entries_is_refused(
    reception: Reception, other: dict[str, Any]
) -> None:
    reception.call("POST", "/edits", WANTED, idempotency_key="k")

    said = reception.call("POST", "/edits", {**WANTED, **other}, idempotency_key="k")

    assert (said.status, said.code) == (409, "IDEMPOTENCY_KEY_REUSED")


def test_forty_callers_with_one_key_make_one_batch(reception: Reception) -> None:
    order = EditForm.model_validate(WANTED).order()
    counter = reception.context().counter

    def call(_: int) -> tuple[Edit, bool]:
        return place(order, counter, caller=Caller("111122223333"), key="k")

    with ThreadPoolExecutor(8) as pool:
        placed = list(pool.map(call, range(40)))

    assert len({edit.edit_id for edit, _ in placed}) == 1
    assert sum(is_new for _, is_new in placed) == 1
    assert sum(key.startswith("edit#") for key in reception.scene.table.items) == 3
    assert len(set(reception.taken_in())) == 3


def test_a_batch_that_cannot_be_queued_now_is_on_record_and_started_by_the_sweep(
    reception: Reception,
) -> None:
    reception.queue.is_down = True

    said = reception.call("POST", "/edits", WANTED)

    assert said.status == 202
    scene = reception.scene
    scene.clock.advance(STALE.total_seconds() + 1)
    due = scene.records.open.due(before=scene.clock.now(), limit=20)
    assert set(due) == set(said.json["edit_ids"])


def test_a_key_queues_again_what_could_not_be_queued(reception: Reception) -> None:
    reception.queue.is_down = True
    reception.call("POST", "/edits", WANTED, idempotency_key="k")
    reception.queue.is_down = False

    again = reception.call("POST", "/edits", WANTED, idempotency_key="k")

    assert reception.taken_in() == again.json["edit_ids"]


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"prompts": []}, "INVALID_REQUEST", "prompts"),
        ({"prompts": "noir"}, "INVALID_REQUEST", "prompts"),
        ({"prompts": ["noir", 5]}, "INVALID_REQUEST", "prompts.1"),
        ({"prompts": ["noir", ""]}, "INVALID_REQUEST", "prompts.1"),
        ({"prompts": ["noir", "  "]}, "MISSING_PROMPT", "prompt"),
        ({"prompts": [str(n) for n in range(21)]}, "INVALID_REQUEST", "prompts"),
        ({"prompt": "noir"}, "INVALID_REQUEST", "prompts"),
        ({"prompts": ["noir", "x" * 2501]}, "PROMPT_TOO_LONG", "prompt"),
        ({"prompts": ["noir", "put @Image1 in"]}, "UNKNOWN_REFERENCE", "prompt"),
        ({"models": [FAL, "kling"]}, "UNKNOWN_MODEL", "model"),
        ({"models": [FAL], "model": FAL}, "INVALID_REQUEST", "models"),
        ({"models": []}, "INVALID_REQUEST", "models"),
        ({"source": "sources/none.mp4"}, "INPUT_GONE", "source"),
        ({"prompts": None}, "MISSING_PROMPT", "prompt"),
    ],
)
def test_one_entry_that_no_step_could_honour_stops_the_whole_call_before_anything_is_made(
    reception: Reception, fields: dict[str, Any], code: str, field: str | None
) -> None:
    said = reception.call("POST", "/edits", {**WANTED, **fields})

    assert (said.status, said.code, said.json.get("field")) == (422, code, field)
    assert not reception.scene.table.items
    assert not reception.queue.messages


def test_a_refusal_of_one_entry_says_which(reception: Reception) -> None:
    said = reception.call("POST", "/edits", {**WANTED, "prompts": ["noir", "x" * 2501, "dusk"]})

    assert said.json["detail"].startswith("Edit 2 of 3: The prompt has 2,501 characters")


def test_a_list_with_one_entry_is_an_ordinary_edit(reception: Reception) -> None:
    edit = ask(reception, prompts=["noir", "noir"])

    assert "batch_id" not in edit
    assert "edit_ids" not in edit
    assert edit["warnings"] == ["'prompts' says the same at 1 and 2; it was made once."]


def test_all_edits_of_an_address_name_one_fetched_clip_and_show_no_signature(
    reception: Reception,
) -> None:
    said = reception.call(
        "POST", "/edits", {**WANTED, "source": "https://clips.example/a.mp4?sig=secret"}
    )

    edits = [reception.scene.records.get(each) for each in said.json["edit_ids"]]
    assert len({edit.request.source for edit in edits if edit.request}) == 1
    assert len(reception.queue.messages) == 1  # which fetches it, and then starts the others
    assert "secret" not in said.text


def test_an_edit_of_a_batch_is_tried_again_outside_of_it(reception: Reception) -> None:
    scene = reception.scene
    edit = ask(reception)
    second = scene.records.get(edit["edit_ids"][1])
    reception.call("POST", f"/edits/{second.edit_id}/cancel")
    concluded = scene.now(second)
    assert concluded.conclusion is not None
    scene.records.close(concluded, concluded.conclusion)

    again = reception.call("POST", f"/edits/{second.edit_id}/retry")

    assert again.status == 202
    assert again.json["retry_of"] == second.edit_id
    assert "batch_id" not in again.json
    assert again.json["request"]["prompt"] == "snow"


@pytest.mark.parametrize("batch_id", ["b-00000000000000000000", "e-0", "b-", "x" * 200, "%00"])
def test_an_unknown_batch_and_an_impossible_one_are_not_there(
    reception: Reception, batch_id: str
) -> None:
    said = reception.call("GET", f"/batches/{batch_id}")

    assert (said.status, said.code) == (404, "NOT_FOUND")


def test_cancelling_the_first_edit_leaves_the_others(reception: Reception) -> None:
    scene = reception.scene
    edit = ask(reception)

    reception.call("POST", f"/edits/{edit['edit_id']}/cancel")
    for each in edit["edit_ids"]:
        scene.validate(scene.records.get(each))

    standing = [scene.records.get(each) for each in edit["edit_ids"]]
    assert [it.validated_at is not None for it in standing] == [False, True, True]
    assert standing[0].conclusion is not None
    assert standing[0].conclusion.status is Status.CANCELLED


def test_a_quote_of_several_edits_has_one_answer_for_each_and_the_sum(
    reception: Reception,
) -> None:
    said = reception.call(
        "POST",
        "/quotes",
        {
            "prompts": ["noir", "put @Image1 in"],
            "models": [NOVITA, FAL],
            "clip": {"duration_seconds": 5},
        },
    ).json

    rows = [(it["index"], it["model"], it["is_accepted"]) for it in said["quotes"]]
    assert rows == [(0, NOVITA, True), (1, NOVITA, False), (2, FAL, True), (3, FAL, False)]
    accepted = [it["quoted_usd"] for it in said["quotes"] if it["is_accepted"]]
    assert said["total_usd"] == pytest.approx(sum(accepted))


def test_a_quote_of_several_prompts_is_of_the_stack_s_own_model(reception: Reception) -> None:
    said = reception.call("POST", "/quotes", {**WANTED, "source": None}).json

    assert {it["model"] for it in said["quotes"]} == {NOVITA}
    assert len(said["quotes"]) == 3
    assert "total_usd" not in said
