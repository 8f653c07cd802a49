"""The check of a deployed stack, over AWS's answers as they should be, and over one that is not."""

from typing import Any

import pytest

from local.smoke import access as doors
from local.smoke.cleanup import Traces
from local.smoke.findings import CheckVerdict
from local.smoke.run import (
    finding,
)
from local.smoke.strain import Strain
from tests.local.smoke_cloud import CLOSED, READS, Answers, Cloud, refused


@pytest.mark.parametrize("name", sorted(READS))
def test_a_sound_stack_holds_in_every_way(name: str) -> None:
    found = finding(Cloud(), READS[name], Cloud())

    assert (found.verdict, found.todo) == (CheckVerdict.HOLDS, ""), found


@pytest.mark.parametrize(
    ("name", "verb", "answer"),
    [
        ("a_provider_has_a_key", "get_secret_value", {"SecretString": "a key\n"}),
        (
            "links_are_signed_with_a_secret_of_their_own",
            "get_secret_value",
            {"SecretString": "replace-me"},
        ),
        (
            "buckets_are_closed_to_the_public_and_to_plain_http",
            "get_public_access_block",
            {"PublicAccessBlockConfiguration": CLOSED | {"BlockPublicAcls": False}},
        ),
        (
            "buckets_are_closed_to_the_public_and_to_plain_http",
            "get_bucket_policy",
            {"Policy": '{"Statement": []}'},
        ),
        ("buckets_keep_versions", "get_bucket_versioning", {}),
        ("buckets_forget_what_was_replaced", "get_bucket_lifecycle_configuration", {"Rules": []}),
        (
            "only_the_inbox_tells_of_objects",
            "get_bucket_notification_configuration",
            {"QueueConfigurations": []},
        ),
        (
            "everything_is_encrypted_at_rest",
            "get_queue_attributes",
            {"Attributes": {"SqsManagedSseEnabled": "false"}},
        ),
        ("everything_is_encrypted_at_rest", "get_topic_attributes", {"Attributes": {}}),
        ("the_table_is_ready_and_forgets", "describe_time_to_live", {"TimeToLiveDescription": {}}),
        (
            "the_table_is_ready_and_forgets",
            "describe_time_to_live",
            {
                "TimeToLiveDescription": {
                    "AttributeName": "expires_at",
                    "TimeToLiveStatus": "DISABLED",
                }
            },
        ),
        (
            "queues_refuse_plain_http",
            "get_queue_attributes",
            {"Attributes": {"Policy": "{}"}},
        ),
        ("keys_of_the_stack_are_in_use", "get_key_rotation_status", {"KeyRotationEnabled": False}),
        (
            "functions_run_and_open_no_loopback",
            "get_function_configuration",
            {"Environment": {"Variables": {"RETAKE_LOOPBACK_PORTS": "1"}}},
        ),
        (
            "the_workflow_is_ready_and_logs_no_content",
            "describe_state_machine",
            {"loggingConfiguration": {"includeExecutionData": True}},
        ),
        (
            "intake_reads_its_queue",
            "list_event_source_mappings",
            {"EventSourceMappings": [{"State": "Disabled"}]},
        ),
        ("logs_forget", "describe_log_groups", {"logGroups": [{"logGroupName": "logs"}]}),
        (
            "dead_letter_queues_are_empty",
            "get_queue_attributes",
            {"Attributes": {"ApproximateNumberOfMessages": "2"}},
        ),
        (
            "no_alarm_is_raised",
            "describe_alarms",
            {"MetricAlarms": [{"AlarmName": "a", "StateValue": "ALARM"}]},
        ),
        # What AWS says instead of an answer when there is nothing to answer with.
        (
            "buckets_are_closed_to_the_public_and_to_plain_http",
            "get_public_access_block",
            refused("NoSuchPublicAccessBlockConfiguration"),
        ),
    ],
)
def test_what_does_not_hold_is_broken_and_says_what_to_do(
    name: str, verb: str, answer: Any
) -> None:
    cloud = Cloud({verb: answer})

    found = finding(cloud, READS[name], cloud)

    assert found.verdict is CheckVerdict.BROKEN, found
    assert found.found
    assert found.todo


STAGE = {
    "stageName": "v1",
    "methodSettings": {"*/*": {"throttlingRateLimit": 50}},
    "accessLogSettings": {"destinationArn": "arn"},
}


@pytest.mark.parametrize(
    ("stages", "verdict"),
    [
        ([STAGE], CheckVerdict.HOLDS),
        ([STAGE, STAGE | {"stageName": "Stage"}], CheckVerdict.BROKEN),
        ([STAGE | {"methodSettings": {}}], CheckVerdict.BROKEN),
        ([{name: STAGE[name] for name in ("stageName", "methodSettings")}], CheckVerdict.BROKEN),
    ],
)
def test_an_api_with_another_stage_or_one_without_limits_is_broken(
    stages: list[dict[str, Any]], verdict: CheckVerdict
) -> None:
    cloud = Cloud({"get_stages": {"item": stages}})
    check = doors.the_api_has_one_stage_with_limits_and_a_log

    assert finding(cloud, check, cloud).verdict is verdict


@pytest.mark.parametrize(
    ("alarm", "verdict"),
    [
        ({"ActionsEnabled": True, "AlarmActions": ["arn:t"]}, CheckVerdict.HOLDS),
        ({"ActionsEnabled": False, "AlarmActions": ["arn:t"]}, CheckVerdict.BROKEN),
        ({"ActionsEnabled": True, "AlarmActions": []}, CheckVerdict.BROKEN),
    ],
)
def test_an_alarm_that_tells_nobody_is_broken(alarm: dict[str, Any], verdict: CheckVerdict) -> None:
    cloud = Cloud({"describe_alarms": {"MetricAlarms": [{"AlarmName": "a"} | alarm]}})
    cloud.parameters = {"AlarmTopicArn": "arn:t"}

    assert finding(cloud, Strain.alarms_are_armed, Strain(cloud, Traces())).verdict is verdict


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ({}, CheckVerdict.HOLDS),
        ({"describe_rule": {"State": "DISABLED"}}, CheckVerdict.BROKEN),
        ({"invoke": {"FunctionError": "Unhandled"}}, CheckVerdict.BROKEN),
    ],
)
def test_a_sweep_that_is_off_or_fails_is_broken(answers: Answers, verdict: CheckVerdict) -> None:
    cloud = Cloud({"describe_rule": {"State": "ENABLED"}, "invoke": {}} | answers)

    found = finding(cloud, Strain.the_sweep_runs_and_is_scheduled, Strain(cloud, Traces()))

    assert found.verdict is verdict
