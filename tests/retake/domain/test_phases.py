"""One vocabulary of phases, with one progress, whatever surface tells it."""

import pytest
from retake.domain.edit import Conclusion, Edit
from retake.domain.phases import OF_STATUS, PHASES, EditPhase, doing_of, phase_of, progress_percent
from retake.domain.vocabulary import Status, WaitsFor
from retake.domain.waits import WAITS

AT = "2026-03-01T12:00:00.000Z"


def edit(status: Status = Status.RECEIVED, **facts: object) -> Edit:
    known = {"edit_id": "e-1", "created_at": AT, "updated_at": AT, "status": status, **facts}
    return Edit(**known)  # type: ignore[arg-type]  # what each test says of it


def test_every_phase_and_every_wait_has_its_words() -> None:
    assert set(PHASES) == set(EditPhase)
    assert set(OF_STATUS) == set(Status)
    assert set(WAITS) == set(WaitsFor)


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED", "CANCELLED"])
def test_an_edit_that_has_ended_has_all_of_its_way_behind_it(status: str) -> None:
    assert progress_percent(edit(Status(status), progress_percent=40)) == 100


def test_progress_never_goes_back_on_the_way_of_an_edit() -> None:
    way = [
        edit(),
        edit(fit_planned_at=AT),
        edit(validated_at=AT),
        edit(validated_at=AT, waits_for=WaitsFor.SLOT),
        edit(Status.SUBMITTING, validated_at=AT),
        edit(Status.UNCERTAIN),
        *(edit(Status.RUNNING, progress_percent=percent) for percent in (0, 50, 100)),
        edit(Status.SAVING),
        edit(Status.RUNNING, conclusion=Conclusion(status=Status.FAILED)),
        edit(Status.SUCCEEDED),
    ]

    told = [progress_percent(each) for each in way]

    assert told == sorted(told)


def test_an_edit_whose_end_is_decided_says_so_before_it_is_carried_out() -> None:
    cancelled = edit(conclusion=Conclusion(status=Status.CANCELLED), waits_for=None)

    assert phase_of(cancelled) is EditPhase.ENDING
    assert doing_of(cancelled) == "Ending as cancelled"


@pytest.mark.parametrize("status", sorted(Status))
def test_who_is_not_told_of_the_provider_reads_nothing_of_it(status: Status) -> None:
    said = edit(status, provider="fal", provider_status="fal says no", waits_for=WaitsFor.BAD_KEY)

    assert "fal" not in doing_of(said, names_provider=False)
