"""The check of a deployed stack, over AWS's answers as they should be, and over one that is not."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from local.smoke import access as doors
from local.smoke import readiness as standing
from local.smoke.account import Account
from local.smoke.cleanup import Traces
from local.smoke.findings import CheckVerdict
from local.smoke.run import (
    AFTERWARDS,
    CALLING,
    MEANINGLESS_HERE,
    ONLY_SET_HERE,
    STANDING,
    STRAINED,
    WALKING,
    finding,
)
from local.smoke.strain import Strain
from tests.local.aws_answers import CLOSED, AnsweringAccount, refused

READS: dict[str, Callable[[Account], str]] = {
    it.__name__: it for it in (*STANDING, *AFTERWARDS) if it.__module__ == standing.__name__
}


@pytest.mark.parametrize("name", sorted(READS))
def test_a_sound_stack_holds_in_every_way(name: str) -> None:
    found = finding(AnsweringAccount(), READS[name], AnsweringAccount())

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
    cloud = AnsweringAccount({verb: answer})

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
    cloud = AnsweringAccount({"get_stages": {"item": stages}})
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
    cloud = AnsweringAccount({"describe_alarms": {"MetricAlarms": [{"AlarmName": "a"} | alarm]}})
    cloud.parameters = {"AlarmTopicArn": "arn:t"}

    assert finding(cloud, Strain.alarms_are_armed, Strain(cloud, Traces())).verdict is verdict


def test_a_key_is_never_shown() -> None:
    for key in ("canary key", "canary-key"):
        cloud = AnsweringAccount({"get_secret_value": {"SecretString": key}})
        assert "canary" not in finding(cloud, standing.a_provider_has_a_key, cloud).as_text()


def test_without_any_key_the_paid_call_is_left_out_and_nothing_is_broken() -> None:
    cloud = AnsweringAccount({"get_secret_value": {"SecretString": "replace-me"}})

    found = finding(cloud, standing.a_provider_has_a_key, cloud)

    assert found.verdict is CheckVerdict.LEFT_OUT


@pytest.mark.parametrize(
    "error",
    [refused("AccessDenied"), refused("AccessDeniedException"), refused("AuthorizationError")],
)
def test_what_these_credentials_may_not_ask_is_not_called_broken(error: ClientError) -> None:
    cloud = AnsweringAccount({"get_bucket_policy": error})
    check = standing.buckets_are_closed_to_the_public_and_to_plain_http

    found = finding(cloud, check, cloud)

    assert found.verdict is CheckVerdict.UNTOLD
    assert "GetBucketPolicy" in found.found


def test_an_answer_that_never_came_is_not_called_broken() -> None:
    cloud = AnsweringAccount(
        {"describe_alarms": EndpointConnectionError(endpoint_url="https://cloudwatch")}
    )

    assert finding(cloud, standing.no_alarm_is_raised, cloud).verdict is CheckVerdict.UNTOLD


@pytest.mark.parametrize("status", [200, 404, 500])
def test_an_api_that_lets_strangers_in_is_broken(status: int) -> None:
    cloud = AnsweringAccount()
    cloud.at_the_door = status

    found = finding(cloud, doors.calls_without_a_signature_are_refused, cloud)

    assert (found.verdict, str(status) in found.found) == (CheckVerdict.BROKEN, True)


@pytest.mark.parametrize("name", sorted({*MEANINGLESS_HERE, *ONLY_SET_HERE}))
def test_what_the_local_engine_does_not_enforce_never_gets_a_tick(name: str) -> None:
    cloud = AnsweringAccount(is_local=True)
    cloud.at_the_door = 200
    every: dict[str, Any] = {it.__name__: it for it in (*STANDING, *CALLING, *AFTERWARDS)}

    found = finding(cloud, every[name], cloud)

    assert found.verdict is CheckVerdict.UNTOLD


def test_every_check_is_made_once_and_reads_as_a_sentence() -> None:
    names = [it.__name__ for it in (*STANDING, *CALLING, *WALKING, *STRAINED, *AFTERWARDS)]

    assert len(names) == len(set(names))
    assert all(len(name.split("_")) >= 2 for name in names)


def test_what_was_made_is_removed_in_reverse_and_what_stays_is_named() -> None:
    removed: list[str] = []
    traces = Traces()

    def jammed() -> None:
        raise refused("Throttling", "DeleteQueue")

    traces.add("first", lambda: removed.append("first"))
    traces.add("queue", jammed)
    traces.add("last", lambda: removed.append("last"))
    found = finding(AnsweringAccount(), lambda _: traces.remove(), AnsweringAccount())

    assert removed == ["last", "first"]
    assert (found.verdict, found.found) == (CheckVerdict.BROKEN, "queue (ClientError)")
