"""The board's script by itself: what it asks for and when, and what it makes of any answer."""

from typing import Any

import pytest

from tests.browser.conftest import House
from tests.browser.screen import DESKTOP, PHONE, Screen

# From now on the page gets these answers instead of the stack's, and its timers are written down
# instead of being waited for.
_STAGED = """
window.answer = arguments[0]; window.waits = []; window.asked = 0;
window.fetch = async () => {
  window.asked += 1;
  if (window.answer === 'lost') throw new TypeError('no network');
  const status = window.answer.status || 200;
  return {ok: status === 200, status, json: async () => window.answer};
};
window.setTimeout = (what, wait) => { window.waits.push(wait); return 0; };
return look();
"""
_AGAIN = "window.answer = arguments[0]; window.waits = []; return look();"
_HIDDEN = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => true});"
LONG = "https://example.com/" + "averylongname" * 12 + ".mp4"
SENTENCE = "It was not taken: the clip lasts 12.5 seconds, and 3 to 10 seconds are allowed. " * 3
DETAILS = "A long prompt that says in every detail what shall change. " * 6
MARKUP = "<img src=x onerror=\"document.title='taken over'\"><script>document.title='x'</script>"


def edit(name: str = "clip.mp4", **more: Any) -> dict[str, Any]:
    return {
        "edit_id": f"e-{name}",
        "name": name,
        "prompt": "Make it snow, at night",
        "status": "RUNNING",
        "doing": "The provider is editing",
        "percent": 55,
        "is_finished": False,
        "model": "novita/kling-o1-edit",
        "cost": "about $0.84",
        "created_at": "2026-03-01T12:00:00.000Z",
        "seconds": 12,
        "share": f"e-{name}/token",
        **more,
    }


def ended(name: str, status: str = "SUCCEEDED", **more: Any) -> dict[str, Any]:
    return edit(name, status=status, is_finished=True, percent=100, cost="$0.84", **more)


EVERYTHING = [
    edit("moving.mp4"),
    edit("waiting.mp4", status="RECEIVED", doing="Looking at the clip", percent=5),
    ended("shots/day 3/take 12 – final.mp4", prompt=DETAILS),
    ended(LONG, "REJECTED", reason="TOO_LONG", message=SENTENCE),
    ended("late.mp4", "FAILED", reason="TIMED_OUT", message="Not done in time.", prompt=LONG),
    ended("stopped.mp4", "CANCELLED", message="It was cancelled."),
    *(ended(f"street.mp4 ({n})", batch_id="b-1") for n in range(3)),
    edit("street.mp4 (4)", batch_id="b-1"),
]


@pytest.fixture
def page(screen: Screen, house: House) -> Screen:
    """The board, without a stack behind it any more."""
    screen.open(house.mint.board())
    screen.until(lambda: "Looking" not in screen.text("#state"), "the first answer came")
    return screen


def test_told_to_ask_less_it_asks_less_and_does_not_call_it_lost(page: Screen) -> None:
    page.run(_STAGED, {"edits": [edit()]})
    told = page.text("#state")
    waits = []
    for _ in range(8):
        page.run(_AGAIN, {"status": 429})
        waits += page.run("return window.waits")
    page.run(_AGAIN, {"edits": [edit()]})
    answered = page.run("return window.waits")

    assert waits[0] < 4000
    assert 11000 < waits[-1] < 19000
    assert answered[0] < 15000
    assert page.text("#state") == told


def test_it_asks_often_while_something_moves_and_seldom_otherwise(page: Screen) -> None:
    page.run(_STAGED, {"edits": [edit()]})
    moving = page.run("return window.waits")

    page.run(_AGAIN, {"edits": [ended("clip.mp4")]})
    still = page.run("return window.waits")

    assert moving == [2000]
    assert still == [15000]


def test_it_does_not_ask_while_nobody_looks_and_does_at_once_when_somebody_does(
    page: Screen,
) -> None:
    page.run(_STAGED, {"edits": [edit()]})
    page.run(_HIDDEN)

    page.run(_AGAIN, {"edits": [edit()]})
    hidden = page.run("return window.waits")
    before = page.run("return window.asked")
    page.run("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")

    assert hidden == []
    assert page.run("return window.asked") == before + 1


def test_it_survives_lost_answers_says_so_and_goes_on(page: Screen) -> None:
    page.run(_STAGED, {"edits": [edit()]})

    waits = []
    for _ in range(8):
        page.run(_AGAIN, "lost")
        waits += page.run("return window.waits")
    said = page.text("#state")
    still_shown = len(page.all(".edit"))
    page.run(_AGAIN, {"edits": [edit(percent=80)]})

    assert waits == [4000, 8000, 16000, 32000, 60000, 60000, 60000, 60000]
    assert said == "No answer; trying again in 60 s"
    assert still_shown == 1
    assert "80 %" in page.text(".edit")
    assert page.text("#state") == "Live: an edit is moving"


