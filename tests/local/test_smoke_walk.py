"""The walk through a deployed stack, over AWS's answers as they should be and as they may be."""

from typing import Any

import pytest

from local.smoke import least, strain
from local.smoke.cleanup import Traces
from local.smoke.findings import CheckVerdict
from local.smoke.journey import Walk
from local.smoke.run import (
    finding,
)
from local.smoke.strain import Strain
from tests.local.aws_answers import AnsweringAccount, Answers, refused


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ({}, CheckVerdict.HOLDS),
        ({"describe_rule": {"State": "DISABLED"}}, CheckVerdict.BROKEN),
        ({"invoke": {"FunctionError": "Unhandled"}}, CheckVerdict.BROKEN),
    ],
)
def test_a_sweep_that_is_off_or_fails_is_broken(answers: Answers, verdict: CheckVerdict) -> None:
    cloud = AnsweringAccount({"describe_rule": {"State": "ENABLED"}, "invoke": {}} | answers)

    found = finding(cloud, Strain.the_sweep_runs_and_is_scheduled, Strain(cloud, Traces()))

    assert found.verdict is verdict


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
    cloud = AnsweringAccount({"get_item": {"Item": item}})

    assert finding(cloud, Walk.its_provider_called_back, walked(cloud)).verdict is verdict


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        (["TaskSucceeded"], CheckVerdict.HOLDS),
        (["TaskTimedOut", "TaskSucceeded"], CheckVerdict.HOLDS),
        (["TaskTimedOut"], CheckVerdict.BROKEN),
        (["TaskFailed", "TaskTimedOut"], CheckVerdict.BROKEN),
        (["TaskFailed"], CheckVerdict.LEFT_OUT),  # the mark of a call was there before
        ([], CheckVerdict.LEFT_OUT),
    ],
)
def test_a_workflow_that_waited_and_was_never_woken_is_broken(
    ends: list[str], verdict: CheckVerdict
) -> None:
    def entered(name: str) -> dict[str, Any]:
        return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name}}

    woken = {"type": "TaskSucceeded"}
    events = [
        event
        for end in ends
        for event in (entered("Wait For Callback"), {"type": end}, entered("Poll"), woken)
    ]
    cloud = AnsweringAccount({"get_execution_history": {"events": events}})

    assert finding(cloud, Walk.a_call_woke_the_workflow, walked(cloud)).verdict is verdict


@pytest.mark.parametrize(
    ("status", "verdict"), [(200, CheckVerdict.HOLDS), (403, CheckVerdict.BROKEN)]
)
def test_an_api_that_wants_more_of_a_caller_than_its_permission_is_broken(
    status: int, verdict: CheckVerdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(least, "GRANTED_SECONDS", 0)
    keys = {"AccessKeyId": "a", "SecretAccessKey": "s", "SessionToken": "t"}
    cloud = AnsweringAccount(
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
    cloud = AnsweringAccount(
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
    cloud = AnsweringAccount({"send_message": {}, "start_message_move_task": {}})
    monkeypatch.setattr(Strain, "_arn", lambda self, url: "arn")
    monkeypatch.setattr(Strain, "_waiting", lambda self, url: int(next(waiting)))

    found = finding(cloud, Strain.dead_letters_can_be_redriven, Strain(cloud, Traces()))

    assert found.verdict is verdict


def test_dead_letters_of_somebody_are_left_where_they_are() -> None:
    cloud = AnsweringAccount(
        {"get_queue_attributes": {"Attributes": {"ApproximateNumberOfMessages": "2"}}}
    )

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
    cloud = AnsweringAccount(sound | answers)

    found = finding(cloud, Strain.a_throttled_step_is_waited_for, Strain(cloud, Traces()))

    assert found.verdict is verdict


def walked(cloud: AnsweringAccount) -> Walk:
    """A walk that has made its edit."""
    walk = Walk(cloud, Traces(), model="fal/kling-o1-edit")
    walk._edit = {"edit_id": "e-1"}
    return walk
