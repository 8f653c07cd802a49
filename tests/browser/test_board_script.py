"""The board's script by itself: what it asks for and when, and what it makes of any answer."""

import pytest
from selenium.webdriver.support.ui import Select

from tests.browser.screen import PHONE, Screen
from tests.browser.staged_board import AGAIN, DESK, EVERYTHING, LINE, LONG, STAGED, edit, ended

_HIDDEN = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => true});"
MARKUP = "<img src=x onerror=\"document.title='taken over'\"><script>document.title='x'</script>"


def test_told_to_ask_less_it_asks_less_and_does_not_call_it_lost(page: Screen) -> None:
    page.run(STAGED, {"edits": [edit()]})
    told = page.text("#state")
    waits = []
    for _ in range(8):
        page.run(AGAIN, {"status": 429})
        waits += page.run("return window.waits")
    page.run(AGAIN, {"edits": [edit()]})
    answered = page.run("return window.waits")

    assert waits[0] < 4000
    assert 11000 < waits[-1] < 19000
    assert answered[0] < 15000
    assert page.text("#state") == told


def test_it_asks_often_while_something_moves_and_seldom_otherwise(page: Screen) -> None:
    page.run(STAGED, {"edits": [edit()]})
    moving = page.run("return window.waits")

    page.run(AGAIN, {"edits": [ended("clip.mp4")]})
    still = page.run("return window.waits")

    assert moving == [2000]
    assert still == [15000]


def test_it_does_not_ask_while_nobody_looks_and_does_at_once_when_somebody_does(
    page: Screen,
) -> None:
    page.run(STAGED, {"edits": [edit()]})
    page.run(_HIDDEN)

    page.run(AGAIN, {"edits": [edit()]})
    hidden = page.run("return window.waits")
    before = page.run("return window.asked")
    page.run("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")

    assert hidden == []
    assert page.run("return window.asked") == before + 1


def test_it_survives_lost_answers_says_so_and_goes_on(page: Screen) -> None:
    page.run(STAGED, {"edits": [edit()]})

    waits = []
    for _ in range(8):
        page.run(AGAIN, "lost")
        waits += page.run("return window.waits")
    said = page.text("#state")
    still_shown = len(page.all(".edit"))
    page.run(AGAIN, {"edits": [edit(percent=80)]})

    assert waits == [4000, 8000, 16000, 32000, 60000, 60000, 60000, 60000]
    assert said == "No answer; trying again in 60 s"
    assert still_shown == 1
    assert "80 %" in page.text(".edit")
    assert page.text("#state") == "Live: an edit is moving"


def test_it_stops_asking_when_its_link_has_expired(page: Screen) -> None:
    page.run(STAGED, {"status": 403})

    assert page.run("return window.waits") == []
    assert "expired" in page.text("#state")


def test_without_an_address_to_drop_at_there_is_nothing_to_drop_onto(page: Screen) -> None:
    page.run(STAGED, {"edits": [], "desk": DESK})
    offered = page.find("#work").is_displayed()
    page.run(AGAIN, {"edits": []})

    assert offered
    assert not page.find("#work").is_displayed()
    assert page.find("#empty").is_displayed()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_slots_budgets_and_who_waits_stand_above_the_edits(page: Screen, scheme: str) -> None:
    page.be(PHONE, scheme)
    page.run(STAGED, {"edits": [edit()], "line": LINE})

    rows = [row.text for row in page.all("#line li")]

    assert rows == [
        "novita: 4 of 4 slots",
        "fal: 0 of 2 slots",
        "$24.36 of $25.00 this day",
        "40 of 40 edits this month",
        "more than 100 wait for their turn at a provider",
        "1 waits for approval",
    ]
    assert len(page.all("#line .full")) == 2
    assert page.flaws() == []
    page.run(AGAIN, {"edits": [], "line": {"slots": [], "waiting": [], "budgets": []}})
    assert not page.find("#line").is_displayed()


