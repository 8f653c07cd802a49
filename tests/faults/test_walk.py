"""The walk of a plain clip: the files it goes through are those that docs/architecture.md lists."""

import re
import sys
from collections import defaultdict
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from tests.faults.runs import Variant, played
from tests.support.template_reader import ROOT
from virtual import lambdas, wiring

PAGE = (ROOT / "docs/architecture.md").read_text()
SECTIONS = dict(re.findall(r"^\*\*(\w+)\*\* (\(\d+ files\)\..*?)(?=^\*\*|^##)", PAGE, re.M | re.S))
MOST = {"Intake": 9, "Validate": 15, "Submit": 16, "Poll": 11, "Persist": 16}
CORE = f"{ROOT}/layers/core/retake/"
HARNESS = (f"{ROOT}/tests/", f"{ROOT}/virtual/")
# The fakes of the harness call the first three; all states share the others, as the page says.
NOT_COUNTED = {
    *("aws/dynamodb.py", "aws/dynamodb_changes.py", "aws/dynamodb_values.py"),
    *("container.py", "steps/measures.py"),
}


def file_of(frame: FrameType | None) -> str:
    """The file of the nearest caller that is ours, from its room on; empty for the harness."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(CORE):
            return name.removeprefix(CORE)
        if name.startswith(f"{ROOT}/functions/"):
            return name.removeprefix(f"{ROOT}/")
        if name.startswith(HARNESS):
            return ""
        frame = frame.f_back
    return ""


def is_own(caller: str, called: str) -> bool:
    """Whether the handler or its steps call, not a lower room, and not the harness for itself."""
    return caller.startswith(("functions/", "steps/")) or called.startswith("functions/")


def is_imported(frame: FrameType | None) -> bool:
    """Whether this runs while a module of ours is loaded: no step of a walk."""
    while frame is not None and not frame.f_code.co_filename.startswith(HARNESS):
        if frame.f_code.co_name == "<module>":
            return True
        frame = frame.f_back
    return False


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """By state: the handler, its steps, and what these call of other rooms."""
    seen: dict[str, set[str]] = defaultdict(set)
    real = wiring.handler

    def watched(name: str) -> Callable[[Any, Any], Any]:
        def listen(frame: FrameType, event: str, argument: object) -> None:
            if frame.f_code.co_name == "__init__" or is_imported(frame):
                return  # made or imported, not called on the way
            if event == "call" and is_own(file_of(frame.f_back), file_of(frame)):
                seen[name.capitalize()].add(file_of(frame))

        def call(event: Any, context: Any) -> Any:
            sys.setprofile(listen)
            try:
                return real(name)(event, context)
            finally:
                sys.setprofile(None)

        return call

    monkeypatch.setattr(lambdas, "handler", watched)
    outcome = played(Variant("plain", "novita/kling-o1-edit"), {}, line="a plain clip")
    assert outcome.ends == {"SUCCEEDED": 1}
    return seen


def listed(state: str) -> set[str]:
    return set(re.findall(r"`([\w/]+\.py)`", SECTIONS[state]))


def test_a_plain_clip_walks_only_through_the_files_that_the_page_lists(
    walked: dict[str, set[str]],
) -> None:
    for state in MOST:
        front = {f for f in walked[state] if f and not f.startswith("domain/")} - NOT_COUNTED
        assert front <= listed(state), state


def test_the_page_lists_few_files_for_each_state_and_counts_them_right() -> None:
    for state, most in MOST.items():
        files = listed(state)
        assert SECTIONS[state].startswith(f"({len(files)} files)"), (state, len(files))
        assert len(files) <= most, state
