"""The pages as people meet them: a clip dropped, an edit that moves, both clips side by side."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import House
from tests.browser.screen import DESKTOP, PHONE, Screen

PROMPT = "Turn the day into dusk"
WIDTHS = [DESKTOP, PHONE]
SCHEMES = ["light", "dark"]
ENDED = {"SUCCEEDED", "FAILED", "REJECTED", "CANCELLED"}

# Every status that an edit's card shows, in order, as the page itself draws them.
_WITNESS = """
window.seen = []; window.stayed = true;
new MutationObserver(() => {
  for (const card of document.querySelectorAll('.edit')) {
    const now = card.dataset.status;
    if (window.seen.at(-1) !== now) window.seen.push(now);
  }
}).observe(document.getElementById('edits'), {subtree: true, childList: true, attributes: true});
"""
# The file of a hidden input, dropped as the system's own drag and drop would drop it.
_DROP = """
const [input, zone] = arguments, data = new DataTransfer();
data.items.add(input.files[0]);
for (const kind of ['dragenter', 'dragover', 'drop']) {
  zone.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: data}));
}
input.remove();
"""
_INPUT = (
    "const i = document.createElement('input'); i.type = 'file'; document.body.append(i); return i"
)
_PICTURES = (
    "return [...document.querySelectorAll('.edit.pictured img')].some((i) => i.naturalWidth > 0)"
)
_CLOCKS = "return ['before', 'after'].map((name) => document.getElementById(name).currentTime)"


def board(screen: Screen, house: House) -> None:
    screen.open(house.url)
    screen.until(lambda: screen.find("#drop").is_displayed(), "the board offers to take a clip")


def drop(screen: Screen, file: Path, prompt: str = PROMPT) -> None:
    """Type the prompt, then drop a real file onto the zone."""
    screen.find("#prompt").send_keys(prompt)
    hidden = screen.run(_INPUT)
    hidden.send_keys(str(file))
    screen.run(_DROP, hidden, screen.find("#zone"))


@pytest.fixture(scope="module")
def link(house: House, clip: Path) -> str:
    """A link to an edit that has succeeded."""
    edit_id = house.stack.drop(clip, "street.mp4", prompt=PROMPT)
    record = house.stack.wait_for(edit_id, patience=120)
    assert record["status"] == "SUCCEEDED", record
    return house.mint.share(edit_id)


# ---------------------------------------------------------------- the board


def test_a_clip_dropped_onto_the_board_moves_to_its_end_without_a_reload(
    screen: Screen, house: House, clip: Path
) -> None:
    board(screen, house)
    screen.run(_WITNESS)

    drop(screen, clip)
    screen.until(lambda: screen.run("return window.seen.at(-1)") in ENDED, "it ends", patience=120)

    seen = screen.run("return window.seen")
    assert seen[0] == "RECEIVED"
    assert "RUNNING" in seen
    assert seen[-1] == "SUCCEEDED"
    assert screen.run("return window.stayed") is True
    assert PROMPT in screen.text(".edit")
    assert screen.text("#told") == "clip.mp4 is ready."
    screen.until(lambda: screen.run(_PICTURES), "a frame of the result is shown")
    screen.shoot("board-after-a-drop")


def test_what_is_no_video_is_refused_in_place_with_the_reason(
    screen: Screen, house: House, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.mp4"
    letter.write_text("Dear Sir or Madam")
    board(screen, house)

    screen.find("#prompt").send_keys(PROMPT)
    screen.find("#file").send_keys(str(letter))

    screen.until(lambda: screen.all("#told.bad"), "it is refused")
    assert screen.text("#told").startswith("letter.mp4: ")
    card = next(each for each in screen.all(".edit") if "letter.mp4" in each.text)
    assert card.get_attribute("data-status") == "REJECTED"
    assert "NOT_A_VIDEO" in card.text


@pytest.mark.parametrize(
    ("name", "content", "prompt", "said"),
    [
        ("clip.mp4", "x", "", "Say first what shall change, then drop the clip again."),
        ("empty.mp4", "", PROMPT, "empty.mp4 is empty."),
        ("a.request.json", "{}", PROMPT, "a.request.json is no clip"),
        ("clip.mp4", "x", "ß" * 2000, "This prompt is too long"),
    ],
)
def test_what_the_board_will_not_take_is_said_at_once(
    screen: Screen, house: House, tmp_path: Path, name: str, content: str, prompt: str, said: str
) -> None:
    (tmp_path / name).write_text(content)
    board(screen, house)
    screen.run("document.getElementById('prompt').value = arguments[0]", prompt)

    drop(screen, tmp_path / name, prompt="")

    screen.until(lambda: screen.text("#told").startswith(said), said, patience=10)
    screen.chrome.get_log("browser")  # type: ignore[no-untyped-call]  # a refusal is an answer of 4xx


def test_a_card_on_the_board_opens_its_page(screen: Screen, house: House, link: str) -> None:
    board(screen, house)

    card = next(each for each in screen.all(".edit") if "street.mp4" in each.text)
    card.find_element("css selector", ".name").send_keys(Keys.ENTER)

    screen.until(lambda: screen.all("#divider"), "the page of the edit opens")
    assert "/share/" in screen.chrome.current_url


# ---------------------------------------------------------------- before and after


def test_both_clips_play_in_step(screen: Screen, link: str) -> None:
    screen.open(link)
    screen.until(lambda: min(screen.run(_CLOCKS)) > 0.2, "both play")

    first = screen.run(_CLOCKS)
    screen.until(lambda: screen.run(_CLOCKS) != first, "both go on")
    apart = [abs(one - two) for one, two in _watched(screen, 20)]

    # A frame lasts 33 ms; the two clocks are read a moment apart, on a busy machine.
    assert sorted(apart)[len(apart) // 2] < 0.07
    assert max(apart) < 0.35


def _watched(screen: Screen, times: int) -> Iterator[tuple[float, float]]:
    for _ in range(times):
        before, after = screen.run(_CLOCKS)
        yield before, after
        time.sleep(0.05)


def test_the_divider_follows_keys_and_the_pointer(screen: Screen, link: str) -> None:
    screen.open(link)
    divider, stage = screen.find("#divider"), screen.find("#stage")

    divider.send_keys(Keys.ARROW_RIGHT)
    by_key = float(divider.get_attribute("aria-valuenow") or 0)
    width = stage.size["width"]
    chain = ActionChains(screen.chrome)
    chain.move_to_element(stage).click_and_hold().move_by_offset(-width // 4, 0).release().perform()
    by_pointer = float(divider.get_attribute("aria-valuenow") or 0)

    assert by_key > 50
    assert by_pointer == pytest.approx(25, abs=2)


# ---------------------------------------------------------------- what opens nothing


@pytest.mark.parametrize("kind", ["altered", "expired", "of another edit"])
def test_a_link_that_opens_nothing_gets_the_plain_page(
    screen: Screen, house: House, link: str, kind: str
) -> None:
    _, _, edit_id, token = link.rsplit("/", 3)
    other = {
        "altered": link[:-2] + ("AA" if link[-2:] != "AA" else "BB"),
        "expired": house.mint.share(edit_id, days=-0.01),
        "of another edit": f"{house.url}/share/e-{'0' * 20}/{token}",
    }[kind]

    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(other, timeout=30)
    screen.open(other)

    answer.value.close()
    assert answer.value.code == 403
    assert screen.text("h1") == "This link does not open anything"
    assert screen.all("video, script") == []
    # The browser's own remark that the page itself is a 403.
    assert all("403" in each for each in screen.errors())


# ---------------------------------------------------------------- readable everywhere


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_of_an_edit_is_readable(
    screen: Screen, link: str, width: int, scheme: str
) -> None:
    screen.be(width, scheme)
    screen.open(link)
    screen.until(lambda: min(screen.run(_CLOCKS)) > 0.2, "both play")

    screen.shoot(f"share-{width}-{scheme}")

    assert screen.flaws() == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_of_a_link_that_opens_nothing_is_readable(
    screen: Screen, house: House, width: int, scheme: str
) -> None:
    screen.be(width, scheme)
    screen.open(f"{house.url}/board/none")

    screen.shoot(f"closed-{width}-{scheme}")

    assert screen.flaws() == []
    screen.errors()  # the browser's remark that this is a 403
