"""Placeholders: filled from a clip's name and metadata, never from what was filled in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.domain.errors import Refused
from retake.domain.vocabulary import Reason
from retake.request.placeholders import filled, values_for

KEY = "inbox/rainy/night/berlin_2026-take.3.mp4"
VALUES = values_for(
    KEY,
    {"place": "UTF-8''S%C3%A3o%20Paulo", "prompt": "noir", "name": "x", "keep-audio": "no"},
    prefix="inbox/",
    day="2026-03-01",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Make it {stem}", "Make it berlin_2026-take.3"),
        ("{name}", "berlin_2026-take.3.mp4"),
        ("{folder} | {key}", "rainy/night | rainy/night/berlin_2026-take.3.mp4"),
        ("{1}, {2}, {3}, {4}", "berlin, 2026, take, 3"),
        ("on {date} in {place}", "on 2026-03-01 in São Paulo"),
        ("{ place }", "São Paulo"),
        ("{{place}} and {{{1}}}", "{place} and {berlin}"),
        ("no braces", "no braces"),
        ("", ""),
    ],
)
def test_a_text_is_filled_from_the_clip(text: str, expected: str) -> None:
    assert filled(text, VALUES, "prompt") == expected


def test_every_text_in_a_value_is_filled_and_nothing_else() -> None:
    value: Any = {"images": ["images/{1}.png"], "elements": [{"frontal": "{2}.png"}], "fast": True}

    assert filled(value, VALUES, "all") == {
        "images": ["images/berlin.png"],
        "elements": [{"frontal": "2026.png"}],
        "fast": True,
    }


@pytest.mark.parametrize("text", ["{weather}", "{5}", "{}", "{prompt}", "{keep-audio}"])
def test_an_unknown_placeholder_is_named_with_those_there_are(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        filled(f"Make it {text}", VALUES, "prompt")

    details = refusal.value.details()
    assert refusal.value.reason is Reason.INVALID_REQUEST
    assert (details["field"], details["found"]) == ("prompt", text)
    for name in ("{stem}", "{folder}", "{place}", "{4}"):
        assert name in details["allowed"]


@pytest.mark.parametrize("text", ["a { b", "a } b", "{{}", "{a{b}"])
def test_a_single_brace_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        filled(text, VALUES, "prompt")


@given(st.text())
def test_what_is_filled_in_is_never_read_again(place: str) -> None:
    values = values_for(f"{place}/{place}.mp4", {"place": place}, prefix="", day="2026-03-01")

    assert filled("<{folder}|{stem}>", values, "prompt") == (
        f"<{values['folder']}|{values['stem']}>"
    )
