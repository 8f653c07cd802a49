"""From an upload to the intake function: nothing lost on the way, nobody else let in."""

from typing import Any

import pytest

from tests.support.template_reader import of_type, template, transformed

QUEUES = sorted(of_type("AWS::SQS::Queue"))


def rule() -> dict[str, Any]:
    found: dict[str, Any] = of_type("AWS::Events::Rule")["UploadRule"]
    return found


def queue_policies() -> list[dict[str, Any]]:
    return [
        statement
        for policy in of_type("AWS::SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def test_the_rule_takes_new_objects_of_this_bucket_in_this_account_below_the_prefix() -> None:
    assert rule()["EventPattern"] == {
        "source": ["aws.s3"],
        "account": [{"Ref": "AWS::AccountId"}],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [{"Ref": "InboxBucket"}]},
            "object": {"key": [{"prefix": {"Ref": "InboxPrefix"}}]},
        },
    }


def test_an_event_that_cannot_be_delivered_is_tried_for_a_day_and_then_kept() -> None:
    (target,) = rule()["Targets"]

    assert target["Arn"] == {"Fn::GetAtt": ["IntakeQueue", "Arn"]}
    assert target["RetryPolicy"] == {
        "MaximumRetryAttempts": 185,
        "MaximumEventAgeInSeconds": 86_400,
    }
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["IntakeDeadLetterQueue", "Arn"]}}


WRITERS = (
    {"Fn::GetAtt": ["UploadRule", "Arn"]},
    [
        {"Fn::GetAtt": ["SweepFunctionEveryFiveMinutes", "Arn"]},
        {"Fn::GetAtt": ["SweepFunctionExecutionEndedBadly", "Arn"]},
    ],
)


def test_only_our_own_rules_may_write_to_the_queues() -> None:
    allowed = [statement for statement in queue_policies() if statement["Effect"] == "Allow"]

    assert [it["Condition"]["ArnEquals"]["aws:SourceArn"] for it in allowed] == [*WRITERS]
    for statement in allowed:
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Action"] == "sqs:SendMessage"


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_answers_over_tls_only(queue: str) -> None:
    refusing = [
        statement
        for statement in queue_policies()
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    ]

    assert any({"Fn::GetAtt": [queue, "Arn"]} in it["Resource"] for it in refusing)


def test_a_message_stays_hidden_for_six_times_the_function_s_timeout() -> None:
    queue = of_type("AWS::SQS::Queue")["IntakeQueue"]
    timeout = template()["Resources"]["IntakeFunction"]["Properties"]["Timeout"]

    assert queue["VisibilityTimeout"] >= 6 * timeout


def test_a_message_that_keeps_failing_goes_where_it_is_kept_longest() -> None:
    queues = of_type("AWS::SQS::Queue")
    redrive = queues["IntakeQueue"]["RedrivePolicy"]

    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": ["IntakeDeadLetterQueue", "Arn"]}
    # By time and not by a count of tries: nearly as long as the queue keeps a message.
    receives = redrive["maxReceiveCount"] * queues["IntakeQueue"]["VisibilityTimeout"]
    retention = queues["IntakeQueue"]["MessageRetentionPeriod"]
    assert retention - 86_400 < receives < retention
    kept = queues["IntakeDeadLetterQueue"]["MessageRetentionPeriod"]
    assert kept == 14 * 86_400
    assert kept > queues["IntakeQueue"]["MessageRetentionPeriod"]


def test_a_record_outlives_the_last_time_its_upload_can_be_announced() -> None:
    kept = of_type("AWS::SQS::Queue")["IntakeDeadLetterQueue"]["MessageRetentionPeriod"]

    assert template()["Parameters"]["RecordDays"]["MinValue"] * 86_400 > kept


def test_one_bad_message_does_not_bring_back_the_other_nine() -> None:
    mappings = of_type("AWS::Lambda::EventSourceMapping", source=transformed())
    mapping = mappings["IntakeFunctionUploads"]

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] == 10
    # Of the ten functions that a new account may run at once, most are left to edits under way.
    assert mapping["ScalingConfig"]["MaximumConcurrency"] == 2


@pytest.mark.parametrize(
    ("metric", "watched"),
    [
        (
            "ApproximateNumberOfMessagesVisible",
            {"Fn::GetAtt": ["IntakeDeadLetterQueue", "QueueName"]},
        ),
        ("ApproximateAgeOfOldestMessage", {"Fn::GetAtt": ["IntakeQueue", "QueueName"]}),
        ("ExecutionsFailed", {"Ref": "EditStateMachine"}),
    ],
)
def test_an_alarm_watches_every_place_where_an_edit_can_be_stuck(
    metric: str, watched: dict[str, Any]
) -> None:
    alarms = of_type("AWS::CloudWatch::Alarm").values()

    (alarm,) = (
        it
        for it in alarms
        if it["MetricName"] == metric and it["Dimensions"][0]["Value"] == watched
    )
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["AlarmDescription"]
