"""The proof of least privilege can fail: each way in which a role and its function may differ."""

from typing import Any

import pytest

from local.emulator.engine import ACCOUNT, REGION
from tests.least_privilege.calls import UnknownCall, needs
from tests.least_privilege.grants import Judge, matches
from tests.support.template_reader import of_type, transformed

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:retake-edit-video"
NAMES = {"InboxBucket": "inbox", "ResultsBucket": "results", "EditTable": "edits"} | {
    "EditStateMachine": MACHINE,
    "PollFunction": "poll-1",
    "ValidateFunction": "validate-1",
    "CallbackFunction": "callback-1",
}


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(NAMES, {})


def call(function: str, operation: str, status: int = 0, **params: Any) -> dict[str, Any]:
    service, _, name = operation.partition(".")
    return {
        "function": function,
        "service": service,
        "operation": name,
        "params": params,
        "status": status,
    }


def test_what_a_statement_allows_is_not_denied(judge: Judge) -> None:
    made = [
        call("poll-1", "dynamodb.GetItem", TableName="edits"),
        call("validate-1", "s3.GetObject", Bucket="inbox", Key="a/b.mp4", VersionId="1"),
        call("callback-1", "stepfunctions.SendTaskSuccess", taskToken=""),
    ]

    assert judge.denied(needs(made)) == []


@pytest.mark.parametrize(
    "made",
    [
        call("poll-1", "dynamodb.DeleteItem", TableName="edits"),
        call("poll-1", "dynamodb.GetItem", TableName="another"),
        call("poll-1", "s3.GetObject", Bucket="inbox", Key="a.mp4"),
        call("validate-1", "s3.PutObject", Bucket="inbox", Key="clips/a.mp4"),
        call("poll-1", "dynamodb.TransactWriteItems", TransactItems=[["Put", "edits"]]),
    ],
    ids=["action", "table", "service", "folder", "in a transaction"],
)
def test_what_no_statement_allows_is_named(judge: Judge, made: dict[str, Any]) -> None:
    (sentence,) = judge.denied(needs([made]))

    assert sentence.startswith(f"{made['function'].partition('-')[0].capitalize()}Function called")


def test_a_call_that_the_table_does_not_know_is_named() -> None:
    with pytest.raises(UnknownCall, match=r"poll-1 calls s3\.PutBucketPolicy"):
        needs([call("poll-1", "s3.PutBucketPolicy", Bucket="inbox")])


def test_without_any_call_every_grant_is_unused(judge: Judge) -> None:
    unused = judge.unused(set())

    assert len(unused) == len(judge.grants)
    assert {line.partition(" ")[0] for line in unused} == set(
        of_type("AWS::Lambda::Function", source=transformed())
    )


def test_a_grant_that_was_used_is_not_unused(judge: Judge) -> None:
    made = needs([call("poll-1", "dynamodb.GetItem", TableName="edits")])

    assert len(judge.unused(made)) == len(judge.grants) - 1


def test_an_object_that_is_not_there_uses_the_leave_to_list_but_does_not_need_it(
    judge: Judge,
) -> None:
    gone = call("validate-1", "s3.HeadObject", 404, Bucket="inbox", Key="a", VersionId="1")
    also = call("poll-1", "s3.HeadObject", 404, Bucket="inbox", Key="a", VersionId="1")

    listing = [line for line in judge.unused(needs([gone])) if "s3:ListBucket " in line]

    assert not [line for line in listing if line.startswith("ValidateFunction")]
    assert not [line for line in judge.denied(needs([also])) if "ListBucket" in line]


@pytest.mark.parametrize(
    ("pattern", "resource", "is_match"),
    [
        ("arn:aws:s3:::inbox/*", "arn:aws:s3:::inbox/a/b", True),
        ("arn:aws:s3:::inbox/*", "arn:aws:s3:::inbox2/a", False),
        ("arn:aws:s3:::inbox/a.mp4", "arn:aws:s3:::inbox/axmp4", False),
        ("arn:aws:s3:::inbox", "arn:aws:s3:::inbox/a", False),
    ],
)
def test_an_asterisk_stands_for_anything_and_nothing_else_does(
    pattern: str, resource: str, is_match: bool
) -> None:
    assert matches(pattern, resource) is is_match
