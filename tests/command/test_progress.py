"""The bar follows the record, and logs stay readable."""

import io
import re
from typing import Any

import pytest

from command.progress import Progress, bar

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def shown(record: dict[str, Any], width: int = 80) -> str:
    return ANSI.sub("", bar(record, 3.21, width))


def record(status: str, **facts: Any) -> dict[str, Any]:
    return {"status": status, **facts}


def test_the_bar_never_moves_back_on_the_way_of_an_edit() -> None:
    way = [
        {},
        record("RECEIVED"),
        record("RECEIVED", fit_planned_at="2026-11-20T10:00:00.000Z"),
        record("RECEIVED", validated_at="2026-11-20T10:00:00.000Z"),
        record("SUBMITTING"),
        record("RUNNING", progress_percent=0),
        record("RUNNING", progress_percent=50),
        record("RUNNING", progress_percent=100),
        record("SAVING"),
        record("SUCCEEDED"),
    ]

    cells = [shown(state).count("█") for state in way]

    assert cells == sorted(cells)
    assert cells[0] == 0
    assert cells[-1] == 30


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_bar_stays_on_one_line_of_the_terminal(width: int) -> None:
    state = record("RUNNING", provider="novita", provider_status="TASK_STATUS_PROCESSING")

    assert len(shown(state, width)) < width


def test_the_bar_says_what_the_provider_says() -> None:
    state = record("RUNNING", provider="novita", provider_status="TASK_STATUS_PROCESSING")

    assert "novita: processing" in shown(state)


def test_the_bar_says_that_a_clip_is_being_repaired() -> None:
    state = record("RECEIVED", fit_planned_at="2026-11-20T10:00:00.000Z")

    assert "repairing the clip" in shown(state)


def test_a_terminal_without_blocks_gets_plain_characters() -> None:
    assert ANSI.sub("", bar(record("SUCCEEDED"), 1, 80, fancy=False)).startswith("  " + "#" * 30)


def test_without_a_terminal_every_change_is_one_plain_line() -> None:
    log = io.StringIO()

    with Progress(log) as progress:
        progress.show(record("RECEIVED"))
        progress.show(record("RECEIVED", polls=1))
        progress.show(record("SUCCEEDED"))

    lines = log.getvalue().splitlines()
    assert [line.split()[2] for line in lines] == ["RECEIVED", "SUCCEEDED"]
    assert "\x1b" not in log.getvalue()
