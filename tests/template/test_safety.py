"""What linters cannot see: no circle of triggers, no foreign events, and a way to stop it all."""

from collections.abc import Iterator

import pytest
from retake.domain.source import Source, is_material

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
