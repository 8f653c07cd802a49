"""The board as people work on it: clips dropped, prices read, refusals mended, results saved."""

from pathlib import Path

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

from tests.browser.conftest import House
from tests.browser.screen import Screen
from tests.end_to_end.stage import film

PROMPT = "Turn the day into dusk"
PATIENCE = 150
# Every status that an edit's card shows, in order, as the page itself draws them.
_WITNESS = """
window.seen = []; window.pictured = [];
new MutationObserver(() => {
  for (const card of document.querySelectorAll('.edit')) {
    const now = card.dataset.status;
    if (window.seen.at(-1) !== now) window.seen.push(now);
    if (card.classList.contains('pictured')) window.pictured.push(now);
  }
}).observe(document.getElementById('edits'), {subtree: true, childList: true, attributes: true});
"""
_PICTURES = (
    "return [...document.querySelectorAll('.edit.pictured img')].some((i) => i.naturalWidth > 0)"
)


@pytest.fixture
def board(screen: Screen, house: House) -> Screen:
    """The board, with nothing in its form."""
    screen.open(house.entrance)
    screen.until(lambda: screen.find("#work").is_displayed(), "the board offers to work")
    return screen


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Longer than the stack's own model takes."""
    return film(tmp_path_factory.mktemp("long") / "long walk.mp4", seconds=12)


def row(board: Screen, name: str) -> WebElement:
    """The clip of this name in the form."""
    return next(each for each in board.all(".clip") if name in each.text)


def card(board: Screen, text: str) -> WebElement:
    """The newest edit that says this."""
    found = board.until(
        lambda: [each for each in board.all(".edit") if text in each.text],
        f"{text} is on the board",
    )
    return found[0]


def priced(board: Screen, name: str) -> None:
    board.until(
        lambda: any(name in each.text and "$" in each.text for each in board.all(".clip")),
        f"{name} has a price",
        PATIENCE,
    )


def begun(board: Screen, clip: Path, prompt: str, model: str = "") -> WebElement:
    """Drop a clip, say what shall change, see the price, start it."""
    board.put_files([clip], "#zone")
    Select(board.find("#model")).select_by_value(model)
    board.find("#prompt").clear()
    board.find("#prompt").send_keys(prompt)
    priced(board, clip.name)
    board.find("#start").click()
    return card(board, prompt)


def succeeded(board: Screen, prompt: str) -> None:
    board.until(
        lambda: card(board, prompt).get_attribute("data-status") == "SUCCEEDED",
        f"{prompt} is ready",
        PATIENCE,
    )


def test_a_clip_moves_to_its_end_without_a_reload_and_shows_its_picture_meanwhile(
    board: Screen, clip: Path
) -> None:
    board.run(_WITNESS)

    begun(board, clip, PROMPT)
    succeeded(board, PROMPT)

    seen = board.run("return window.seen")
    assert seen[0] == "RECEIVED"
    assert "RUNNING" in seen
    assert {"RECEIVED", "RUNNING"} & set(board.run("return window.pictured"))
    board.until(lambda: board.text("#told") == "clip.mp4 is ready.", "it is said")
    board.until(lambda: board.run(_PICTURES), "a frame of the result is shown")
    board.shoot("board-after-a-drop")


def test_several_clips_dropped_at_once_are_started_together_each_with_its_prompt(
    board: Screen, clip: Path, tmp_path: Path
) -> None:
    clips = [tmp_path / f"{name}.mp4" for name in ("one", "two", "three")]
    for each in clips:
        each.write_bytes(clip.read_bytes())

    board.put_files(clips, "#zone")
    board.until(lambda: len(board.all(".clip")) == 3, "all three wait")
    own = row(board, "two.mp4")
    own.find_element("css selector", "summary").click()
    own.find_element("css selector", "textarea").send_keys("Make two a desert")
    board.find("#prompt").send_keys("Make the others a forest")
    for each in clips:
        priced(board, each.name)
    board.until(lambda: board.text("#start") == "Start 3 edits", "three can be started")
    assert board.text("#price").startswith("about $")
    board.shoot("board-three-clips")
    board.find("#start").click()

    board.until(lambda: not board.all(".clip"), "none is left in the form", PATIENCE)
    for name, prompt in (("two", "a desert"), ("one", "a forest"), ("three", "a forest")):
        shown = card(board, f"{name}.mp4")
        assert prompt in shown.text


