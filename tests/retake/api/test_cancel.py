"""POST /edits/{id}/cancel: what it does and says at each point of an edit's way."""

from datetime import timedelta
from typing import Any

import pytest
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.stored import required
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import Cancellation, Report, Verdict

from tests.retake.api.api_client import Reception
from virtual.fake_provider import SUCCESS

FAL = {"model": "fal/kling-o1-edit"}
STILL = Report(verdict=Verdict.RUNNING)
STOPPED = Report(verdict=Verdict.FAILED, detail="Request was cancelled")


def cancel(reception: Reception, edit: Edit) -> Any:
    return reception.call("POST", f"/edits/{edit.edit_id}/cancel")


def listening(reception: Reception) -> Edit:
    """An edit at a provider that can cancel, whose workflow waits for a callback."""
    scene = reception.scene
    edit = scene.running(**FAL)
    scene.table.items[f"edit#{edit.edit_id}"]["wake_token"] = {"S": "token-1"}
    return edit


@pytest.mark.parametrize("is_validated", [False, True])
def test_before_the_submit_nothing_is_sent_and_nothing_billed(
    reception: Reception, is_validated: bool
) -> None:
    scene = reception.scene
    edit = scene.validated() if is_validated else scene.upload()

    said = cancel(reception, edit)
    scene.validate(edit)
    step = scene.submit(edit)

    assert (said.status, said.json["outcome"]) == (200, "CANCELLED")
    assert step.next == "PERSIST"
    assert not scene.provider.orders
    closed = scene.records.close(scene.now(edit), required(scene.now(edit).conclusion))
    assert (closed.status, closed.reason, closed.billed_usd) == (
        Status.CANCELLED,
        Reason.CANCELLED,
        0,
    )


def test_cancelled_twice_is_cancelled_once(reception: Reception) -> None:
    edit = reception.scene.upload()

    outcomes = [cancel(reception, edit).json["outcome"] for _ in range(2)]

    assert outcomes == ["CANCELLED", "CANCELLED"]


def test_a_provider_that_can_stop_is_asked_by_the_next_poll_which_comes_at_once(
    reception: Reception,
) -> None:
    scene = reception.scene
    edit = listening(reception)
    scene.provider.cancellation = Cancellation.REQUESTED
    scene.provider.reports = [STILL, STOPPED]

    said = cancel(reception, edit)
    scene.poll(edit)
    asked = reception.call("GET", f"/edits/{edit.edit_id}").json
    step = scene.poll(edit)

    assert said.json["outcome"] == "PROVIDER_ASKED"
    assert reception.woken == ["token-1"]
    assert scene.provider.cancelled == ["task-1"]
    assert asked["cancellation"]["outcome"] == "AGREED"
    assert step.next == "PERSIST"
    conclusion = scene.now(edit).conclusion
    assert conclusion is not None
    assert (conclusion.status, conclusion.at_risk) == (Status.CANCELLED, True)


def test_a_result_that_was_faster_is_kept(reception: Reception) -> None:
    scene = reception.scene
    edit = listening(reception)
    scene.provider.cancellation = Cancellation.TOO_LATE
    scene.provider.reports = [SUCCESS]

    cancel(reception, edit)
    step = scene.poll(edit)

    assert step.next == "PERSIST"
    assert scene.now(edit).conclusion is None
    assert scene.now(edit).cancel_outcome == "TOO_LATE"
    assert cancel(reception, edit).json["outcome"] == "WILL_FINISH"


def test_a_provider_that_agreed_and_finishes_all_the_same_delivers(reception: Reception) -> None:
    scene = reception.scene
    edit = listening(reception)
    scene.provider.cancellation = Cancellation.REQUESTED
    scene.provider.reports = [SUCCESS]

    cancel(reception, edit)
    step = scene.poll(edit)

    assert (step.next, scene.now(edit).conclusion) == ("PERSIST", None)


def test_a_provider_that_did_not_answer_is_asked_again(reception: Reception) -> None:
    scene = reception.scene
    edit = listening(reception)
    scene.provider.cancellation = Cancellation.UNANSWERED
    scene.provider.reports = [STILL]
    cancel(reception, edit)

    scene.poll(edit)
    scene.poll(edit)

    assert len(scene.provider.cancelled) == 2
    assert scene.now(edit).cancel_outcome is None


def test_after_a_cancellation_was_agreed_the_next_question_comes_soon(
    reception: Reception,
) -> None:
    scene = reception.scene
    edit = listening(reception)
    scene.provider.cancellation = Cancellation.REQUESTED
    scene.provider.reports = [STILL]
    scene.clock.advance(600)
    cancel(reception, edit)

    step = scene.poll(edit)

    assert step.wait_seconds <= 10


def test_a_provider_that_cannot_stop_is_not_asked_and_the_caller_is_told(
    reception: Reception,
) -> None:
    edit = reception.scene.running()

    said = cancel(reception, edit)

    assert said.json["outcome"] == "WILL_FINISH"
    assert reception.scene.now(edit) == edit


def test_what_is_being_saved_is_kept(reception: Reception) -> None:
    saving = reception.scene.records.begin_save(reception.scene.running(**FAL))

    assert cancel(reception, saving).json["outcome"] == "WILL_FINISH"


def test_an_edit_that_is_being_submitted_is_stopped_as_soon_as_it_runs(
    reception: Reception,
) -> None:
    scene = reception.scene
    edit = scene.records.begin_submit(scene.validated(**FAL), deadline=timedelta(hours=1))

    said = cancel(reception, edit)
    running = scene.records.accept(edit, "task-1", {})
    scene.provider.cancellation = Cancellation.REQUESTED
    scene.provider.reports = [STILL]
    scene.poll(running)

    assert said.json["outcome"] == "PROVIDER_ASKED"
    assert scene.provider.cancelled == ["task-1"]


@pytest.mark.parametrize(
    "conclusion",
    [Conclusion(status=Status.SUCCEEDED, message="ready"), failed(Reason.TIMED_OUT, "late")],
)
@pytest.mark.parametrize("is_closed", [False, True])
def test_what_has_ended_cannot_be_cancelled(
    reception: Reception, conclusion: Conclusion, is_closed: bool
) -> None:
    records = reception.scene.records
    edit = reception.scene.running(**FAL)
    edit = records.close(edit, conclusion) if is_closed else records.conclude(edit, conclusion)

    said = cancel(reception, edit)

    assert (said.status, said.code) == (409, "ALREADY_FINISHED")
    assert said.json["found"] == conclusion.status