def test_cards_are_moved_and_kept_not_made_anew(page: Screen) -> None:
    page.run(STAGED, {"edits": [edit("a.mp4")]})
    page.run("document.querySelector('.edit').marked = true")

    page.run(AGAIN, {"edits": [edit("b.mp4"), edit("a.mp4", percent=60)]})

    assert page.run("return [...document.querySelectorAll('.edit')].map((e) => !!e.marked)") == [
        False,
        True,
    ]


def test_variations_of_one_clip_stand_together(page: Screen) -> None:
    page.run(STAGED, {"edits": EVERYTHING})

    (group,) = page.all(".batch-group")

    assert group.text.startswith("street.mp4 · 4 variations · 3 ready, 1 editing")
    assert len(group.find_elements("css selector", ".edit")) == 4


@pytest.mark.parametrize("field", ["name", "prompt", "message", "model", "reason", "cost", "doing"])
@pytest.mark.parametrize("status", ["RUNNING", "FAILED"])
def test_markup_in_an_answer_is_text(page: Screen, field: str, status: str) -> None:
    finished = status == "FAILED"
    calm = edit(status=status, is_finished=finished, message="m", reason="R")
    page.run(STAGED, {"edits": [calm]})
    count = "return document.querySelectorAll('*').length"
    elements = page.run(count)

    page.run(AGAIN, {"edits": [calm | {field: MARKUP}]})

    assert page.run(count) == elements
    assert page.chrome.title == "Board · Retake"


def test_everything_that_can_be_used_has_a_name(page: Screen) -> None:
    page.run(STAGED, {"edits": EVERYTHING, "desk": DESK})

    nameless = page.run(
        "return [...document.querySelectorAll('a[href], input, textarea, button, progress')]"
        ".filter((e) => !(e.textContent.trim() || e.ariaLabel || (e.labels || []).length))"
        ".map((e) => e.outerHTML)"
    )

    assert nameless == []


# ---------------------------------------------------------------- finding an edit


def names(page: Screen) -> list[str]:
    return [each.text for each in page.all(".edit .name")]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("moving", ["moving.mp4"]),
        ("FINAL", ["shots/day 3/take 12 – final.mp4"]),
        ("too_long", [LONG]),
        ("الثلج", ["حديقة.mp4"]),
        ("snow cancelled", ["stopped.mp4"]),
        ("nothing like it", []),
    ],
)
def test_words_find_edits_by_what_is_known_of_them(
    page: Screen, typed: str, found: list[str]
) -> None:
    page.run(STAGED, {"edits": EVERYTHING})

    page.find("#search").send_keys(typed)

    assert names(page) == found
    assert page.text("#count") == f"{len(found)} of 11 edits"


@pytest.mark.parametrize(("kind", "count"), [("", 11), ("moving", 3), ("ready", 5), ("ended", 3)])
def test_a_kind_of_edit_is_shown_alone(page: Screen, kind: str, count: int) -> None:
    page.run(STAGED, {"edits": EVERYTHING})

    Select(page.find("#only")).select_by_value(kind)
    page.run(AGAIN, {"edits": EVERYTHING})

    assert len(page.all(".edit")) == count


def test_older_edits_come_on_demand_and_stay_while_new_ones_move(page: Screen) -> None:
    older = {"edits": [ended("last week.mp4")], "older": "2026-02-20"}
    page.run(STAGED, {"edits": [edit("now.mp4")], "older": "k"}, {"edits?before": older})

    page.find("#older").click()
    page.until(lambda: len(page.all(".edit")) == 2, "the older one comes")
    page.run(AGAIN, {"edits": [edit("newer.mp4"), edit("now.mp4")], "older": "k"})

    assert names(page) == ["newer.mp4", "now.mp4", "last week.mp4"]


def test_where_there_is_nothing_older_it_says_how_far_it_looked(page: Screen) -> None:
    none = {"edits": [], "older": "2026-01-28"}
    page.run(STAGED, {"edits": [edit("now.mp4")], "older": "k"}, {"edits?before": none})

    page.find("#older").click()

    page.until(lambda: "Nothing since January 28, 2026" in page.text("#older"), "it says so")
