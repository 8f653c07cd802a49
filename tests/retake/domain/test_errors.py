"""A refusal can be told anywhere, whatever it quotes."""

import json
from typing import Any

import pytest
from retake.aws.dynamodb_values import from_item, to_attribute
from retake.domain.errors import Refused
from retake.domain.vocabulary import Reason


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ("noir", "noir"),
        (7, 7),
        (0.5, 0.5),
        (0, 0),
        (True, True),
        (1e308, "1e+308"),
        (float("nan"), "nan"),
        (10**40, "1" + "0" * 40),
        ("\ud800", "\\ud800"),
        (["\ud800", 1], ["\\ud800", 1]),
        ({"a": 1}, "{'a': 1}"),
        ("x" * 60_000, "x" * 499 + "…"),
        (Reason.EMPTY, "EMPTY"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_was_found_is_told_in_a_form_that_every_store_takes(found: Any, told: Any) -> None:
    refusal = Refused(Reason.INVALID_REQUEST, "It is wrong.", found=found)

    assert refusal.details() == {"found": told}
    assert from_item({"found": to_attribute(refusal.details()["found"])}) == {"found": told}
    assert json.loads(json.dumps(refusal.details())) == {"found": told}


def test_a_sentence_is_cut_and_whole_letters_only() -> None:
    refusal = Refused(Reason.INVALID_REQUEST, "\ud800" + "x" * 60_000)

    assert len(str(refusal)) == 2000
    assert str(refusal).startswith("\\ud800x")