def test_it_stops_asking_when_its_link_has_expired(page: Screen) -> None:
    page.run(_STAGED, {"status": 403})

    assert page.run("return window.waits") == []
    assert "expired" in page.text("#state")


def test_without_an_address_to_drop_at_there_is_nothing_to_drop_onto(page: Screen) -> None:
    page.run(_STAGED, {"edits": [], "drop": {"url": "/drop", "token": "t", "most_bytes": 1}})
    offered = page.find("#drop").is_displayed()
    page.run(_AGAIN, {"edits": []})

    assert offered
    assert not page.find("#drop").is_displayed()
    assert page.find("#empty").is_displayed()


LINE = {
    "slots": [
        {"key": "novita", "taken": 4, "limit": 4},
        {"key": "fal", "taken": 0, "limit": 2, "held_for": "NO_CREDIT"},
    ],
    "waiting": [
        {"number": "more than 100", "why": "for their turn at a provider"},
        {"number": "1", "why": "for somebody to approve them"},
    ],
    "budgets": [
        {"told": "$24.36 of $25.00 this day", "percent": 97, "is_full": False},
        {"told": "40 of 40 edits this month", "percent": 100, "is_full": True},
    ],
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_slots_budgets_and_who_waits_stand_above_the_edits(page: Screen, scheme: str) -> None:
    page.be(PHONE, scheme)
    page.run(_STAGED, {"edits": [edit()], "line": LINE})

    rows = [row.text for row in page.all("#line li")]

    assert rows == [
        "novita: 4 of 4 slots",
        "fal: 0 of 2 slots",
        "$24.36 of $25.00 this day",
        "40 of 40 edits this month",
        "more than 100 wait for their turn at a provider",
        "1 waits for somebody to approve them",
    ]
    assert len(page.all("#line .full")) == 2
    assert page.flaws() == []
    page.run(_AGAIN, {"edits": [], "line": {"slots": [], "waiting": [], "budgets": []}})
    assert not page.find("#line").is_displayed()


def test_cards_are_moved_and_kept_not_made_anew(page: Screen) -> None:
    page.run(_STAGED, {"edits": [edit("a.mp4")]})
    page.run("document.querySelector('.edit').marked = true")

    page.run(_AGAIN, {"edits": [edit("b.mp4"), edit("a.mp4", percent=60)]})

    assert page.run("return [...document.querySelectorAll('.edit')].map((e) => !!e.marked)") == [
        False,
        True,
    ]


def test_variations_of_one_clip_stand_together(page: Screen) -> None:
    page.run(_STAGED, {"edits": EVERYTHING})

    (group,) = page.all(".batch-group")

    assert group.text.startswith("4 variations of one clip · 3 finished")
    assert len(group.find_elements("css selector", ".edit")) == 4


@pytest.mark.parametrize("field", ["name", "prompt", "message", "model", "reason", "cost", "doing"])
@pytest.mark.parametrize("status", ["RUNNING", "FAILED"])
def test_markup_in_an_answer_is_text(page: Screen, field: str, status: str) -> None:
    finished = status == "FAILED"
    calm = edit(status=status, is_finished=finished, message="m", reason="R")
    page.run(_STAGED, {"edits": [calm]})
    count = "return document.querySelectorAll('*').length"
    elements = page.run(count)

    page.run(_AGAIN, {"edits": [calm | {field: MARKUP}]})

    assert page.run(count) == elements
    assert page.chrome.title == "Board · Retake"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_board_is_readable_whatever_is_on_it(page: Screen, width: int, scheme: str) -> None:
    page.be(width, scheme)
    page.run(_STAGED, {"edits": EVERYTHING, "drop": {"url": "/drop", "token": "t"}})

    page.shoot(f"board-{width}-{scheme}")

    assert page.flaws() == []


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_an_empty_board_is_readable(page: Screen, width: int) -> None:
    page.be(width)
    page.run(_STAGED, {"edits": []})

    page.shoot(f"board-empty-{width}")

    assert page.flaws() == []


def test_everything_that_can_be_used_has_a_name(page: Screen) -> None:
    page.run(_STAGED, {"edits": EVERYTHING, "drop": {"url": "/drop", "token": "t"}})

    nameless = page.run(
        "return [...document.querySelectorAll('a[href], input, textarea, button, progress')]"
        ".filter((e) => !(e.textContent.trim() || e.ariaLabel || (e.labels || []).length))"
        ".map((e) => e.outerHTML)"
    )

    assert nameless == []
