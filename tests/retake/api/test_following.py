"""GET /edits/{id} and its video: what the owner may see, and nothing that is ours."""

from dataclasses import fields

import pytest
from retake.api.forms import RequestForm
from retake.api.part_views import RequestView
from retake.api.views import EditView
from retake.catalog.models import MODELS
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.request import Request
from retake.domain.stored import moment
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import Report, Verdict
from retake.request.variations import LISTS

from tests.retake.api.api_client import Reception
from virtual.scene import result_at

RESULT = result_at("edited/día 1/clip.e-1")
# What a caller has no use for, or must not have.
HIDDEN = {
    "version",
    "wake_token",
    "source_url",
    "body_sha256",
    "attempt_id",
    "conclusion",
    "provider_urls",
    "callback_seq",
    "called_back_task_id",
}


def succeeded(reception: Reception) -> Edit:
    edit = reception.scene.records.begin_save(reception.scene.running())
    done = Conclusion(status=Status.SUCCEEDED, message="The edit is ready.")
    return reception.scene.records.close(edit, done, result=RESULT)


def test_an_edit_that_was_dropped_into_the_bucket_is_seen_here_too(reception: Reception) -> None:
    edit = reception.scene.running("shots/a.mp4")

    seen = reception.call("GET", f"/edits/{edit.edit_id}").json

    assert seen["status"] == "RUNNING"
    assert seen["upload"]["key"] == "shots/a.mp4"
    assert seen["quoted_usd"] == pytest.approx(0.84)


def test_nothing_of_the_record_is_shown_that_is_ours(reception: Reception) -> None:
    assert not HIDDEN & EditView.model_fields.keys()
    assert not HIDDEN & reception.call("GET", f"/edits/{succeeded(reception).edit_id}").json.keys()


def test_the_finish_is_expected_by_the_progress_so_far(reception: Reception) -> None:
    scene = reception.scene
    edit = scene.running()
    early = reception.call("GET", f"/edits/{edit.edit_id}").json["expected_finish_at"]
    scene.clock.advance(30)
    scene.provider.reports = [Report(verdict=Verdict.RUNNING, progress_percent=25)]
    scene.poll(edit)

    late = reception.call("GET", f"/edits/{edit.edit_id}").json

    begun = moment(str(edit.submitted_at))
    assert (moment(early) - begun).total_seconds() == 180
    assert (moment(late["expected_finish_at"]) - begun).total_seconds() == 120
    assert late["progress_percent"] == 20 + 70 * 25 // 100


def test_a_finish_is_never_expected_in_the_past_nor_of_what_does_not_run(
    reception: Reception,
) -> None:
    edit = reception.scene.running()
    reception.scene.clock.advance(1000)

    running = reception.call("GET", f"/edits/{edit.edit_id}").json
    reception.scene.records.close(edit, failed(Reason.TIMED_OUT, "late"))
    done = reception.call("GET", f"/edits/{edit.edit_id}").json

    assert moment(running["expected_finish_at"]) == reception.scene.clock.now()
    assert "expected_finish_at" not in done


@pytest.mark.parametrize(
    "edit_id",
    ["e-00000000000000000000", "e-1", "x", "e-ABCDEFGHJK0123456789", "%00", "\x84", "a" * 3000],
)
@pytest.mark.parametrize(
    ("method", "tail"), [("GET", ""), ("GET", "/video"), ("POST", "/cancel"), ("POST", "/retry")]
)
def test_an_id_that_is_unknown_and_one_that_is_none_are_answered_alike(
    reception: Reception, edit_id: str, method: str, tail: str
) -> None:
    said = reception.call(method, f"/edits/{edit_id}{tail}")

    assert (said.status, said.code) == (404, "NOT_FOUND")


def test_the_video_is_behind_a_fresh_link_with_a_name_to_save_it_by(reception: Reception) -> None:
    said = reception.call("GET", f"/edits/{succeeded(reception).edit_id}/video")

    assert said.status == 307
    link = said.headers["location"]
    assert link.startswith("https://results/edited/día 1/clip.e-1.mp4?name=clip.e-1.mp4")
    assert said.json == {"url": link, "expires_at": "2026-03-01T12:15:00.000Z"}


def test_there_is_no_video_before_the_end_nor_after_a_bad_one(reception: Reception) -> None:
    running = reception.scene.running()
    lost = reception.scene.records.close(
        reception.scene.running("b.mp4"), failed(Reason.TIMED_OUT, "late")
    )

    for edit, status in ((running, "RUNNING"), (lost, "FAILED")):
        said = reception.call("GET", f"/edits/{edit.edit_id}/video")
        assert (said.status, said.code, said.json["found"]) == (409, "NO_VIDEO", status)


def test_the_api_takes_and_shows_every_field_of_a_request() -> None:
    names = {field.name for field in fields(Request)}

    assert RequestForm.model_fields.keys() == names | LISTS.keys()
    assert RequestView.model_fields.keys() == names


def test_who_reads_an_edit_is_told_where_anybody_may_look_at_it(reception: Reception) -> None:
    edit = succeeded(reception)
    reception.share = lambda shown, address: f"{address}/share/{shown.edit_id}"

    read = reception.call("GET", f"/edits/{edit.edit_id}").json
    listed = reception.call("GET", "/edits").json["edits"]

    assert read["share_url"] == f"https://abc.example/v1/share/{edit.edit_id}"
    assert [each for each in listed if "share_url" in each] == []


def test_the_models_are_listed_with_the_stacks_own_choice_first(reception: Reception) -> None:
    said = reception.call("GET", "/models")

    first = said.json["models"][0]
    assert said.status == 200
    assert {each["model"] for each in said.json["models"]} == MODELS.keys()
    assert (first["model"], first["role"]) == ("novita/kling-o1-edit", "default")
    assert first["usd_per_second"] == MODELS[first["model"]].standard.price.usd_per_second
    assert "fast" not in next(
        each for each in said.json["models"] if MODELS[each["model"]].fast is None
    )
