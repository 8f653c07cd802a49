from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.domain.money import usd_e4, usd_of
from retake.domain.periods import DAY, MONTH, Calendar

BERLIN = Calendar("Europe/Berlin")


@pytest.mark.parametrize(
    ("calendar", "at", "day", "month"),
    [
        (Calendar(), datetime(2026, 10, 31, 23, 30, tzinfo=UTC), "2026-10-31", "2026-10"),
        (BERLIN, datetime(2026, 10, 31, 23, 30, tzinfo=UTC), "2026-11-01", "2026-11"),
        (
            Calendar("America/New_York"),
            datetime(2026, 1, 1, 4, 59, tzinfo=UTC),
            "2025-12-31",
            "2025-12",
        ),
        (
            Calendar("Pacific/Kiritimati"),
            datetime(2026, 2, 28, 11, tzinfo=UTC),
            "2026-03-01",
            "2026-03",
        ),
    ],
)
def test_a_moment_lies_in_the_day_and_the_month_of_the_zone(
    calendar: Calendar, at: datetime, day: str, month: str
) -> None:
    assert calendar.periods(at) == {DAY: day, MONTH: month}


def test_a_day_is_as_long_as_the_zone_makes_it() -> None:
    # The clocks of Berlin go back on 2026-10-25: that day has 25 hours.
    began = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)

    assert BERLIN.periods(began)[DAY] == "2026-10-25"
    assert BERLIN.next_begins(DAY, began) == datetime(2026, 10, 25, 23, 0, tzinfo=UTC)


@given(
    st.integers(min_value=1_577_836_800, max_value=2_208_988_800),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia"]),
    st.sampled_from([DAY, MONTH]),
)
def test_the_next_period_is_another_one_and_begins_at_that_very_moment(
    seconds: int, zone: str, kind: str
) -> None:
    calendar, at = Calendar(zone), datetime.fromtimestamp(seconds, UTC)

    begins = calendar.next_begins(kind, at)

    assert at < begins
    assert calendar.periods(begins)[kind] > calendar.periods(at)[kind]
    just_before = datetime.fromtimestamp(begins.timestamp() - 1, UTC)
    assert calendar.periods(just_before)[kind] == calendar.periods(at)[kind]


def test_a_zone_that_does_not_exist_is_refused() -> None:
    for zone in ("Mars/Olympus", "", "../etc/passwd", "/etc/localtime"):
        with pytest.raises(ValueError, match="time zone"):
            Calendar(zone)


@given(st.integers(min_value=0, max_value=10**12))
def test_money_survives_being_dollars(e4: int) -> None:
    assert usd_e4(usd_of(e4)) == e4


def test_sums_of_a_thousand_quotes_are_exact() -> None:
    assert sum(usd_e4(0.1) for _ in range(1000)) == usd_e4(100.0)
    assert usd_e4(0.8823529411764706) == usd_e4(round(12 / 68 * 5, 4)) == 8824
