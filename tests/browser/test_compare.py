"""The before/after page as a file on somebody's disk, without a server or a network."""

from pathlib import Path
from typing import Any

import pytest
from retake.media.poster import poster_of
from retake.presentation.pages.compare import _FOLDER, ComparedSide, compare_page
from retake.presentation.pages.document import as_address
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.both_clips import playing
from tests.browser.screen import DESKTOP, PHONE, Screen
from tests.support.video_files import Stored
from virtual.clips import clip

PROMPT = "Turn the day into dusk </script><script>document.title = 'taken'</script>"
FACTS = {
    "name": "shots/<b>street</b>.mp4",
    "prompt": PROMPT,
    "edit_id": "e-0123456789abcdefghjk",
    "model": "novita/kling-o1-edit",
    "cost_usd": 0.84,
    "duration_seconds": 3.0,
    "width": 320,
    "height": 180,
    "fps": 24,
    "size_bytes": 5_000_000,
    "before_audio": True,
    "after_audio": True,
    "repair": ["Trimmed from 12.40 s to 3.00 s."],
    "warnings": ["The key x was ignored."],
}
BEFORE = clip(3, 320, 180)
AFTER = clip(3, 320, 180, gop=6)
UNPLAYABLE = clip(3, 320, 180, codec="libx265")
STILL = poster_of(Stored(BEFORE))
POSTER = as_address(STILL)
# On both sides: where it is, how far it is decoded, and whether it stands.
_VIDEOS = """
return ['before', 'after'].map((name) => document.getElementById(name))
  .map((video) => [video.currentTime, video.readyState, video.paused, video.videoWidth]);
"""
_OUTSIDE = """
return performance.getEntriesByType('resource').map((each) => each.name)
  .filter((name) => !/^(file|data):/.test(name));
"""


BESIDE = {"BEFORE é#?.mp4": BEFORE, "after.e-1.mp4": AFTER, "coded.mp4": UNPLAYABLE}


def beside(name: str, still: bytes | None = None) -> ComparedSide:
    return ComparedSide.beside(name, still)


def opened(
    screen: Screen, folder: Path, *, before: Any = None, after: Any = None, **facts: Any
) -> None:
    """The page in the browser, from a file beside the clips."""
    names = list(BESIDE)
    sides: dict[str, Any] = {
        "before": before or beside(names[0]),
        "after": after or beside(names[1]),
    }
    for name, data in BESIDE.items():
        (folder / name).write_bytes(data)
    file = folder / "clip.html"
    file.write_text(compare_page({**FACTS, **facts}, origins=_FOLDER, **sides))
    screen.open(file.as_uri())


def stopped(screen: Screen) -> None:
    screen.find("#play").click()
    screen.until(lambda: all(paused for _, _, paused, _ in screen.run(_VIDEOS)), "both stand")


def split(screen: Screen) -> int:
    return int(screen.find("#divider").get_attribute("aria-valuenow") or -1)


def test_both_clips_play_in_step_and_go_round(screen: Screen, tmp_path: Path) -> None:
    opened(screen, tmp_path)

    playing(screen)
    clocks: list[tuple[float, float]] = []

    def begins_again() -> bool:
        (before, *_), (after, *_) = screen.run(_VIDEOS)
        clocks.append((before, after))
        return len(clocks) > 1 and after < clocks[-2][1]

    screen.until(begins_again, "it begins again")
    assert all(abs(before - after) < 0.3 for before, after in clocks[:-1])
    assert all(wide == 320 for *_, wide in screen.run(_VIDEOS))


def test_nothing_is_asked_of_anybody_and_no_prompt_becomes_code(
    screen: Screen, tmp_path: Path
) -> None:
    opened(screen, tmp_path)

    playing(screen)

    assert screen.run(_OUTSIDE) == []
    assert "taken" not in screen.chrome.title
    assert screen.text("h1") == PROMPT


