"""The bill of a month in which nothing happens, and what it is reckoned with."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from retake.aws.dynamodb import First, Newest
from retake.aws.dynamodb_changes import Change
from retake.aws.s3 import InboxObject

from bench.idle import (
    LAPS,
    SWEEP_QUERIES,
    SWEEP_READS,
    SWEEP_WRITES,
    SWEEPS,
    Cost,
    bill,
    made,
)
from tests.support.template_reader import template
from tools.deploy import idle_usd
from virtual.memory_table import MemoryTable
from virtual.sweep_scene import Broom


class NotingTable(MemoryTable):
    """A table that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    def get(self, key: str) -> dict[str, Any] | None:
        self.asked["read"] += 1
        return super().get(key)

    def newest(self, asked: Newest) -> list[dict[str, Any]]:
        self.asked["query"] += 1
        return super().newest(asked)

    def first(self, asked: First) -> list[dict[str, Any]]:
        self.asked["query"] += 1
        return super().first(asked)

    def write(self, *changes: Change) -> None:
        self.asked["write"] += 1
        super().write(*changes)


def test_a_sweep_that_finds_nothing_asks_as_often_as_the_bill_says() -> None:
    table = NotingTable()
    broom = Broom(table=table)
    listed: list[str | None] = []

    def uploads(place: str | None) -> tuple[list[InboxObject], None]:
        listed.append(place)
        return [], None

    missed = replace(broom.sweeper.missed_uploads, uploads=uploads)
    broom.sweeper = replace(broom.sweeper, missed_uploads=missed)
    broom.later()  # its first lap

    table.asked.clear()
    broom.clock.advance(300)
    broom.sweeper.run()

    assert table.asked == {"query": SWEEP_QUERIES, "read": SWEEP_READS, "write": SWEEP_WRITES}
    assert len(listed) == 1
    runs = SWEEPS // (30 * 24)  # in an hour
    for _ in range(2 * runs):
        broom.clock.advance(3600 / runs)
        broom.sweeper.run()
    assert len(listed) == 1 + 2 * LAPS // (30 * 24)


def test_the_idle_bill_names_what_it_does_not_know() -> None:
    resources = {
        "Key": {"Type": "AWS::SecretsManager::Secret"},
        "Late": {"Type": "AWS::CloudWatch::Alarm"},
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Gate": {"Type": "AWS::EC2::NatGateway"},
        "Reader": {
            "Type": "AWS::Serverless::Function",
            "Properties": {"Events": {"Orders": {"Type": "SQS"}}},
        },
    }

    items, unknown = bill(resources)

    assert items == {
        "1 secrets": Cost(0.40, 0.40),
        "1 alarms": Cost(0.10, 0),
        "the empty queue": pytest.approx(Cost(0.648 * 0.40, 0)),
    }
    assert unknown == ["AWS::EC2::NatGateway"]


def test_what_is_beyond_the_free_amount_is_paid_for() -> None:
    resources = {f"Alarm{n}": {"Type": "AWS::CloudWatch::Alarm"} for n in range(12)}
    resources |= {f"Board{n}": {"Type": "AWS::CloudWatch::Dashboard"} for n in range(4)}

    items, _ = bill(resources)

    assert items["12 alarms"] == pytest.approx(Cost(1.20, 0.20))
    assert items["the dashboard"] == Cost(12.00, 3.00)


def test_everything_that_the_template_makes_by_default_is_in_the_bill() -> None:
    items, unknown = bill(made(template()))

    assert unknown == []
    # The dashboard is told apart: it is free for an account with fewer than three others.
    listed = sum(cost.listed for cost in items.values()) - items["the dashboard"].listed
    assert idle_usd(template(), {}) == pytest.approx(listed, abs=0.01)


def test_the_sweep_is_not_traced_as_the_bill_counts_no_trace_of_it() -> None:
    # "PassThrough": only what comes with a trace that is recorded (Lambda API, TracingConfig).
    assert template()["Resources"]["SweepFunction"]["Properties"]["Tracing"] == "PassThrough"


def test_what_a_parameter_adds_is_not_in_it() -> None:
    assert "EncryptionKey" in template()["Resources"]
    assert "EncryptionKey" not in made(template())
    assert "SpendingAlarm" in made(template())
