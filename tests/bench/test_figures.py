"""The arithmetic behind docs/performance.md; nothing here is timed."""

from typing import Any

import pytest

from bench.agreement import note
from bench.cold_start import by_count
from bench.crowd import Crowd
from bench.figures import Figure, Goal, judged, percentile, ratio, slowest, worst
from bench.orchestration import lambda_usd
from bench.plots import Bar, bars
from bench.report import short, shown


def test_a_figure_is_the_median_and_the_middle_half() -> None:
    figure = Figure.of([5, 1, 2, 3, 4], "ms")

    assert (figure.low, figure.median, figure.high) == (2, 3, 4)


def test_a_goal_that_is_missed_within_the_spread_is_undecided() -> None:
    near, far, good = (Figure.of(v, "×") for v in ([0.9, 1.1, 1.3], [1.1, 1.2, 1.3], [0.5, 0.6, 2]))

    assert judged({"≤ 1": (good, 1)}) == Goal("≤ 1", True)
    assert judged({"≤ 1": (near, 1), "good": (good, 1)}).is_undecided
    assert judged({"≤ 1": (near, 1), "far": (far, 1)}) == Goal("≤ 1, far", False)


def test_a_limit_that_the_slowest_exceeds_is_missed_and_undecided_where_most_keep_it() -> None:
    assert judged({"≤ 5": (worst([1, 2, 5], "s"), 5)}).met
    assert judged({"≤ 4": (worst([1, 2, 5], "s"), 4)}).is_undecided
    assert judged({"≤ 1": (worst([2, 3, 5], "s"), 1)}) == Goal("≤ 1", False)


def test_two_values_spread_from_one_to_the_other() -> None:
    assert Figure.of([3, 1], "s") == Figure(2, 1, 3, "s", 2)


def test_a_ratio_compares_values_of_the_same_round() -> None:
    # The second round met a busy machine: both values doubled, and the ratio stays.
    assert ratio([10, 20, 10], [20, 40, 20]) == Figure(0.5, 0.5, 0.5, "×", 3)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.95, 95), (0.5, 50), (1.0, 100), (0.0, 1)],
)
def test_a_percentile_is_one_of_the_values(share: float, expected: int) -> None:
    assert percentile(range(1, 101), share) == expected


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (1234.5, "1,234"), (12.34, "12.3"), (0.0512, "0.0512"), (1.0, "1"), (99.96, "100")],
)
def test_numbers_are_written_with_three_digits(number: float, text: str) -> None:
    assert short(number) == text


def test_a_measured_figure_shows_its_spread() -> None:
    figure = {"median": 3.0, "low": 2.0, "high": 4.0, "unit": "ms", "values": 5}

    assert shown(figure) == "3 ms (2–4)"


def test_a_figure_that_was_measured_once_says_so() -> None:
    assert (
        shown({"median": 3.0, "low": 3.0, "high": 3.0, "unit": "ms", "values": 1}) == "3 ms (once)"
    )
    assert shown({"median": 3.0, "low": 3.0, "high": 3.0, "unit": "ms", "values": 2}) == "3 ms"


def test_counted_starts_that_differ_by_less_than_two_counts_do_are_undecided() -> None:
    near, far = (by_count({"own code": share}, {"botocore": 1.0}) for share in (1.005, 1.02))

    assert judged({"≤ 1 ×": (near, 1.0)}).is_undecided
    assert not judged({"≤ 1 ×": (far, 1.0)}).is_undecided


def test_a_call_costs_its_memory_times_its_seconds_and_the_request() -> None:
    assert lambda_usd({"Poll": 2}) == pytest.approx(2 * (0.25 * 0.25 * 13.3334e-6 + 0.2e-6))


def test_a_chart_escapes_its_words_and_marks_the_reference() -> None:
    picture = bars("a & b", [Bar("x < y", 2.0, "2 s")], (1.0, "limit"))

    assert "a &amp; b" in picture
    assert "x &lt; y" in picture
    assert "stroke-dasharray" in picture


def run(figures: dict[str, Any], ratio: Any = None) -> dict[str, Any]:
    return {"at": "noon", "rows": [{"what": "ours", "figures": figures, "ratio": ratio}]}


def spread(low: float, high: float, unit: str = "") -> dict[str, Any]:
    return {"median": (low + high) / 2, "low": low, "high": high, "unit": unit, "values": 5}


def test_two_runs_agree_where_their_middle_halves_overlap_or_nearly_touch() -> None:
    first = run({"size": spread(1.0, 2.0)}, spread(0.49, 0.51))

    same = note(first, run({"size": spread(1.9, 3.0)}, spread(0.53, 0.54)))
    other = note(first, run({"size": spread(2.1, 3.0)}, spread(0.59, 0.61)))

    assert same["apart"] == []
    assert other["apart"] == ["ours, size", "ours, ratio"]


def test_times_are_told_apart_from_what_does_not_depend_on_the_machine() -> None:
    first, second = (run({"time": spread(at, at + 1, "s")}, 1.0) for at in (1, 10))

    told = note(first, second)

    assert (told["figures"], told["apart"]) == (1, [])
    assert (told["times"], told["times_apart"]) == (1, 1)


def test_a_percentile_comes_with_the_spread_of_draws_from_its_values() -> None:
    figure = slowest([*range(1, 20), 100], 0.95, "s")

    assert figure.median == 19
    assert figure.low <= 19 <= figure.high <= 100
    assert figure == slowest([*range(1, 20), 100], 0.95, "s")


def test_one_edit_of_ten_takes_what_one_alone_does() -> None:
    alone, ten = Crowd(1), Crowd(10)

    # Who runs beside others looks whether somebody waits, too.
    looks, more = alone.each("table.first"), ten.each("table.first")
    assert ten.table_requests - more == alone.table_requests - looks
    assert more <= looks + 1
    # Fourteen, and a last look for erasures that waited for this one to end.
    assert alone.table_requests <= 15
    assert ten.transitions == alone.transitions == 6
    assert ten.own_ms > 0
