"""The roads on which settings come: which wins, and what stays on top of it."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from retake.domain.vocabulary import SettingsSource
from retake.request.presets import preset_keys
from retake.steps.outcome import Next
from retake.steps.policy import Inbox

from tests.retake.steps.dropped_clips import DEEP, KEY, SHALLOW, SIDECAR, dropped
from virtual.scene import Scene


@dataclass(frozen=True)
class Case:
    """What lies where, and what comes of it."""

    road: SettingsSource
    request: dict[str, Any]
    metadata: dict[str, str] = field(default_factory=dict)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    default: str = ""
    key: str | None = None
    topped_by: tuple[SettingsSource, ...] = ()


CASES = {
    "metadata alone": Case(
        SettingsSource.METADATA,
        {"prompt": "meta", "fast": False},
        metadata={"prompt": "meta"},
    ),
    "metadata before all others": Case(
        SettingsSource.METADATA,
        {"prompt": "meta", "keep_audio": True},
        metadata={"prompt": "meta"},
        documents={
            SIDECAR: {"prompt": "side", "keep_audio": False},
            DEEP: {"prompt": "deep"},
        },
        default="default",
    ),
    "sidecar alone": Case(
        SettingsSource.SIDECAR,
        {"prompt": "side", "keep_audio": False},
        documents={SIDECAR: {"prompt": "side", "keep_audio": False}},
        key=SIDECAR,
    ),
    "sidecar before preset": Case(
        SettingsSource.SIDECAR,
        {"prompt": "side", "keep_audio": True},
        documents={SIDECAR: {"prompt": "side"}, DEEP: {"prompt": "deep", "keep_audio": False}},
        default="default",
        key=SIDECAR,
    ),
    "metadata's choices stay on top of a sidecar": Case(
        SettingsSource.SIDECAR,
        {"prompt": "side", "model": "fal/kling-o1-edit", "keep_audio": False},
        metadata={"model": "fal/kling-o1-edit"},
        documents={
            SIDECAR: {"prompt": "side", "model": "novita/kling-o1-edit", "keep_audio": False}
        },
        key=SIDECAR,
        topped_by=(SettingsSource.METADATA,),
    ),
    "a sidecar may name its own clip": Case(
        SettingsSource.SIDECAR,
        {"prompt": "side", "source": KEY},
        documents={SIDECAR: {"prompt": "side", "source": KEY}},
        key=SIDECAR,
    ),
    "the deepest preset": Case(
        SettingsSource.PRESET,
        {"prompt": "deep", "keep_audio": True},
        documents={DEEP: {"prompt": "deep"}, SHALLOW: {"prompt": "wide", "keep_audio": False}},
        default="default",
        key=DEEP,
    ),
    "the preset of a folder above": Case(
        SettingsSource.PRESET,
        {"prompt": "wide clip"},
        documents={SHALLOW: {"prompt": "wide {stem}"}},
        key=SHALLOW,
    ),
    "a preset filled from metadata": Case(
        SettingsSource.PRESET,
        {"prompt": "rain in Lima, {1}"},
        metadata={"place": "Lima", "weather": "{1}"},
        documents={DEEP: {"prompt": "rain in {place}, {weather}"}},
        key=DEEP,
    ),
    "choices of metadata and sidecar on top of a preset": Case(
        SettingsSource.PRESET,
        {"prompt": "deep", "model": "fal/kling-o1-edit", "keep_audio": False},
        metadata={"model": "fal/kling-o1-edit"},
        documents={
            SIDECAR: {"keep_audio": False, "model": "novita/kling-o1-edit"},
            DEEP: {"prompt": "deep", "keep_audio": True},
        },
        key=DEEP,
        topped_by=(SettingsSource.METADATA, SettingsSource.SIDECAR),
    ),
    "the stack's prompt": Case(
        SettingsSource.DEFAULT,
        {"prompt": "like rainy/night"},
        default="like {folder}",
        key="DefaultPrompt",
    ),
    "a preset's choices on top of the stack's prompt": Case(
        SettingsSource.DEFAULT,
        {"prompt": "default", "keep_audio": False},
        documents={DEEP: {"keep_audio": False}},
        default="default",
        key="DefaultPrompt",
        topped_by=(SettingsSource.PRESET,),
    ),
    "a blank prompt says nothing": Case(
        SettingsSource.PRESET,
        {"prompt": "deep", "keep_audio": False},
        metadata={"prompt": " ", "keep-audio": "no"},
        documents={SIDECAR: {"prompt": ""}, DEEP: {"prompt": "deep"}},
        key=DEEP,
        topped_by=(SettingsSource.METADATA, SettingsSource.SIDECAR),
    ),
    "metadata that only misspells": Case(
        SettingsSource.DEFAULT,
        {"prompt": "default"},
        metadata={"mtime": "1700000000"},
        default="default",
        key="DefaultPrompt",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_first_road_with_a_prompt_wins_under_the_choices_of_those_before(case: Case) -> None:
    scene, edit = dropped(case.metadata, case.documents)

    step = scene.validate(edit, inbox=Inbox(default_prompt=case.default))

    seen = scene.now(edit)
    assert step.next is Next.SUBMIT, seen.conclusion
    assert seen.request is not None
    told = {name: getattr(seen.request, name) for name in case.request}
    assert told == case.request
    origin = seen.settings_from
    assert origin is not None
    assert (origin.road, origin.key) == (case.road, case.key)
    assert origin.version_id == (f"version of {case.key}" if case.key in case.documents else None)
    assert tuple(each.road for each in origin.topped_by) == case.topped_by


def test_a_prefix_is_no_folder_of_a_preset() -> None:
    scene = Scene()
    edit = scene.upload("clips/rainy/a.mp4", prompt="")
    scene.storage.objects["inbox", "clips/presets/rainy.json"] = b'{"prompt": "in {folder}"}'

    scene.validate(edit, inbox=Inbox(prefix="clips/"))

    request = scene.now(edit).request
    assert request is not None
    assert request.prompt == "in rainy"


@pytest.mark.parametrize(
    ("key", "presets"),
    [
        ("clip.mp4", []),
        ("a/clip.mp4", ["presets/a.json"]),
        ("a/b/c/d/clip.mp4", ["presets/a/b/c.json", "presets/a/b.json", "presets/a.json"]),
        ("/clip.mp4", []),
        ("a//clip.mp4", ["presets/a/.json", "presets/a.json"]),
    ],
)
def test_presets_are_looked_for_at_three_levels_at_most(key: str, presets: list[str]) -> None:
    assert preset_keys(key, "") == presets


class Counted:
    """Counts what is asked of a storage."""

    def __init__(self, inner: Any) -> None:
        self.heads: list[str] = []
        self._inner = inner

    def head(self, source: Any) -> Any:
        self.heads.append(source.key)
        return self._inner.head(source)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def test_a_clip_that_says_its_prompt_costs_one_request_as_ever() -> None:
    scene, edit = dropped({"prompt": "noir"}, {SIDECAR: {"prompt": "side"}})
    scene.storage = Counted(scene.storage)

    scene.validate(edit, inbox=Inbox(settle_seconds=20))

    assert scene.storage.heads == [KEY]


def test_a_request_file_is_a_road_of_its_own() -> None:
    scene = Scene()
    scene.storage.objects["inbox", "sources/day.mp4"] = b"clip"
    body = json.dumps({"prompt": "night", "source": "sources/day.mp4"}).encode()
    edit = scene.upload("jobs/night.request.json", body=body)

    scene.validate(edit)

    origin = scene.now(edit).settings_from
    assert origin is not None
    assert (origin.road, origin.key) == (SettingsSource.REQUEST, "jobs/night.request.json")
    assert origin.version_id == edit.upload.version_id if edit.upload else None