def test_the_divider_follows_the_pointer_and_the_keys(screen: Screen, tmp_path: Path) -> None:
    opened(screen, tmp_path)
    stage = screen.find("#stage")
    quarter = stage.size["width"] // 4

    (
        ActionChains(screen.chrome)
        .move_to_element(stage)
        .click_and_hold()
        .move_by_offset(-quarter, 20)
        .release()
        .perform()
    )
    dragged = split(screen)
    screen.find("#divider").send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    stepped = split(screen)
    screen.find("#divider").send_keys(Keys.END)

    assert dragged == pytest.approx(25, abs=1)
    assert stepped == dragged + 4
    assert split(screen) == 100


def test_the_space_bar_plays_and_frames_are_stepped_one_by_one(
    screen: Screen, tmp_path: Path
) -> None:
    opened(screen, tmp_path)
    playing(screen)
    body = screen.find("body")

    body.send_keys(Keys.SPACE)
    screen.until(lambda: all(paused for _, _, paused, _ in screen.run(_VIDEOS)), "both stand")
    body.send_keys(Keys.HOME)
    body.send_keys(*"...")

    at = screen.until(
        lambda: [at for at, *_ in screen.run(_VIDEOS) if at > 0.1][1:], "both have moved on"
    )
    assert at[0] == pytest.approx(3.5 / 24, abs=0.02)


def test_the_scrub_bar_moves_both_clips(screen: Screen, tmp_path: Path) -> None:
    opened(screen, tmp_path)
    playing(screen)
    stopped(screen)

    screen.find("#scrub").send_keys(Keys.END)

    screen.until(lambda: all(at > 2.8 for at, *_ in screen.run(_VIDEOS)), "both are at the end")


def test_one_side_is_heard_when_it_is_chosen(screen: Screen, tmp_path: Path) -> None:
    opened(screen, tmp_path)
    muted = "return ['before', 'after'].map((name) => document.getElementById(name).muted)"
    silent = screen.run(muted)

    screen.find("#sound").send_keys("After")

    assert silent == [True, True]
    assert screen.run(muted) == [True, False]


def test_a_clip_that_the_browser_cannot_play_gives_way_to_a_frame_of_it(
    screen: Screen, tmp_path: Path
) -> None:
    opened(screen, tmp_path, before=beside("coded.mp4", STILL), source_codec="hevc")

    screen.until(lambda: screen.text(".side.before .cannot"), "it says so")

    assert "the browser can play it (HEVC)" in screen.text(".side.before .cannot")
    assert screen.find(".side.before img").is_displayed()
    screen.until(lambda: screen.run(_VIDEOS)[1][0] > 0.2, "the other one plays")


def test_a_page_away_from_its_clips_shows_a_frame_of_each_and_says_what_to_keep_beside_it(
    screen: Screen, tmp_path: Path
) -> None:
    opened(screen, tmp_path, before=beside("gone.mp4", STILL), after=beside("gone.e-1.mp4", STILL))

    screen.until(lambda: screen.text(".side.after .cannot"), "it says so")
    screen.find("#divider").send_keys(Keys.HOME)

    assert "plays where gone.e-1.mp4 lies beside this page" in screen.text(".side.after .cannot")
    assert all(image.is_displayed() for image in screen.all(".side img"))
    assert split(screen) == 0
    assert [each.rpartition(" ")[2] for each in screen.errors()] == ["net::ERR_FILE_NOT_FOUND"] * 2


def test_two_frames_can_be_compared_without_any_clip(screen: Screen, tmp_path: Path) -> None:
    opened(
        screen,
        tmp_path,
        before=ComparedSide(poster_url=POSTER),
        after=ComparedSide(poster_url=POSTER),
    )

    screen.find("#divider").send_keys(Keys.HOME)

    assert split(screen) == 0
    assert not screen.find("#transport").is_displayed()
    assert screen.run("return [...document.images].every((image) => image.naturalWidth > 0)")


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("prompt", ["Make it snow", "A long prompt. " * 150])
def test_the_page_is_easy_to_read(
    screen: Screen, tmp_path: Path, width: int, scheme: str, prompt: str
) -> None:
    screen.be(width, scheme)

    opened(screen, tmp_path, prompt=prompt)

    playing(screen)
    stopped(screen)
    screen.shoot(f"compare-{len(prompt)}-{width}-{scheme}")
    # A long prompt scrolls in its own box.
    assert [flaw for flaw in screen.flaws() if "<h1" not in flaw] == []
