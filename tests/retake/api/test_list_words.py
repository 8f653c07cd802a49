"""GET /edits: words of filters in any case, and parameters that are none."""

import pytest

from tests.retake.api.api_client import Reception
from tests.retake.api.test_list_edits import started


@pytest.mark.parametrize("said", ["succeeded", "Succeeded", "SUCCEEDED"])
def test_a_status_is_read_in_any_case(reception: Reception, said: str) -> None:
    started(reception, 2)

    answer = reception.call("GET", f"/edits?status={said}")

    assert (answer.status, answer.json["edits"]) == (200, [])


def test_a_status_that_is_nearly_one_is_refused_with_the_one_meant(reception: Reception) -> None:
    said = reception.call("GET", "/edits?status=succeded")

    assert (said.status, said.code) == (422, "INVALID_PARAMETER")
    assert "Did you mean 'SUCCEEDED'?" in said.json["detail"]


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
