"""The rate of pictures, told from how long each of them stays."""

import pytest
from retake.media.rhythm import usual_gap

CLOCK = 90_000  # ticks a second


@pytest.mark.parametrize(
    ("gaps", "rate"),
    [
        ({3000: 119}, 30),
        ({1500: 119, 45_000: 10}, 60),  # a burst, then stills
        ({3000: 60, 4500: 40}, 30),
        # Recorders that stamp pictures in pairs: one of each is a tick behind the other.
        ({1: 40, 3000: 50, 5999: 30}, 30),
        ({0: 40, 3000: 80}, 30),
        # A clock that is early or late by as much as four milliseconds.
        ({gap: 722 - abs(gap - 3003) for gap in range(2283, 3724, 9)}, 29.97),
        # Nothing else to tell it by.
        ({1: 40}, CLOCK),
    ],
)
def test_pictures_that_fell_together_do_not_change_the_rate(
    gaps: dict[int, int], rate: float
) -> None:
    assert CLOCK / usual_gap(gaps, CLOCK) == pytest.approx(rate, rel=0.01)
