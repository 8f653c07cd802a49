"""Settings that are wrong: each refusal names the document, the field and what is allowed."""

from typing import Any

import pytest
from retake.domain.vocabulary import Reason, Status
from retake.steps.outcome import Next
from retake.steps.policy import Inbox

from tests.retake.steps.dropped_clips import DEEP, KEY, SIDECAR, dropped
from virtual.scene import Scene

REFUSED: dict[str, tuple[dict[str, str], dict[str, Any], str, str, str]] = {
    # name: metadata, documents, default; field, start of the message
    "sidecar is no JSON": ({}, {SIDECAR: b'{"prompt": "a"'}, "", "request", SIDECAR),
    "sidecar is a list": ({}, {SIDECAR: b"[1]"}, "", "request", SIDECAR),
    "sidecar is empty": ({}, {SIDECAR: b""}, "", "request", SIDECAR),
    "sidecar is too large": ({}, {SIDECAR: b" " * 70_000}, "", "request", SIDECAR),
    "sidecar names another clip": (
        {},
        {SIDECAR: {"prompt": "a", "source": "other.mp4"}},
        "",
        "source",
        SIDECAR,
    ),
    "sidecar has an unknown field": (
        {},
        {SIDECAR: {"prompt": "a", "promt": 1}},
        "",
        "promt",
        SIDECAR,
    ),
    "sidecar's choice under a preset's prompt": (
        {},
        {SIDECAR: {"keep_audio": 7}, DEEP: {"prompt": "a"}},
        "",
        "keep_audio",
        SIDECAR,
    ),
    "preset names a source": (
        {},
        {DEEP: {"prompt": "a", "source": KEY}},
        "",
        "source",
        DEEP,
    ),
    "preset with an unknown placeholder": ({}, {DEEP: {"prompt": "{place}"}}, "", "prompt", DEEP),
    "preset that is filled with what cannot be sent": (
        {"place": "a\x07b"},
        {DEEP: {"prompt": "{place}"}},
        "",
        "prompt",
        DEEP,
    ),
    "the stack's prompt with an unknown placeholder": (
        {},
        {},
        "{place}",
        "prompt",
        "DefaultPrompt",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_settings_that_are_wrong_name_their_document_the_field_and_what_is_allowed(
    case: tuple[dict[str, str], dict[str, Any], str, str, str],
) -> None:
    metadata, documents, default, named, document = case
    scene, edit = dropped(metadata, documents)

    step = scene.validate(edit, inbox=Inbox(default_prompt=default))

    seen = scene.now(edit)
    assert step.next is Next.PERSIST
    assert seen.conclusion is not None
    assert (seen.conclusion.status, seen.conclusion.reason) == (
        Status.REJECTED,
        Reason.INVALID_REQUEST,
    )
    assert seen.conclusion.message.startswith(f"{document}: ")
    assert seen.conclusion.details["field"] == named
    assert seen.conclusion.details["allowed"]
    assert seen.settings_from is not None


@pytest.mark.parametrize("key", ["clip.json", "rainy/settings.JSON", "clip.mp4.Json"])
def test_json_under_another_name_is_told_the_two_right_ones(key: str) -> None:
    scene = Scene()
    edit = scene.upload(key, body=b'{"prompt": "noir"}')

    scene.validate(edit)

    conclusion = scene.now(edit).conclusion
    assert conclusion is not None
    assert conclusion.reason is Reason.NOT_A_VIDEO
    assert " (clip.mp4.json for " in conclusion.message.replace("settings", "clip")
    assert ".request.json" in conclusion.message
