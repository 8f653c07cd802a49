"""POST /edits/{id}/retry: a new attempt of what ended badly, and never a second bill."""

from typing import Any

import pytest
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.request import Request
from retake.domain.source import Source
from retake.domain.stored import required
from retake.domain.vocabulary import Fit, Reason, Status

from tests.retake.api.api_client import Reception

FREE = failed(Reason.NO_CREDIT, "No credit.")


def retry(reception: Reception, edit: Edit) -> Any:
    return reception.call("POST", f"/edits/{edit.edit_id}/retry")


def test_a_failed_edit_is_tried_again_as_a_new_one_of_the_same_version(
    reception: Reception,
) -> None:
    scene = reception.scene
    old = scene.records.close(scene.running("a.mp4", prompt="noir"), FREE)

    said = retry(reception, old)
    new = scene.records.get(said.json["edit_id"])
    scene.validate(new)

    assert (said.status, said.json["retry_of"]) == (202, old.edit_id)
    assert reception.queue.messages
    assert scene.now(new).source == old.source
    assert scene.now(new).request == old.request


def test_tried_twice_it_is_one_new_edit(reception: Reception) -> None:
    old = reception.scene.records.close(reception.scene.running(), FREE)

    first, second = retry(reception, old), retry(reception, old)

    assert (first.status, second.status) == (202, 200)
    assert first.json["edit_id"] == second.json["edit_id"]


def test_a_repaired_edit_begins_again_with_the_clip_as_it_was_dropped(
    reception: Reception,
) -> None:
    scene = reception.scene
    clip = Source(bucket="results", key="fitted/e-1.mp4", version_id="v1")
    edit = scene.records.plan_fit(
        scene.now(scene.upload("a.mp4", fit="trim")), request=Request(prompt="noir", fit=Fit.TRIM)
    )
    old = scene.records.validated(edit, fitted=clip, repair={"changes": ["cut"]})

    said = retry(reception, scene.records.close(old, FREE))

    new = scene.records.get(said.json["edit_id"])
    assert new.clip == old.source
    assert (new.fit_planned_at, new.repair) == (None, {})
    assert new.request == old.request


def test_an_edit_of_the_api_keeps_its_words(reception: Reception) -> None:
    edit = reception.scene.records.get(reception.start(tags=["t"], reference="r")["edit_id"])
    reception.call("POST", f"/edits/{edit.edit_id}/cancel")
    now = reception.scene.now(edit)
    old = reception.scene.records.close(now, required(now.conclusion))

    said = retry(reception, old)

    assert said.status == 202
    assert (said.json["tags"], said.json["reference"]) == (["t"], "r")


@pytest.mark.parametrize(
    ("conclusion", "code"),
    [
        (None, "STILL_OPEN"),
        (Conclusion(status=Status.SUCCEEDED, message="ready"), "ALREADY_FINISHED"),
        (failed(Reason.TIMED_OUT, "late", at_risk=True), "MAY_STILL_BE_BILLED"),
    ],
)
def test_what_is_open_done_or_may_be_billed_is_not_sent_again(
    reception: Reception, conclusion: Conclusion | None, code: str
) -> None:
    edit = reception.scene.running()
    if conclusion is not None:
        edit = reception.scene.records.close(edit, conclusion)

    said = retry(reception, edit)

    assert (said.status, said.code) == (409, code)
    assert not reception.queue.messages


def test_an_upload_whose_settings_were_never_read_cannot_be_repeated(
    reception: Reception,
) -> None:
    scene = reception.scene
    edit = scene.upload(prompt="")
    scene.validate(edit)
    old = scene.records.close(scene.now(edit), required(scene.now(edit).conclusion))

    said = retry(reception, old)

    assert (said.status, said.code) == (409, "NOTHING_TO_REPEAT")


def test_a_clip_that_was_never_fetched_cannot_be_repeated_because_its_address_is_gone(
    reception: Reception,
) -> None:
    wanted = {"prompt": "noir", "source": "https://clips.example/a.mp4?sig=1"}
    edit_id = reception.call("POST", "/edits", wanted).json["edit_id"]
    old = reception.scene.records.close(reception.scene.records.get(edit_id), FREE)

    said = retry(reception, old)

    assert (said.status, said.code) == (409, "NOTHING_TO_REPEAT")
    assert old.source_url is None
