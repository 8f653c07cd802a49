"""A film's page in the browser: its joins are marked, and can be gone to."""

from pathlib import Path

from tests.browser.both_clips import playing
from tests.browser.screen import Screen
from tests.browser.test_compare import opened, stopped


def test_the_joins_are_marked_on_the_bar_and_a_button_goes_to_just_before_each(
    screen: Screen, tmp_path: Path
) -> None:
    opened(screen, tmp_path, joins=[1.0, 2.0])
    playing(screen)
    stopped(screen)
    at = "return document.getElementById('after').currentTime"
    screen.run(
        "const s = document.getElementById('scrub'); s.value = 0;"
        "s.dispatchEvent(new Event('input'))"
    )

    forth = screen.find("#joins [data-way='1']")
    forth.click()
    first = screen.until(lambda: 0.4 < screen.run(at) < 0.6, "it stands before the first join")
    forth.click()
    second = screen.until(lambda: 1.4 < screen.run(at) < 1.6, "it stands before the second join")
    screen.find("#joins [data-way='-1']").click()
    screen.until(lambda: 0.4 < screen.run(at) < 0.6, "it stands before the first again")

    assert first
    assert second
    bar, line = (screen.find(each).rect for each in ("#scrub", ".marks line"))
    middle = line["x"] + line["width"] / 2
    assert abs(middle - (bar["x"] + 8 + (bar["width"] - 16) / 3)) < 2
    screen.shoot("joins")
    assert screen.flaws() == []
    assert screen.errors() == []
