"""The arithmetic behind docs/performance.md; nothing here is timed."""

from typing import Any

import pytest

from bench.agreement import note
from bench.crowd import Crowd
from bench.figures import Figure, percentile, ratio
from bench.idle import bill
from bench.orchestration import dynamodb_usd, lambda_usd
from bench.plots import Bar, bars
from bench.report import short, shown


def test_a_figure_is_the_median_and_the_middle_half() -> None:
    figure = Figure.of([5, 1, 2, 3, 4], "ms")

    assert (figure.low, figure.median, figure.high) == (2, 3, 4)


def test_two_values_spread_from_one_to_the_other() -> None:
    assert Figure.of([3, 1], "s") == Figure(2, 1, 3, "s", 2)


def test_a_ratio_compares_values_of_the_same_round() -> None:
    # The second round met a busy machine: both values doubled, and the ratio stays.
    assert ratio([10, 20, 10], [20, 40, 20]) == 0.5


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


def test_a_transaction_writes_twice_as_much() -> None:
    one = dynamodb_usd({"UpdateItem": 1}, 1, 0)
    both = dynamodb_usd({"TransactWriteItems": 1}, 1, 0)

    assert one == pytest.approx(4 * 0.625e-6)
    assert both == pytest.approx(7 * 0.625e-6)


def test_a_call_costs_its_memory_times_its_seconds_and_the_request() -> None:
    assert lambda_usd({"Poll": 2}) == pytest.approx(2 * (0.25 * 0.25 * 13.3334e-6 + 0.2e-6))


def test_the_idle_bill_names_what_it_does_not_know() -> None:
    resources = {
        "Key": {"Type": "AWS::SecretsManager::Secret"},
        "Late": {"Type": "AWS::CloudWatch::Alarm"},
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Gate": {"Type": "AWS::EC2::NatGateway"},
    }

    items, unknown = bill(resources)

    assert items == {"1 secrets": 0.40, "1 alarms": 0.10}
    assert unknown == ["AWS::EC2::NatGateway"]


def test_a_chart_escapes_its_words_and_marks_the_reference() -> None:
    picture = bars("a & b", [Bar("x < y", 2.0, "2 s")], (1.0, "limit"))

    assert "a &amp; b" in picture
    assert "x &lt; y" in picture
    assert "stroke-dasharray" in picture


def test_two_runs_agree_where_their_middle_halves_overlap() -> None:
    def run(low: float, high: float, ratio: float) -> dict[str, Any]:
        time = {"median": (low + high) / 2, "low": low, "high": high, "unit": "s", "values": 5}
        return {"at": "noon", "rows": [{"what": "ours", "figures": {"time": time}, "ratio": ratio}]}

    same = note(run(1.0, 2.0, 0.50), run(1.9, 3.0, 0.54))
    other = note(run(1.0, 2.0, 0.50), run(2.1, 3.0, 0.60))

    assert same["apart"] == []
    assert other["apart"] == ["ours, time", "ours, ratio"]


def test_one_edit_of_ten_takes_what_one_alone_does() -> None:
    alone, ten = Crowd(1), Crowd(10)

    assert ten.table_requests == alone.table_requests
    assert ten.transitions == alone.transitions
    assert ten.own_ms > 0
