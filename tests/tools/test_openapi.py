"""docs/openapi.json says what the code does, and suits those who generate clients from it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from retake.api.openapi import CONTRACT

from tools.openapi import DOCUMENT, text

SPEC: dict[str, Any] = json.loads(DOCUMENT.read_text())
OPERATIONS = {
    operation["operationId"]: operation
    for item in SPEC["paths"].values()
    for operation in item.values()
}


def test_the_document_is_what_the_code_says() -> None:
    assert DOCUMENT.read_text() == text(), "Renew it with: make docs"


def test_it_is_of_version_3_1_and_every_reference_in_it_leads_somewhere() -> None:
    named = {found.rpartition("/")[2] for found in references(SPEC)}

    assert SPEC["openapi"].startswith("3.1")
    assert named == SPEC["components"]["schemas"].keys()


def test_every_route_is_an_operation_and_one_more_is_the_providers() -> None:
    assert OPERATIONS.keys() == {*CONTRACT, "receive_callback"}


def test_all_but_the_providers_door_is_signed() -> None:
    assert SPEC["security"] == [{"aws_sigv4": []}]
    open_to_all = [name for name, it in OPERATIONS.items() if it.get("security") == []]
    assert open_to_all == ["receive_callback"]


@pytest.mark.parametrize("name", CONTRACT)
def test_every_answer_has_a_schema_and_every_refusal_the_same(name: str) -> None:
    answers = OPERATIONS[name]["responses"]

    assert {"403", "429", "500", "503"} <= answers.keys()
    for status, answer in answers.items():
        content = answer.get("content", {})
        if status >= "400":
            schema = content["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}
        elif status == "307":
            assert "location" in answer["headers"]
        else:
            assert "$ref" in content["application/json"]["schema"]


@pytest.mark.parametrize("name", CONTRACT)
def test_an_operation_has_words_for_people_and_a_name_for_code(name: str) -> None:
    operation = OPERATIONS[name]

    assert re.fullmatch(r"[a-z]+_[a-z]+", operation["operationId"])
    assert operation["summary"]
    assert len(operation["description"]) > 30
    assert operation["tags"]


def test_what_is_sent_comes_with_an_example_and_takes_no_unknown_field() -> None:
    for name, schema in SPEC["components"]["schemas"].items():
        if name.startswith("New"):
            assert schema["additionalProperties"] is False
        if name in ("NewEdit", "NewQuotes", "NewUpload"):
            assert schema["examples"]


def test_no_answer_has_a_field_that_may_be_null() -> None:
    answers = {n: s for n, s in SPEC["components"]["schemas"].items() if not n.startswith("New")}

    assert '"null"' not in json.dumps(answers)


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for each in part.values():
            yield from references(each)
    elif isinstance(part, list):
        for each in part:
            yield from references(each)
