"""GET /edits: words of filters in any case, and parameters that are none."""

import pytest
from retake.domain.budgets import Budgets

from tests.retake.api.api_client import Reception
from tests.retake.api.test_list_edits import started
from virtual.scene import Scene


@pytest.mark.parametrize("said", ["succeeded", "Succeeded", "SUCCEEDED"])
def test_a_status_is_read_in_any_case(reception: Reception, said: str) -> None:
    started(reception, 2)

    answer = reception.call("GET", f"/edits?status={said}")

    assert (answer.status, answer.json["edits"]) == (200, [])


def test_what_waits_is_found_by_the_word_of_the_board() -> None:
    reception = Reception(scene=Scene(budgets=Budgets(approve_above_usd_e4=0)))
    asks, moves = (reception.scene.validated(f"sources/{name}.mp4") for name in "ab")
    reception.scene.submit(asks)

    found = reception.call("GET", "/edits?status=waiting").json["edits"]

    assert [each["edit_id"] for each in found] == [asks.edit_id]
    assert found[0]["status"] == moves.status


def test_a_status_that_is_nearly_one_is_refused_with_the_one_meant(reception: Reception) -> None:
    said = reception.call("GET", "/edits?status=succeded")

    assert (said.status, said.code) == (422, "INVALID_PARAMETER")
    assert "Did you mean 'SUCCEEDED'?" in said.json["detail"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("since=yesterday", "found 'yesterday'; it is a time in ISO 8601, such as 2026-03-01T12:"),
        ("until=2026-13-01", "found '2026-13-01'; it is a time in ISO 8601"),
        ("limit=abc", "found 'abc'; it is a whole number from 1 to 100."),
        ("limit=101", "found '101'; it is a whole number from 1 to 100."),
        ("limit=0", "found '0'; it is a whole number from 1 to 100."),
    ],
)
def test_a_filter_that_cannot_be_read_is_told_with_what_is_expected(
    reception: Reception, query: str, told: str
) -> None:
    said = reception.call("GET", f"/edits?{query}")

    assert (said.status, said.code) == (422, "INVALID_PARAMETER")
    assert told in said.json["detail"]


def test_a_long_value_is_told_by_its_beginning_and_its_length(reception: Reception) -> None:
    said = reception.call("POST", "/edits", {"prompt": "x" * 6000, "source": "a.mp4"})

    assert said.status == 422
    assert "x… (6,000 characters)" in said.json["detail"]
    assert len(said.json["detail"]) < 250


def test_a_model_is_read_in_any_case(reception: Reception) -> None:
    ids = started(reception, 1)
    model = reception.call("GET", f"/edits/{ids[0]}").json["model"]

    found = reception.call("GET", f"/edits?model={model.upper()}").json["edits"]

    assert [each["edit_id"] for each in found] == ids


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/edits?reference=order-1", "reference"),
        ("/edits?key=clip.mp4", "key"),
        ("/edits?limit=1&Status=RUNNING", "Status"),
        ("/models?page=2", "page"),
        ("/costs?group=day", "group"),
    ],
)
def test_a_parameter_that_is_none_is_refused_with_those_there_are(
    reception: Reception, path: str, name: str
) -> None:
    started(reception, 1)

    said = reception.call("GET", path)

    assert (said.status, said.code) == (422, "INVALID_PARAMETER")
    assert said.json["field"] == name
    assert ("status" in said.json["allowed"]) == path.startswith("/edits")


def test_a_call_that_starts_an_edit_takes_no_query(reception: Reception) -> None:
    said = reception.call("POST", "/edits?dry_run=true", {"prompt": "noir", "source": "clip.mp4"})

    assert (said.status, said.json["field"]) == (422, "dry_run")


def test_a_signature_may_stand_in_the_query(reception: Reception) -> None:
    assert reception.call("GET", "/edits?X-Amz-Signature=00&X-Amz-Date=20261128").status == 200
