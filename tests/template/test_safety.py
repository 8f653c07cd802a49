"""What linters cannot see: no circle of triggers, no foreign events, and a way to stop it all."""

from collections.abc import Iterator

import pytest
from retake.aws.log import UNREADABLE
from retake.aws.metrics import Measures
from retake.container import NEW_RESULT_HOST
from retake.domain.source import Source, is_material
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
from tests.support.template_reader import (
    FUNCTION,
    function_of,
    listed,
    of_type,
    statements,
    states,
    template,
    transformed,
)

FILLED = Filled(transformed(), {"InboxPrefix": "clips/"})
RULES = sorted(FILLED.resources("AWS::Events::Rule"))
GROUPS = sorted(of_type("AWS::Logs::LogGroup"))
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


# ---------------------------------------------------------------- no circle


def granted(function: str) -> list[tuple[str, str]]:
    """Each action and resource of a function's role."""
    role = of_type("AWS::Lambda::Function", source=transformed())[function]["Role"]["Fn::GetAtt"][0]
    return [
        (action, resource)
        for statement in statements(role)
        for action in listed(statement["Action"])
        for resource in listed(FILLED.value(statement)["Resource"])
    ]


def follows(thing: str) -> Iterator[str]:
    """What a bucket, rule, queue, function or machine sets in motion, by logical id."""
    kind = transformed()["Resources"][thing]["Type"]
    if kind == "AWS::S3::Bucket":
        for name in RULES:
            pattern = FILLED.resources("AWS::Events::Rule")[name].get("EventPattern", {})
            if thing in pattern.get("detail", {}).get("bucket", {}).get("name", []):
                yield name
    elif kind == "AWS::Events::Rule":
        for target in FILLED.resources(kind)[thing]["Targets"]:
            yield named(target["Arn"])
    elif kind == "AWS::SQS::Queue":
        for source in FILLED.resources("AWS::Lambda::EventSourceMapping").values():
            if named(source["EventSourceArn"]) == thing:
                yield source["FunctionName"]
    elif kind == "AWS::Lambda::Function":
        for action, resource in granted(thing):
            if action in ("states:StartExecution", "sqs:SendMessage", "lambda:InvokeFunction"):
                yield named(resource)
    elif kind == "AWS::StepFunctions::StateMachine":
        yield from (function for state in states().values() if (function := function_of(state)))


def named(arn: str) -> str:
    """The logical id in an ARN: what is not deployed is named after itself."""
    return arn.replace("/", ":").rpartition(":")[2]


def set_in_motion_by(bucket: str) -> set[str]:
    reached: set[str] = set()
    ahead = [bucket]
    while ahead:
        for each in follows(ahead.pop()):
            if each not in reached:
                reached.add(each)
                ahead.append(each)
    return reached


def test_an_upload_sets_every_step_of_an_edit_in_motion() -> None:
    # Or the next test would follow nothing.
    assert {
        f"{word}Function" for word in ("Intake", "Validate", "Fit", "Submit", "Poll", "Persist")
    } <= set_in_motion_by("InboxBucket")


@pytest.mark.parametrize("bucket", sorted(of_type("AWS::S3::Bucket")))
def test_nothing_that_a_bucket_sets_in_motion_can_write_an_upload_into_it(bucket: str) -> None:
    functions = of_type("AWS::Lambda::Function", source=transformed())

    # Also those that nothing sets in motion today: a new trigger must not close a circle.
    writable = {
        resource.removeprefix(f"arn:aws:s3:::{bucket}/")
        for function in functions
        for action, resource in granted(function)
        if action in ("s3:PutObject", "s3:RestoreObject") and f":::{bucket}/" in resource
    }

    if set_in_motion_by(bucket):
        assert writable
        assert all(is_material(Source(bucket="inbox", key=key), "clips/") for key in writable)


def test_only_rules_of_this_template_hear_of_objects() -> None:
    for bucket in of_type("AWS::S3::Bucket").values():
        heard = bucket.get("NotificationConfiguration", {})
        assert heard.keys() <= {"EventBridgeConfiguration"}
        assert "ReplicationConfiguration" not in bucket


