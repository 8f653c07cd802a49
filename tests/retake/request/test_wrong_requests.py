"""Fields that are wrong: each refusal names the field, what was found and what is allowed."""

from typing import Any

import pytest
from retake.domain.errors import Refused
from retake.domain.vocabulary import Reason
from retake.request.parsing import fields_of_metadata, parse_request


@pytest.mark.parametrize("fields", [{}, {"prompt": ""}, {"prompt": " \n "}, {"prompt": None}])
def test_a_missing_prompt_has_its_own_reason(fields: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refusal:
        parse_request(fields)

    assert refusal.value.reason is Reason.MISSING_PROMPT


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("keep_audio", "maybe"),
        ("duration_seconds", "five"),
        ("duration_seconds", 0),
        ("duration_seconds", -1),
        ("duration_seconds", 86_401),
        ("operation", "erase"),
        ("images", 3),
        ("fast", []),
        ("prompt", 5),
        ("elements", [{"frontal": "a.png"}]),
    ],
)
def test_a_wrong_value_names_its_field_and_what_was_found(field: str, value: Any) -> None:
    with pytest.raises(Refused) as refusal:
        parse_request({"prompt": "noir", field: value})

    details = refusal.value.details()
    assert refusal.value.reason is Reason.INVALID_REQUEST
    assert details["field"].startswith(field)
    assert details["allowed"]
    assert str(details["found"]) == str(value)


def test_an_unknown_field_of_a_json_request_is_refused_with_a_hint() -> None:
    with pytest.raises(Refused, match="Did you mean 'keep_audio'"):
        parse_request({"prompt": "noir", "keep_adio": True})


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\ud800", "\x7f"])
def test_characters_that_cannot_be_sent_are_refused_by_name(char: str) -> None:
    with pytest.raises(Refused, match=f"U\\+{ord(char):04X}"):
        parse_request({"prompt": f"a{char}b"})


@pytest.mark.parametrize("carried", ["UTF-8''%E9", "=?UTF-8?Q?=E9?=", "snow \ufffd"])
def test_letters_that_were_lost_on_the_way_are_refused_and_not_billed(carried: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_request(fields_of_metadata({"prompt": carried}))

    assert "U+FFFD" in str(refusal.value)


def test_what_is_neither_true_nor_false_is_told_so() -> None:
    with pytest.raises(Refused, match="it is true or false"):
        parse_request({"prompt": "noir", "keep_audio": "flase"})
