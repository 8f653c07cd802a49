"""What smoke walks through: one edit, throttles, dead letters, and who may call."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from local.smoke import access as doors
from local.smoke import least, strain
from local.smoke import readiness as standing
from local.smoke.cleanup import Traces
from local.smoke.findings import CheckVerdict
from local.smoke.journey import Walk
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
from tests.local.smoke_cloud import Answers, Cloud, refused


@pytest.mark.parametrize(
    ("item", "verdict"),
    [
        ({"listens": {"BOOL": True}, "callback_seq": {"N": "2"}}, CheckVerdict.HOLDS),
        ({"listens": {"BOOL": True}, "callback_seq": {"N": "0"}}, CheckVerdict.BROKEN),
        ({"listens": {"BOOL": True}}, CheckVerdict.BROKEN),
        ({}, CheckVerdict.LEFT_OUT),
    ],
)
def test_a_provider_that_never_called_where_one_listened_is_broken(
    item: dict[str, Any], verdict: CheckVerdict
) -> None:
    cloud = Cloud({"get_item": {"Item": item}})

    assert finding(cloud, Walk.its_provider_called_back, walked(cloud)).verdict is verdict


CALLED = "DynamoDb.ConditionalCheckFailedException"


@pytest.mark.parametrize("failed", ["TaskFailed", "TaskSubmitFailed"])
@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        (["TaskSucceeded"], CheckVerdict.HOLDS),
        (["TaskTimedOut", "TaskSucceeded"], CheckVerdict.HOLDS),
        (["TaskTimedOut"], CheckVerdict.BROKEN),
        ([CALLED, "TaskTimedOut"], CheckVerdict.BROKEN),
        ([CALLED], CheckVerdict.LEFT_OUT),  # the mark of a call was there before
        (["TaskTimedOut", CALLED], CheckVerdict.LEFT_OUT),  # it came while the provider was asked
        (["DynamoDb.AccessDeniedException"], CheckVerdict.BROKEN),
        ([], CheckVerdict.LEFT_OUT),
    ],
)
def test_a_workflow_that_waited_and_was_never_woken_is_broken(
    failed: str, ends: list[str], verdict: CheckVerdict
) -> None:
    def entered(name: str) -> dict[str, Any]:
        return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name}}

    def ended(end: str) -> dict[str, Any]:
        if end.startswith("Task"):
            return {"type": end}
        return {"type": failed, f"t{failed[1:]}EventDetails": {"error": end}}

    woken = {"type": "TaskSucceeded"}
    events = [
        event
        for end in ends
        for event in (entered("Wait For Callback"), ended(end), entered("Poll"), woken)
    ]
    cloud = Cloud({"get_execution_history": {"events": events}})

    assert finding(cloud, Walk.a_call_woke_the_workflow, walked(cloud)).verdict is verdict


@pytest.mark.parametrize(
    ("status", "verdict"), [(200, CheckVerdict.HOLDS), (403, CheckVerdict.BROKEN)]
)
def test_an_api_that_wants_more_of_a_caller_than_its_permission_is_broken(
    status: int, verdict: CheckVerdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(least, "GRANTED_SECONDS", 0)
    keys = {"AccessKeyId": "a", "SecretAccessKey": "s", "SessionToken": "t"}
    cloud = Cloud(
        {
            "get_caller_identity": {"Arn": "arn:aws:iam::111122223333:user/me", "Account": "1"},
            "create_role": {"Role": {"Arn": "arn:role"}},
            "put_role_policy": {},
            "assume_role": {"Credentials": keys},
        }
    )
    cloud.at_the_door = status
    check = least.Least.execute_api_invoke_alone_opens_the_api

    assert finding(cloud, check, least.Least(cloud, Traces())).verdict is verdict


def test_who_may_make_no_role_is_told_so() -> None:
    cloud = Cloud(
        {
            "get_caller_identity": {"Arn": "arn:aws:iam::111122223333:user/me", "Account": "1"},
            "create_role": refused("AccessDenied", "CreateRole"),
        }
    )
    check = least.Least.execute_api_invoke_alone_opens_the_api

    assert finding(cloud, check, least.Least(cloud, Traces())).verdict is CheckVerdict.UNTOLD


@pytest.mark.parametrize(
    ("left", "verdict"),
    [(["0"] * 9, CheckVerdict.HOLDS), (["0", "0", "1", "1"], CheckVerdict.BROKEN)],
)
def test_a_redriven_message_that_nobody_takes_in_is_broken(
    left: list[str], verdict: CheckVerdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strain, "REDRIVEN_SECONDS", 0)
    waiting = iter([*left, *["1"] * 9])
    cloud = Cloud({"send_message": {}, "start_message_move_task": {}})
    monkeypatch.setattr(Strain, "_arn", lambda self, url: "arn")
    monkeypatch.setattr(Strain, "_waiting", lambda self, url: int(next(waiting)))

    found = finding(cloud, Strain.dead_letters_can_be_redriven, Strain(cloud, Traces()))

    assert found.verdict is verdict


def test_dead_letters_of_somebody_are_left_where_they_are() -> None:
    cloud = Cloud({"get_queue_attributes": {"Attributes": {"ApproximateNumberOfMessages": "2"}}})

    found = finding(cloud, Strain.dead_letters_can_be_redriven, Strain(cloud, Traces()))

    assert found.verdict is CheckVerdict.LEFT_OUT


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ({"get_function_concurrency": {"ReservedConcurrentExecutions": 3}}, CheckVerdict.LEFT_OUT),
        (
            {"put_function_concurrency": refused("InvalidParameterValueException")},
            CheckVerdict.UNTOLD,
        ),
        ({}, CheckVerdict.BROKEN),  # nobody is told of anything
    ],
)
def test_uploads_that_a_throttle_swallows_are_missed(
    answers: Answers, verdict: CheckVerdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silence:
        def message(self, wanted: Any, *, seconds: float) -> None:
            return None

    monkeypatch.setattr(strain, "Mailbox", lambda account, traces: Silence())
    sound: Answers = {
        "get_function_concurrency": {},
        "put_function_concurrency": {},
        "put_object": {},
    }
    cloud = Cloud(sound | answers)

    found = finding(cloud, Strain.a_throttled_step_is_waited_for, Strain(cloud, Traces()))

    assert found.verdict is verdict


def walked(cloud: Cloud) -> Walk:
    """A walk that has made its edit."""
    walk = Walk(cloud, Traces(), model="fal/kling-o1-edit")
    walk._edit = {"edit_id": "e-1"}
    return walk


def test_a_key_is_never_shown() -> None:
    for key in ("canary key", "canary-key"):
        cloud = Cloud({"get_secret_value": {"SecretString": key}})
        assert "canary" not in finding(cloud, standing.a_provider_has_a_key, cloud).as_text()


@pytest.mark.parametrize(
    ("secret", "verdict"),
    [
        ('{"default": "canary-1", "team-b": "canary-2"}', CheckVerdict.HOLDS),
        ('{"default": "canary-1", "Team B": "canary-2"}', CheckVerdict.BROKEN),
        ('{"default": "canary-1"', CheckVerdict.BROKEN),
    ],
)
def test_several_keys_are_told_by_their_names_and_never_shown(
    secret: str, verdict: CheckVerdict
) -> None:
    cloud = Cloud({"get_secret_value": {"SecretString": secret}})

    found = finding(cloud, standing.a_provider_has_a_key, cloud)

    assert found.verdict is verdict
    assert ("default and team-b" in found.as_text()) == (verdict is CheckVerdict.HOLDS)
    assert "canary" not in found.as_text()


def test_without_any_key_the_paid_call_is_left_out_and_nothing_is_broken() -> None:
    cloud = Cloud({"get_secret_value": {"SecretString": "replace-me"}})

    found = finding(cloud, standing.a_provider_has_a_key, cloud)

    assert found.verdict is CheckVerdict.LEFT_OUT


@pytest.mark.parametrize(
    "error",
    [refused("AccessDenied"), refused("AccessDeniedException"), refused("AuthorizationError")],
)
def test_what_these_credentials_may_not_ask_is_not_called_broken(error: ClientError) -> None:
    cloud = Cloud({"get_bucket_policy": error})
    check = standing.buckets_are_closed_to_the_public_and_to_plain_http

    found = finding(cloud, check, cloud)

    assert found.verdict is CheckVerdict.UNTOLD
    assert "GetBucketPolicy" in found.found


def test_an_answer_that_never_came_is_not_called_broken() -> None:
    cloud = Cloud({"describe_alarms": EndpointConnectionError(endpoint_url="https://cloudwatch")})

    assert finding(cloud, standing.no_alarm_is_raised, cloud).verdict is CheckVerdict.UNTOLD


@pytest.mark.parametrize("status", [200, 404, 500])
def test_an_api_that_lets_strangers_in_is_broken(status: int) -> None:
    cloud = Cloud()
    cloud.at_the_door = status

    found = finding(cloud, doors.calls_without_a_signature_are_refused, cloud)

    assert (found.verdict, str(status) in found.found) == (CheckVerdict.BROKEN, True)


@pytest.mark.parametrize("name", sorted({*MEANINGLESS_HERE, *ONLY_SET_HERE}))
def test_what_the_local_engine_does_not_enforce_never_gets_a_tick(name: str) -> None:
    cloud = Cloud(is_local=True)
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
    found = finding(Cloud(), lambda _: traces.remove(), Cloud())

    assert removed == ["last", "first"]
    assert (found.verdict, found.found) == (CheckVerdict.BROKEN, "queue (ClientError)")
