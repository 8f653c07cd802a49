"""How the board looks in every state, judged by axe-core and by what makes text hard to read."""

from typing import Any

import pytest

from tests.browser.screen import DESKTOP, PHONE, Screen
from tests.browser.staged_board import (
    DESK,
    DETAILS,
    EVERYTHING,
    LINE,
    SENTENCE,
    STAGED,
    edit,
    ended,
)

WAITING = edit("waiting.mp4", status="SUBMITTING", doing="Waits for credit at novita", percent=15)
REFUSED = ended("long walk.mp4", "REJECTED", reason="TOO_LONG", message=SENTENCE)
STATES: dict[str, dict[str, Any]] = {
    "empty": {"edits": []},
    "ready to work": {"edits": [], "desk": DESK},
    "edits": {"edits": EVERYTHING, "desk": DESK, "older": "2026-02-28"},
    "only to look at": {"edits": EVERYTHING, "older": "2026-02-28"},
    "waiting": {"edits": [WAITING], "desk": DESK, "line": LINE},
    "refusal": {"edits": [REFUSED], "desk": DESK},
}
# Two clips in the form, one with its price, one with a refusal and a prompt of its own; a picture.
_FILLED = """
const one = row('street.mp4', {id: '1', is_here: true, seconds: 3, width: 1280, height: 720});
const two = row('long walk.mp4', {id: '2', is_here: true, seconds: 14, width: 1280, height: 720});
one.quotes = [{model: 'novita/kling-o1-edit', role: 'default', usd: 0.5, is_paid: true}];
two.quotes = [{model: 'novita/kling-o1-edit', role: 'default', refusal: arguments[0]}];
two.item.querySelector('details').open = true;
two.own.value = arguments[1];
pictures.push({id: '3', name: 'hat.png'});
drawPictures();
tellPrice();
tell('It was started; what was refused stays here to be mended.', 'bad');
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("state", [*STATES, "a form filled in"])
def test_the_board_can_be_used_by_everybody(
    page: Screen, width: int, scheme: str, state: str
) -> None:
    page.be(width, scheme)
    page.run(STAGED, STATES.get(state, STATES["edits"]))
    if state == "a form filled in":
        page.run(_FILLED, SENTENCE, DETAILS)

    page.shoot(f"board {state} {width} {scheme}".replace(" ", "-"))

    page.run("window.setTimeout = window.later")  # which axe-core waits with
    assert page.violations() == []
    assert page.flaws() == []


def test_a_prompt_from_right_to_left_is_written_so(page: Screen) -> None:
    page.run(STAGED, {"edits": [ended("حديقة.mp4", prompt="اجعل الثلج يتساقط ليلا")]})

    for part in (".name", ".prompt"):
        assert page.run(f"return getComputedStyle(document.querySelector('{part}')).direction") == (
            "rtl"
        )


def test_hints_of_keys_are_for_who_has_keys(page: Screen) -> None:
    for width in (DESKTOP, PHONE):
        page.be(width)
        page.run(STAGED, {"edits": [], "desk": DESK})
        has_keys = page.run("return matchMedia('(hover: hover) and (pointer: fine)').matches")

        assert page.find(".keys").is_displayed() is has_keys
    assert has_keys is False  # a phone


def test_the_board_weighs_little_beside_its_pictures(page: Screen) -> None:
    weights = page.run(
        "return [...performance.getEntriesByType('navigation'), "
        "...performance.getEntriesByType('resource')]"
        ".filter((each) => !['img', 'video'].includes(each.initiatorType))"
        ".map((each) => each.transferSize)"
    )

    assert 10_000 < sum(weights) < 300_000
