"""Alarms: every place where an edit, an upload or money can be lost sight of has one."""

import pytest
from retake.aws.log import UNREADABLE
from retake.aws.metrics import Measures
from retake.container import NEW_RESULT_HOST
from retake.presentation.messages import notification
from retake.steps.measures import (
    OVERDUE,
    WAITED,
    of_bill,
    of_call,
    of_sending,
    of_step,
    of_sweep,
    of_webhook,
)

from tests.least_privilege.intrinsics import Filled
from tests.support.template_reader import template, transformed

FILLED = Filled(transformed(), {"InboxPrefix": "clips/"})
MISSED = {
    "cost": {"quoted_usd": 1.0, "billed_usd": 1.02},
    "provider_usage": {"usd": 1.02},
}
# Each kind by its own name, and then what the alarm reads that stands for several.
KINDS: list[Measures] = [
    *(of_step(it) for it in ("parked: x", "uncertain", "unanswered: x", "over budget: x")),
    *(of_webhook(it) for it in ("disabled", "given up")),
    of_bill(notification(MISSED, "", subject="", attributes={})),
    of_sweep({OVERDUE: 1}),
    UNREADABLE,
    NEW_RESULT_HOST,
]
# What each alarm watches: where an edit, an upload or money can be lost sight of.
WATCHED = {
    "UploadsNotTakenInAlarm": "AWS/SQS ApproximateNumberOfMessagesVisible",
    "UploadsWaitingAlarm": "AWS/SQS ApproximateAgeOfOldestMessage",
    "EditsLeftOpenAlarm": "AWS/States ExecutionsFailed",
    "ProviderTroubleAlarm": "Retake/retake ProviderTroubles",
    "ToBeMendedAlarm": "Retake/retake ToBeMended",
    "ToldByMessageAlarm": "Retake/retake ToldByMessage",
    "CallsRefusedAlarm": "Retake/retake CallsRefused",
    "SpendingAlarm": "Retake/retake DollarsCommitted",
    "WaitsTooLongAlarm": "Retake/retake HoursInLine",
    "WebhooksNotSentAlarm": "AWS/SQS ApproximateNumberOfMessagesVisible",
}


def test_an_alarm_watches_each_place_where_something_can_be_lost_sight_of() -> None:
    alarms = FILLED.resources("AWS::CloudWatch::Alarm")

    watched = {name: f"{it['Namespace']} {it['MetricName']}" for name, it in alarms.items()}

    # CloudWatch's free tier is ten metrics of alarms ("Amazon CloudWatch pricing").
    assert watched == WATCHED
    assert len(WATCHED) <= 10
    assert {it["TreatMissingData"] for it in alarms.values()} == {"notBreaching"}


def test_what_the_functions_count_is_what_the_alarms_read() -> None:
    counted = {*of_call(401), *of_sending("accepted", 1.0), *of_sweep({WAITED: 60})}
    counted |= {[*kind][-1] for kind in KINDS}
    own = [
        it
        for it in FILLED.resources("AWS::CloudWatch::Alarm").values()
        if it["Namespace"].startswith("Retake/")
    ]
    variables = template()["Globals"]["Function"]["Environment"]["Variables"]

    assert {it["MetricName"] for it in own} == counted
    for alarm in own:
        # Powertools adds this one dimension by itself, and an alarm must name all.
        service = variables["POWERTOOLS_SERVICE_NAME"]
        assert alarm["Dimensions"] == [{"Name": "service", "Value": service}]
        assert alarm["Namespace"] == FILLED.value(variables["POWERTOOLS_METRICS_NAMESPACE"])


@pytest.mark.parametrize("kind", KINDS, ids=lambda it: next(iter(it)))
def test_an_alarm_for_several_kinds_says_which_they_are(kind: Measures) -> None:
    name, read = kind
    (alarm,) = (
        it for it in FILLED.resources("AWS::CloudWatch::Alarm").values() if it["MetricName"] == read
    )

    assert f"{name}:" in alarm["AlarmDescription"]


def test_no_alarm_depends_on_how_much_is_logged() -> None:
    assert not FILLED.resources("AWS::Logs::MetricFilter")


def test_alarms_go_where_somebody_asked_for_them() -> None:
    topic = "arn:aws:sns:us-east-1:000000000000:alarms"

    for it in (
        Filled(transformed(), {"AlarmTopicArn": topic}).resources("AWS::CloudWatch::Alarm").values()
    ):
        assert it["AlarmActions"] == [topic]


def test_spending_beyond_a_sum_an_hour_raises_an_alarm_unless_that_is_off() -> None:
    alarms = FILLED.resources("AWS::CloudWatch::Alarm")
    off = Filled(transformed(), {"AlarmDollarsPerHour": "0"}).resources("AWS::CloudWatch::Alarm")

    spending = alarms["SpendingAlarm"]
    assert (spending["Period"], spending["Statistic"]) == (3600, "Sum")
    # As the functions write it without dimensions of its own.
    assert spending["Dimensions"] == [{"Name": "service", "Value": "retake"}]
    assert 0 < float(spending["Threshold"]) <= 100
    assert of_sending("uncertain", 1.0).keys() == {spending["MetricName"]}
    assert alarms.keys() - off.keys() == {"SpendingAlarm"}


def test_a_long_wait_in_line_raises_an_alarm_unless_that_is_off() -> None:
    alarms = FILLED.resources("AWS::CloudWatch::Alarm")
    off = Filled(transformed(), {"AlarmHoursInLine": "0"}).resources("AWS::CloudWatch::Alarm")

    waits = alarms["WaitsTooLongAlarm"]
    assert waits["Dimensions"] == [{"Name": "service", "Value": "retake"}]
    ((name, (_, hours)),) = of_sweep({WAITED: 7 * 3600}).items()
    assert name == waits["MetricName"]
    assert hours > float(waits["Threshold"]) > 0
    assert alarms.keys() - off.keys() == {"WaitsTooLongAlarm"}
