"""The before/after page as text: what it says, and that what it was given stays text."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retake.domain.edit import Edit, Result
from retake.domain.request import Request
from retake.domain.source import Origin, Source
from retake.domain.vocabulary import Operation, SettingsSource, Status
from retake.presentation.pages.compare import ComparedSide, compare_page
from retake.presentation.pages.facts import facts_of

BEFORE = ComparedSide(
    "https://inbox.example/clip.mp4?X-Amz-Signature=a&b", "https://results.example/b"
)
AFTER = ComparedSide("https://results.example/clip.mp4?X-Amz-Signature=c&d")
EDIT = Edit(
    edit_id="e-0123456789abcdefghjk",
    status=Status.SUCCEEDED,
    created_at="2026-03-01T12:00:00.000Z",
    updated_at="2026-03-01T12:03:12.000Z",
    finished_at="2026-03-01T12:03:12.000Z",
    upload=Source(bucket="inbox", key="shots/clip.mp4"),
    request=Request(prompt="Make it snow"),
    model="novita/kling-o1-edit",
    provider="novita",
    quoted_usd=0.84,
    settings_from=Origin(road=SettingsSource.PRESET, key="presets/winter.json"),
    footage={"duration_seconds": 5.4, "width": 1920, "height": 1080, "size_bytes": 20_000_000},
    repair={"changes": ["Trimmed from 12.40 s to 5.40 s."]},
    warnings=("The key x was ignored.",),
    result=Result(
        bucket="results",
        key="edited/shots/clip.e-1.mp4",
        manifest_key="edited/shots/clip.e-1.json",
        size_bytes=9_200_000,
        sha256="",
        duration_seconds=5,
        width=1280,
        height=720,
        has_audio=True,
    ),
)


def page(facts: dict[str, Any] | None = None, **options: Any) -> str:
    sides = {"before": BEFORE, "after": AFTER, **options}
    return compare_page(facts_of(EDIT) if facts is None else facts, **sides)


def shown(text: str) -> str:
    """The words of a page without its elements."""
    body = text.partition("<body>")[2].partition("<script")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


@pytest.mark.parametrize(
    "said",
    [
        "Make it snow",
        "shots/clip.mp4",
        "novita/kling-o1-edit",
        "$0.84",
        "5.00 s before: 5.40 s",
        "1280 × 720 before: 1920 × 1080",
        "9.2 MB before: 20.0 MB",
        "3 min 12 s",
        "1 March 2026, 12:03 UTC",
        "preset: winter.json",
        "Trimmed from 12.40 s to 5.40 s.",
        "The key x was ignored.",
        "e-0123456789abcdefghjk",
        "edited by a generative model",
    ],
)
def test_the_page_says_what_was_done(said: str) -> None:
    assert said in shown(page())


def test_what_is_not_known_is_not_mentioned() -> None:
    text = shown(page({}, before=None))

    assert "None" not in text
    assert "Cost" not in text
    assert "Before and after" in text


@settings(deadline=None)
@given(st.text(), st.sampled_from(["name", "prompt", "model", "provider", "settings_from"]))
def test_no_text_can_leave_its_place(text: str, name: str) -> None:
    element = re.compile(r"<[a-z!/][^\s>]*")  # a long text gives its heading attributes, no more

    hostile = page({name: text})

    assert {*element.findall(hostile)} <= {*element.findall(page({name: "plain"}))}
    assert hostile.count("<script") == page({}).count("<script")


def test_signed_addresses_come_through_whole() -> None:
    text = page()

    found = [unescape(each) for each in re.findall(r'data-src="([^"]*)"', text)]
    assert sorted(found) == sorted([BEFORE.url, AFTER.url])


def test_sound_can_be_chosen_where_there_is_any() -> None:
    silent, heard = page({}), page({"before_audio": True, "after_audio": True})

    assert 'id="sound"' not in silent
    assert re.findall(r'<option value="(\w+)"', heard) == ["none", "before", "after"]


def test_without_a_clip_before_there_is_no_divider_and_no_word_of_it() -> None:
    text = page(before=None)

    assert 'id="divider"' not in text
    assert "compare" not in shown(text)
    assert 'id="after"' in text


def test_every_control_has_a_name() -> None:
    text = page()

    for tag in re.findall(r"<(?:button|input|select|video|section)[^>]*>", text):
        assert "aria-label" in tag or 'class="card"' in tag, tag


def test_the_money_is_what_was_quoted_until_a_bill_is_known() -> None:
    assert facts_of(EDIT)["cost_usd"] == 0.84
    assert facts_of(replace(EDIT, billed_usd=0.0))["cost_usd"] == 0.0


def test_facts_of_a_video_from_pictures_speak_of_no_clip() -> None:
    facts = facts_of(replace(EDIT, source=None, footage=None, operation=Operation.REFERENCE))

    assert not [name for name, value in facts.items() if name.startswith("source_") and value]
    assert "made by a generative model" in shown(page(facts, before=None))
