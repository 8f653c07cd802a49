"""The bar follows the record, never jumps, and logs stay readable."""

import io
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from retake.api.views import EditView
from retake.domain.edit import Edit

from command.progress import Progress, bar, doing, percent, reached

NOW = datetime(2026, 3, 1, 12, 1, tzinfo=UTC)
AT = "2026-11-20T10:00:00.000Z"


def told(**facts: Any) -> dict[str, Any]:
    """What the API says of an edit at a point of its way."""
    edit = Edit.from_mapping({"edit_id": "e-1", "created_at": AT, "updated_at": AT, **facts})
    return EditView.of(edit, NOW).model_dump(exclude_none=True)


RECEIVED, VALIDATED = {"status": "RECEIVED"}, {"status": "RECEIVED", "validated_at": AT}
WAY: list[dict[str, Any]] = [
    {},
    told(**RECEIVED),
    told(**RECEIVED, fit_planned_at=AT),
    told(**VALIDATED, waits_for="NO_CREDIT", waits_since=AT, provider="fal"),
    told(**VALIDATED),
    told(status="SUBMITTING"),
    told(status="RUNNING", progress_percent=0),
    told(status="RUNNING", progress_percent=50),
    told(status="RUNNING", progress_percent=100),
    told(status="SAVING"),
    told(status="SUCCEEDED"),
]
PROCESSING = told(status="RUNNING", provider="novita", provider_status="TASK_STATUS_PROCESSING")


class Terminal(io.StringIO):
    """Somebody watches."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_the_bar_never_moves_back_on_the_way_of_an_edit() -> None:
    way = [percent(state) for state in WAY]

    assert way == sorted(way)
    assert (way[0], way[-1]) == (0, 100)


def test_a_log_shows_that_it_goes_on_where_that_was_asked_for() -> None:
    log, quiet = io.StringIO(), io.StringIO()
    with Progress(log, quiet_seconds=0.05) as progress, Progress(quiet) as other:
        progress.show(PROCESSING)
        other.show(PROCESSING)
        until = time.monotonic() + 10
        while log.getvalue().count("\n") < 3 and time.monotonic() < until:
            time.sleep(0.01)

    assert len({line.partition(" s ")[2] for line in log.getvalue().splitlines()}) == 1
    assert log.getvalue().count("\n") >= 3
    assert quiet.getvalue().count("\n") == 1


@pytest.mark.parametrize("width", [24, 40, 80, 120, 200])
def test_the_bar_is_as_wide_in_every_state_and_narrower_than_the_terminal(width: int) -> None:
    widths = {
        len(bar(percent(state), doing(state), seconds, width))
        for state in (*WAY, PROCESSING)
        for seconds in (0.0, 9.9, 99.0, 9999.0)
    }

    assert len(widths) == 1
    assert widths.pop() < max(width, 40)


def test_the_bar_says_what_the_provider_says() -> None:
    assert "At novita: processing" in bar(20, doing(PROCESSING), 3.2, 80)


def test_the_bar_says_that_a_clip_is_being_repaired() -> None:
    assert doing(WAY[2]) == "Repairing the clip"


def test_who_waits_in_line_is_told_the_place() -> None:
    state = told(**VALIDATED, waits_for="SLOT", provider="fal") | {"waiting": {"position": 3}}

    assert doing(state) == "number 3 in line: Waits for its turn at fal"


def test_a_wait_is_told_once_above_the_bar_for_what_since_when_and_until_when() -> None:
    terminal = Terminal()
    waits = told(
        **VALIDATED,
        provider="fal",
        waits_for="NO_CREDIT",
        waits_since="2026-11-20T10:00:00.000Z",
        waits_until="2026-11-21T10:00:00.000Z",
    )

    with Progress(terminal) as progress:
        for state in (told(**RECEIVED), waits, waits, told(status="SUCCEEDED")):
            progress.show(state)

    sentence = (
        "Waits for credit at fal since 20 November, 10:00 UTC, "
        "until 21 November, 10:00 UTC, when it is given up."
    )
    assert terminal.getvalue().count(sentence) == 1


def test_a_silent_provider_moves_the_bar_by_what_is_usual_and_never_to_its_end() -> None:
    state = {
        "status": "RUNNING",
        "submitted_at": "2026-03-01T12:00:00.000Z",
        "expected_finish_at": "2026-03-01T12:02:00.000Z",
    }

    assert 20 < reached(state, NOW) < reached(state, NOW.replace(minute=2)) < 90
    assert reached(state, NOW.replace(hour=20)) < 90


def test_a_terminal_without_blocks_gets_plain_characters() -> None:
    drawn = bar(100, "done", 1, 80, is_fancy=False)

    assert drawn.startswith("  " + "#" * 30)
    assert drawn.isascii()


def test_without_a_terminal_every_change_is_one_plain_line() -> None:
    log = io.StringIO()

    with Progress(log) as progress:
        progress.show(told(**RECEIVED))
        progress.show(told(**RECEIVED, polls=1))
        progress.show(told(status="SUCCEEDED"))

    lines = log.getvalue().splitlines()
    assert [line.split()[2] for line in lines] == ["RECEIVED", "SUCCEEDED"]
    assert "\x1b" not in log.getvalue()


@pytest.mark.parametrize(
    ("name", "value", "is_drawn", "is_coloured"),
    [("TERM", "xterm", True, True), ("TERM", "dumb", False, False), ("NO_COLOR", "1", True, False)],
)
def test_a_terminal_gets_what_it_can_show(
    name: str, value: str, is_drawn: bool, is_coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv(name, value)
    terminal = Terminal()

    with Progress(terminal) as progress:
        progress.show(told(status="SUCCEEDED"))

    assert ("\r" in terminal.getvalue()) is is_drawn
    assert ("\x1b[32m" in terminal.getvalue()) is is_coloured
