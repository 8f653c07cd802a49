"""The two clips of a result's page: where they are, and that they play."""

from tests.browser.screen import Screen

_CLOCKS = "return ['before', 'after'].map((name) => document.getElementById(name).currentTime)"


def clocks(screen: Screen) -> tuple[float, float]:
    """The seconds that both stand at, before and after."""
    before, after = screen.run(_CLOCKS)
    return before, after


def playing(screen: Screen) -> None:
    """Wait until both play."""
    screen.until(lambda: min(clocks(screen)) > 0.2, "both clips play")
