"""The pages behind links as people meet them: both clips side by side, or nothing."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.both_clips import clocks, playing
from tests.browser.conftest import House
from tests.browser.screen import DESKTOP, PHONE, Screen

PROMPT = "Turn the day into dusk"
WIDTHS = [DESKTOP, PHONE]
SCHEMES = ["light", "dark"]


@pytest.fixture(scope="module")
def link(house: House, clip: Path) -> str:
    """A link to an edit that has succeeded."""
    edit_id = house.stack.drop(clip, "street.mp4", prompt=PROMPT)
    record = house.stack.wait_for(edit_id, patience=120)
    assert record["status"] == "SUCCEEDED", record
    return house.mint.share(edit_id)


# ---------------------------------------------------------------- before and after


def test_both_clips_play_in_step(screen: Screen, link: str) -> None:
    screen.open(link)
    playing(screen)

    first = clocks(screen)
    screen.until(lambda: clocks(screen) != first, "both go on")
    apart = [abs(one - two) for one, two in _watched(screen, 20)]

    # A frame lasts 33 ms; the two clocks are read a moment apart, on a busy machine.
    assert sorted(apart)[len(apart) // 2] < 0.07
    assert max(apart) < 0.35


def _watched(screen: Screen, times: int) -> Iterator[tuple[float, float]]:
    for _ in range(times):
        yield clocks(screen)
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
    playing(screen)

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
