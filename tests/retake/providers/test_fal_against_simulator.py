"""What only fal's simulator can show: two forms of addresses, cancelling, and the list."""

from datetime import UTC, datetime, timedelta

import pytest
from retake.catalog.models import MODELS
from retake.providers.contract import Cancellation, DeletionOutcome, Task, Verdict

from local.simulators import Simulators
from tests.retake.providers.simulated import Customer

FAL = MODELS["fal/kling-o1-edit"]


@pytest.mark.parametrize("form", ["short", "full"])
@pytest.mark.parametrize("status", [200, 202])
def test_fals_two_forms_of_addresses_and_codes_are_one_to_us(
    form: str, status: int, sims: Simulators, clip_url: str
) -> None:
    sims.settings.change(fal_urls=form, fal_status_code=status)
    customer = Customer(sims, FAL, clip_url)

    assert customer.outcome(customer.task()).verdict is Verdict.SUCCEEDED


def test_a_waiting_edit_at_fal_can_be_cancelled_and_then_has_failed(
    sims: Simulators, clip_url: str
) -> None:
    sims.settings.change(seconds=30)
    customer = Customer(sims, FAL, clip_url)
    task = customer.task()

    assert customer.provider.cancel(task) is Cancellation.REQUESTED
    assert customer.outcome(task).verdict is Verdict.FAILED
    assert customer.provider.cancel(task) is Cancellation.TOO_LATE
    assert customer.provider.cancel(Task(task_id="unknown")) is Cancellation.UNKNOWN_TASK


def test_a_submit_whose_answer_was_lost_is_found_in_fals_list(
    sims: Simulators, clip_url: str
) -> None:
    sims.settings.change(fal_listing="all")
    customer = Customer(sims, FAL, clip_url)
    customer.submit(video_url=f"{clip_url}?attempt=other")
    customer.script("submit", "drop")
    since = datetime.now(UTC) - timedelta(minutes=1)

    lost = customer.submit(video_url=f"{clip_url}?attempt=mine")
    found = customer.provider.find(f"{clip_url}?attempt=mine", since=since)

    assert lost.verdict is Verdict.AMBIGUOUS
    assert found is not None
    assert customer.outcome(found).verdict is Verdict.SUCCEEDED
    assert customer.provider.find(f"{clip_url}?attempt=none", since=since) is None


def test_a_finished_request_is_forgotten_with_its_files_and_is_unknown_afterwards(
    sims: Simulators, clip_url: str
) -> None:
    customer = Customer(sims, FAL, clip_url)
    task = customer.task()
    customer.outcome(task)

    first, second = customer.provider.forget(task), customer.provider.forget(task)

    assert (first, second) == (DeletionOutcome.FORGOTTEN, DeletionOutcome.UNKNOWN_TASK)
    (entry,) = sims.ledger.entries(kind="forgotten", job_id=task.task_id)
    assert entry.details["files"] == 1
    assert customer.provider.poll(task).video_url is None


def test_a_key_that_may_not_delete_is_told_apart_from_a_request_that_is_gone(
    sims: Simulators, clip_url: str
) -> None:
    sims.settings.change(fal_admin_key=False)
    customer = Customer(sims, FAL, clip_url)
    task = customer.task()
    customer.outcome(task)

    said = customer.provider.forget(task)
    sims.settings.change(fal_admin_key=True)

    assert said is DeletionOutcome.REFUSED
    assert not sims.ledger.entries(kind="forgotten", job_id=task.task_id)
