"""The dashboard: a document that CloudWatch takes, of metrics that somebody writes."""

import json
import re
from typing import Any

import pytest
from retake.aws.log import UNREADABLE
from retake.aws.metrics import TO_BE_MENDED
from retake.container import NEW_RESULT_HOST
from retake.presentation.messages import notification
from retake.steps.measures import (
    OVERDUE,
    PROVIDER_TROUBLES,
    TOLD_BY_MESSAGE,
    WAITED,
    of_bill,
    of_call,
    of_end,
    of_sending,
    of_step,
    of_sweep,
    of_webhook,
)

from tests.least_privilege.intrinsics import Filled
from tests.support.template_reader import transformed

FILLED = Filled(transformed())
(DASHBOARD,) = FILLED.resources("AWS::CloudWatch::Dashboard").values()
WIDGETS: list[dict[str, Any]] = json.loads(DASHBOARD["DashboardBody"])["widgets"]
ENDED = {
    "message": json.dumps(
        {
            "default": json.dumps(
                {
                    "status": "SUCCEEDED",
                    "provider": "novita",
                    "cost": {"quoted_usd": 1, "billed_usd": 1, "at_risk_usd": 1},
                    "created_at": "2026-03-01T12:00:00Z",
                    "submitted_at": "2026-03-01T12:00:01Z",
                    "finished_at": "2026-03-01T12:00:02Z",
                }
            )
        }
    )
}
BY_KIND, KINDS = of_end(ENDED)
MISSED = notification(
    {"cost": {"quoted_usd": 1.0, "billed_usd": 1.02}, "provider_usage": {"usd": 1.02}},
    "",
    subject="",
    attributes={},
)
PLAIN = {
    name
    for measures in (
        *(of_step(it) for it in ("parked", "uncertain", "unanswered", "over budget")),
        of_sending("accepted", 1.0),
        of_call(401),
        of_sweep({"closed": 1, OVERDUE: 1, WAITED: 60}),
        *(of_webhook(it) for it in ("disabled", "failed", "delivered")),
        of_bill(MISSED),
        UNREADABLE,
        NEW_RESULT_HOST,
    )
    for name in measures
} - {PROVIDER_TROUBLES, TOLD_BY_MESSAGE, *TO_BE_MENDED}  # sums of kinds that are shown


def named(widget: dict[str, Any]) -> list[list[Any]]:
    metrics = widget["properties"].get("metrics", [])
    return [it for it in metrics if isinstance(it[0], str)]


def searched(widget: dict[str, Any]) -> list[str]:
    return [
        it[0]["expression"]
        for it in widget["properties"].get("metrics", [])
        if it not in named(widget)
    ]


def test_it_can_be_left_out_where_an_account_has_enough_of_them() -> None:
    off = Filled(transformed(), {"ShowDashboard": "off"})

    assert not off.resources("AWS::CloudWatch::Dashboard")


def test_every_widget_has_a_title_a_region_and_a_place_of_its_own() -> None:
    places = [(it["x"], it["y"]) for it in WIDGETS]

    assert len(set(places)) == len(places)
    assert all(it["x"] + it["width"] <= 24 for it in WIDGETS)  # the width of CloudWatch's grid
    for widget in WIDGETS:
        assert widget["properties"]["title"]
        assert widget["properties"]["region"] == "us-east-1"


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda it: it["properties"]["title"])
def test_a_metric_of_ours_is_one_that_the_functions_write_with_these_dimensions(
    widget: dict[str, Any],
) -> None:
    for namespace, name, *dimensions in named(widget):
        if namespace.startswith("Retake/"):
            assert namespace == "Retake/retake"
            assert name in PLAIN
            assert dimensions[:2] == ["service", "retake"]
    for expression in searched(widget):
        if found := re.search(r"\{Retake/retake,([^}]+)\} MetricName=\"(\w+)\"", expression):
            assert found[2] in BY_KIND
            # Powertools adds the service to the dimensions that are given.
            assert found[1].split(",") == sorted({*KINDS, "service"})


def test_whatever_the_functions_count_is_shown() -> None:
    text = json.dumps(WIDGETS)

    assert {name for name in {*PLAIN, *BY_KIND} if name not in text} <= {"DollarsQuoted"}


def test_the_resources_it_names_are_those_of_the_stack() -> None:
    metrics = [it for widget in WIDGETS for it in named(widget) if it[0].startswith("AWS/")]

    assert {it[3] for it in metrics} == {
        FILLED.value({"Ref": "EditStateMachine"}),
        FILLED.value({"Fn::GetAtt": ["IntakeQueue", "QueueName"]}),
        FILLED.value({"Fn::GetAtt": ["WebhookQueue", "QueueName"]}),
    }