def test_what_is_no_video_is_refused_at_once_and_the_others_stay(
    board: Screen, clip: Path, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.mp4"
    letter.write_text("Dear Sir or Madam")

    board.put_files([letter, clip], "#zone")

    board.until(lambda: "letter.mp4: The file is text" in board.text("#told"), "it is refused")
    board.until(lambda: len(board.all(".clip")) == 1, "the clip stays")
    assert "clip.mp4" in board.text("#clips")
    board.errors()  # a refusal is an answer of 4xx


def test_a_clip_that_does_not_fit_is_mended_in_place(board: Screen, long_clip: Path) -> None:
    board.put_files([long_clip], "#zone")
    board.find("#prompt").send_keys("Make the walk longer")
    board.until(
        lambda: "fit: trim" in row(board, "long walk").text, "the reason and its cure", PATIENCE
    )
    assert not board.find("#start").is_enabled()
    board.shoot("board-refusal-in-the-form")

    Select(board.find("#fit")).select_by_value("trim")
    priced(board, "long walk")
    board.find("#start").click()

    succeeded(board, "Make the walk longer")


def test_nothing_is_started_without_a_word(board: Screen, clip: Path) -> None:
    board.put_files([clip], "#zone")
    priced(board, "clip.mp4")

    board.find("#start").click()

    assert board.text("#told") == "Say first what shall change."
    assert board.run("return document.activeElement.id") == "prompt"
    assert len(board.all(".clip")) == 1


def test_an_edit_is_asked_for_anew_in_other_words(board: Screen, house: House, clip: Path) -> None:
    begun(board, clip, "Make it green")
    succeeded(board, "Make it green")

    card(board, "Make it green").find_element("css selector", "[data-do=reword]").click()
    priced(board, "clip.mp4")
    words = board.find("#prompt")
    assert words.get_attribute("value") == "Make it green"
    words.clear()
    words.send_keys("Make it violet")
    board.find("#start").click()

    old, new = (
        house.stack.record(card(board, prompt).get_attribute("data-edit") or "") or {}
        for prompt in ("Make it green", "Make it violet")
    )
    assert new["request"]["source"] == old["request"]["source"]


def test_an_edit_is_stopped_and_tried_again(board: Screen, house: House, clip: Path) -> None:
    # It waits for its turn, so that the hand is quicker than the provider, and at a provider whose
    # turn nobody else waits for.
    house.stack.faults({"provider": "aimlapi", "call": "submit", "fault": "rate"})
    try:
        shown = begun(board, clip, "Make it stop", "aimlapi/kling-o1-edit")
        stop = shown.find_element("css selector", "[data-do=cancel]")
        stop.click()
        assert stop.text == "Really cancel?"
        stop.click()
        board.until(
            lambda: shown.get_attribute("data-status") == "CANCELLED", "it is cancelled", PATIENCE
        )
    finally:
        house.stack.faults()
    shown.find_element("css selector", "[data-do=retry]").click()

    again = board.until(
        lambda: [each for each in board.all(".edit") if "Make it stop" in each.text][1:],
        "it is tried again",
        PATIENCE,
    )
    assert len(again) == 1


def test_a_link_is_copied_and_the_result_taken_home(
    board: Screen, clip: Path, tmp_path: Path
) -> None:
    board.may(downloadPath=str(tmp_path))
    begun(board, clip, "Make it mine")
    succeeded(board, "Make it mine")
    shown = card(board, "Make it mine")

    shown.find_element("css selector", "[data-do=download]").click()
    (saved,) = board.until(lambda: list(tmp_path.glob("*.mp4")), "the result is saved")
    shown.find_element("css selector", "[data-do=copy]").click()
    board.until(lambda: "The link is copied" in shown.text, "it says so")
    link = board.run("return navigator.clipboard.readText()")

    assert saved.read_bytes()[4:8] == b"ftyp"
    assert "opens this edit for 7 days" in shown.text
    board.open(link)
    board.until(lambda: board.all("#divider"), "the page of the edit opens")


def test_all_of_it_works_by_keyboard(board: Screen, clip: Path) -> None:
    board.find("#file").send_keys(str(clip))
    priced(board, "clip.mp4")
    board.run("document.activeElement.blur()")
    reached: list[str] = []
    for _ in range(14):
        ActionChains(board.chrome).send_keys(Keys.TAB).perform()
        reached.append(
            board.run("return document.activeElement.id || document.activeElement.className")
        )
        if reached[-1] == "prompt":
            ActionChains(board.chrome).send_keys("Make it by hand").perform()
    assert {"file", "remove", "prompt", "model", "fit", "sound", "pictures", "start"} <= set(
        reached
    )

    board.find("#prompt").send_keys(Keys.CONTROL, Keys.ENTER)

    shown = card(board, "Make it by hand")
    board.run("document.activeElement.blur()")
    ActionChains(board.chrome).send_keys("/").perform()
    ActionChains(board.chrome).send_keys("by hand").perform()
    board.until(lambda: len(board.all(".edit")) == 1, "only what was looked for")
    assert shown.find_element("css selector", "[data-do=copy]").is_displayed()


def test_a_card_on_the_board_opens_its_page(board: Screen, clip: Path) -> None:
    begun(board, clip, "Make it open")
    succeeded(board, "Make it open")

    card(board, "Make it open").find_element("css selector", ".name").send_keys(Keys.ENTER)

    board.until(lambda: board.all("#divider"), "the page of the edit opens")
    assert "/share/" in board.chrome.current_url
