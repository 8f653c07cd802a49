"""A hold of the inbox: when it begins, when it ends, and what is none."""

from datetime import UTC, datetime

import pytest
from retake.domain.hold import Hold

TEXT = "2026-11-28T10:00Z/2026-11-28T14:00+02:00"


@pytest.mark.parametrize(
    ("hour", "minute", "is_covered"), [(9, 59, False), (10, 0, True), (12, 0, True), (12, 1, False)]
)
def test_a_hold_covers_the_time_between_its_ends(hour: int, minute: int, is_covered: bool) -> None:
    hold = Hold.parse(TEXT)

    assert hold.covers(datetime(2026, 11, 28, hour, minute, tzinfo=UTC)) is is_covered


@pytest.mark.parametrize(
    "text",
    [
        "",
        "on",
        "2026-11-28T10:00Z",
        "2026-11-28T10:00/2026-11-28T12:00",
        "2026-11-28T10:00Z/2026-11-28T12:00Z/2026-11-28T13:00Z",
        "2026-11-28T12:00Z/2026-11-28T10:00Z",
        "2026-11-28T12:00Z/2026-11-28T12:00Z",
    ],
)
def test_what_is_no_time_with_an_end_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Hold.parse(text)
