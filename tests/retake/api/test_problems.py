"""Whatever is sent, the answer is one of a few shapes and says nothing of the inside."""

import json
from typing import Any

import pytest
from retake.api.openapi import CONTRACT
from retake.api.part_views import ProblemView
from retake.api.problems import CODES, TITLES, Problem, answer_for
from retake.domain.errors import Misconfigured, Refused, Unavailable
from retake.domain.vocabulary import Reason
from retake.records.queries import UnknownEdit

from tests.retake.api.api_client import Reception

DEEP = "[" * 30_000 + "]" * 30_000


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        (None, "MALFORMED_BODY", 400),
        ("", "MALFORMED_BODY", 400),
        ("{", "MALFORMED_BODY", 400),
        ("[]", "MALFORMED_BODY", 400),
        ('[{"prompt": "x", "source": "a"}]', "MALFORMED_BODY", 400),
        ("null", "MALFORMED_BODY", 400),
        ("1", "MALFORMED_BODY", 400),
        ('{"prompt": NaN}', "MALFORMED_BODY", 400),
        ('{"prompt": "a", "prompt": "b"}', "MALFORMED_BODY", 400),
        (DEEP, "MALFORMED_BODY", 400),
        ('{"prompt": "\\ud800"}', "INVALID_REQUEST", 422),
        ('{"prompt": "' + "x" * 66_000 + '"}', "BODY_TOO_LARGE", 413),
    ],
)
@pytest.mark.parametrize("path", ["/edits", "/quotes", "/uploads"])
def test_a_body_that_cannot_be_read_is_refused_by_one_of_few_words(
    reception: Reception, path: str, body: str | None, code: str, status: int
) -> None:
    said = reception.call("POST", path, body)

    assert (said.status, said.code) == (status, code)
    assert not reception.reported


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_body_that_is_not_json_is_told_so(reception: Reception, kind: str) -> None:
    said = reception.call("POST", "/edits", '{"prompt": "x"}', content_type=kind)

    assert (said.status, said.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
def test_json_is_recognised_however_it_is_written(reception: Reception, kind: str) -> None:
    said = reception.call("POST", "/edits", {"prompt": "x", "source": "a"}, content_type=kind)

    assert said.status == 202


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/edits", ["GET", "POST"]),
        ("PATCH", "/edits/e-1", ["DELETE", "GET"]),
        ("GET", "/edits/e-1/cancel", ["POST"]),
        ("OPTIONS", "/quotes", ["POST"]),
    ],
)
def test_another_method_is_told_which_there_are(
    reception: Reception, method: str, path: str, allowed: list[str]
) -> None:
    said = reception.call(method, path)

    assert (said.status, said.code) == (405, "METHOD_NOT_ALLOWED")
    assert said.headers["allow"] == ", ".join(allowed)


@pytest.mark.parametrize("path", ["/", "/nope", "/edits/a/b/c", "//edits", "/edits/e-1/video/x"])
def test_a_path_that_is_none_is_not_found(reception: Reception, path: str) -> None:
    assert reception.call("GET", path).status == 404


def test_an_error_nobody_foresaw_says_nothing_and_is_reported(reception: Reception) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("AKIA-secret")

    reception.grants.upload = broken

    said = reception.call("POST", "/uploads", {"file_name": "a", "content_type": "video/mp4"})

    assert (said.status, said.code) == (500, "INTERNAL_ERROR")
    assert not {"secret", "KeyError", "Traceback"} & set(said.text.replace("-", " ").split())
    assert [type(error) for error in reception.reported] == [TypeError]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Unavailable("x"), 503, "UNAVAILABLE"),
        (Misconfigured("x"), 500, "MISCONFIGURED"),
        (UnknownEdit("x"), 404, "NOT_FOUND"),
        (Refused(Reason.TOO_LONG, "x", field="f", found=1, allowed=2), 422, "TOO_LONG"),
        (Problem("NO_VIDEO", "x"), 409, "NO_VIDEO"),
        (ValueError("x"), 500, "INTERNAL_ERROR"),
    ],
)
def test_every_error_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    answer = answer_for(error, "request-1")

    assert (answer.status, answer.body["code"]) == (status, code)
    ProblemView.model_validate(json.loads(json.dumps(answer.body)))


def test_every_code_has_a_title_and_never_the_name_of_a_reason_with_another_status() -> None:
    assert {*CODES.values(), 422} == TITLES.keys()
    shared = {code for code in CODES if code in set(Reason)}
    assert shared <= {"MISCONFIGURED", "INTERNAL_ERROR"}


def test_every_route_promises_every_status_its_problems_can_have() -> None:
    for name, route in CONTRACT.items():
        promised = {*route.answers, *route.problems}
        takes_body = name.startswith(("create", "answer")) or name == "redeliver_webhooks"
        assert ({400, 413, 415, 422} <= promised) == takes_body
        assert (404 in promised) == ("_id>" in route.path)
