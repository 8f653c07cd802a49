"""DELETE /edits/{id}: put on record at once, carried out elsewhere, and never taken back."""

from typing import Any

import pytest
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.vocabulary import Reason, Status

from tests.retake.api.api_client import Reception
from virtual.scene import result_at

DONE = Conclusion(status=Status.SUCCEEDED, message="ready")
RESULT = result_at("edited/clip.e-1")
RECEIPT = [{"what": "clip", "where": "inbox", "fate": "ERASED"}]


def succeeded(reception: Reception) -> Edit:
    records = reception.scene.records
    edit = records.close(reception.scene.running(), DONE, result=RESULT)
    records.mark_notified(edit.edit_id)
    return reception.scene.now(edit)


def erase(reception: Reception, edit: Edit) -> Any:
    return reception.call("DELETE", f"/edits/{edit.edit_id}")


def test_it_is_on_record_and_handed_on(reception: Reception) -> None:
    edit = succeeded(reception)

    said = erase(reception, edit)

    assert said.status == 202
    assert said.json["status"] == "SUCCEEDED"
    assert said.json["erasure"] == {"asked_at": "2026-03-01T12:00:00.000Z"}
    assert "erased_at" not in said.json
    assert reception.erasures == [edit.edit_id]


def test_asked_again_it_is_handed_on_again_and_once_done_answers_with_the_same_receipt(
    reception: Reception,
) -> None:
    edit = succeeded(reception)
    first, second = erase(reception, edit), erase(reception, edit)
    reception.scene.records.erasure.carry_out(reception.scene.now(edit), RECEIPT)

    third, fourth = erase(reception, edit), erase(reception, edit)

    assert [it.status for it in (first, second, third, fourth)] == [202, 202, 200, 200]
    assert third.text == fourth.text
    assert third.json["erasure"]["receipt"] == RECEIPT
    assert third.json["erased_at"]
    assert len(reception.erasures) == 2


def test_one_that_another_edit_holds_up_says_which_and_when_it_goes_on(
    reception: Reception,
) -> None:
    edit, records = succeeded(reception), reception.scene.records
    erase(reception, edit)
    other = reception.scene.upload("other.mp4")
    records.erasure.hold(reception.scene.now(edit), other)

    said = erase(reception, edit)

    assert said.status == 202
    assert said.json["erasure"]["waits_for"] == other.edit_id
    assert other.edit_id in said.json["erasure"]["message"]
    assert "as soon as that has ended" in said.json["erasure"]["message"]
    assert "holds_up" not in reception.call("GET", f"/edits/{other.edit_id}").json


def test_afterwards_the_edit_shows_what_it_cost_and_nothing_that_was_said(
    reception: Reception,
) -> None:
    edit = succeeded(reception)
    erase(reception, edit)
    reception.scene.records.erasure.carry_out(reception.scene.now(edit), RECEIPT)

    seen = reception.call("GET", f"/edits/{edit.edit_id}").json
    listed = reception.call("GET", "/edits").json["edits"]

    assert listed == [seen]
    assert (seen["status"], seen["billed_usd"], seen["provider"]) == (
        "SUCCEEDED",
        edit.quoted_usd,
        "novita",
    )
    assert not {"request", "upload", "source", "result", "message", "tags"} & {
        name for name, value in seen.items() if value
    }


@pytest.mark.parametrize("is_done", [False, True])
def test_an_erased_edit_has_no_video_and_no_second_attempt(
    reception: Reception, is_done: bool
) -> None:
    edit = succeeded(reception)
    erase(reception, edit)
    if is_done:
        reception.scene.records.erasure.carry_out(reception.scene.now(edit), RECEIPT)

    video = reception.call("GET", f"/edits/{edit.edit_id}/video")
    again = reception.call("POST", f"/edits/{edit.edit_id}/retry")

    assert {(it.status, it.code) for it in (video, again)} == {(410, "ERASED")}


def test_an_idempotency_key_of_an_erased_edit_starts_no_other(reception: Reception) -> None:
    wanted = {"prompt": "noir", "source": "sources/a/clip.mp4"}
    started = reception.call("POST", "/edits", wanted, idempotency_key="k").json
    records = reception.scene.records
    late = failed(Reason.TIMED_OUT, "late")
    records.mark_notified(records.close(records.get(started["edit_id"]), late).edit_id)
    records.erasure.ask(records.get(started["edit_id"]))
    records.erasure.carry_out(records.get(started["edit_id"]), RECEIPT)

    said = reception.call("POST", "/edits", wanted, idempotency_key="k")

    assert (said.status, said.code) == (410, "ERASED")


def test_an_open_edit_is_cancelled_first(reception: Reception) -> None:
    edit = reception.scene.running()

    said = erase(reception, edit)

    assert (said.status, said.code, said.json["found"]) == (409, "STILL_OPEN", "RUNNING")
    assert "cancel" in said.json["detail"]
    assert reception.scene.now(edit) == edit


def test_an_edit_that_is_being_announced_is_left_until_it_is(reception: Reception) -> None:
    edit = reception.scene.records.close(reception.scene.running(), DONE, result=RESULT)

    early = erase(reception, edit)
    reception.scene.records.mark_notified(edit.edit_id)

    assert (early.status, early.code) == (409, "STILL_OPEN")
    assert erase(reception, edit).status == 202


def test_what_cannot_be_handed_on_now_is_left_to_the_sweep(reception: Reception) -> None:
    edit = succeeded(reception)
    reception.queue.is_down = True

    said = erase(reception, edit)

    assert said.status == 202
    assert reception.scene.now(edit).erase_asked_at is not None


def test_an_edit_nobody_knows_cannot_be_erased(reception: Reception) -> None:
    assert reception.call("DELETE", "/edits/e-00000000000000000000").status == 404