# ---------------------------------------------------------------- nobody else's events


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_takes_events_of_this_account_and_of_one_named_thing(rule: str) -> None:
    properties = FILLED.resources("AWS::Events::Rule")[rule]
    pattern = properties.get("EventPattern")
    if pattern is None:
        assert properties["ScheduleExpression"]
        return

    assert pattern["account"] == ["000000000000"]
    detail = pattern["detail"]
    assert detail.get("bucket", {}).get("name") == ["InboxBucket"] or detail.get(
        "stateMachineArn"
    ) == ["EditStateMachine"]


def test_only_named_sources_may_invoke_a_function() -> None:
    for permission in FILLED.resources("AWS::Lambda::Permission").values():
        # Without a source any API or rule of anybody could.
        assert permission["SourceArn"] not in ("", "*")


# ---------------------------------------------------------------- what is left behind


@pytest.mark.parametrize("group", GROUPS)
def test_every_log_forgets(group: str) -> None:
    assert of_type("AWS::Logs::LogGroup")[group]["RetentionInDays"] == {"Ref": "LogDays"}


def test_every_function_the_api_and_the_workflow_have_a_log_that_is_declared() -> None:
    # One that AWS makes by itself would never forget.
    functions = {name.removesuffix("Function") for name in of_type(FUNCTION)}

    assert {name.removesuffix("LogGroup") for name in GROUPS} == functions | {
        "JobApi",
        "EditStateMachine",
    }


def test_whatever_holds_data_or_keys_outlives_the_stack() -> None:
    kinds = {"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key"}

    for name, resource in template()["Resources"].items():
        if resource["Type"] in kinds:
            kept = (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
            # Not when the very first deployment fails: there is nothing yet to keep.
            assert kept == ("RetainExceptOnCreate", "Retain"), name


def test_access_to_the_buckets_is_logged_where_somebody_named_a_place() -> None:
    silent = Filled(transformed()).resources("AWS::S3::Bucket")
    told = Filled(transformed(), {"AccessLogBucket": "logs"}).resources("AWS::S3::Bucket")

    assert not [name for name, bucket in silent.items() if "LoggingConfiguration" in bucket]
    assert {it["LoggingConfiguration"]["LogFilePrefix"] for it in told.values()} == {
        "retake/inbox/",
        "retake/results/",
    }


# ---------------------------------------------------------------- alarms


def test_an_alarm_watches_each_place_where_something_can_be_lost_sight_of() -> None:
    alarms = FILLED.resources("AWS::CloudWatch::Alarm")

    watched = {name: f"{it['Namespace']} {it['MetricName']}" for name, it in alarms.items()}

    # CloudWatch's free tier is ten metrics of alarms ("Amazon CloudWatch pricing").
    assert watched == WATCHED
    assert len(WATCHED) <= 10
    assert {it["TreatMissingData"] for it in alarms.values()} == {"notBreaching"}


def test_what_the_functions_count_is_what_the_alarms_read() -> None:
    counted = {*of_call(401), *of_sending("accepted", 1.0), *of_sweep({WAITED: 60})}
    counted |= {next(reversed(kind)) for kind in KINDS}
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


# ---------------------------------------------------------------- the emergency stop


def test_stopped_nothing_is_taken_in_and_no_paid_call_can_be_made() -> None:
    stopped = Filled(transformed(), {"EmergencyStop": "on"})
    functions = stopped.resources("AWS::Lambda::Function")

    reserved = {
        name: it["ReservedConcurrentExecutions"]
        for name, it in functions.items()
        if "ReservedConcurrentExecutions" in it
    }
    sources = stopped.resources("AWS::Lambda::EventSourceMapping")

    # What was paid for is still followed, saved and told.
    assert reserved == {"SubmitFunction": 0}
    assert sources.pop("IntakeFunctionUploads")["Enabled"] is False
    assert not [name for name, it in sources.items() if not it.get("Enabled", True)]


def test_running_nothing_is_reserved_from_an_account_that_may_have_ten() -> None:
    running = Filled(transformed())

    for it in running.resources("AWS::Lambda::Function").values():
        assert "ReservedConcurrentExecutions" not in it
    uploads = running.resources("AWS::Lambda::EventSourceMapping")["IntakeFunctionUploads"]
    assert uploads["Enabled"] is True
