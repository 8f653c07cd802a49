"""What a recorded call needs: the IAM actions and resources that AWS would hold it against.

The table follows the Service Authorization Reference. An operation that is not in it fails the
proof by name: whoever adds a call adds its row.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.emulator.engine import ACCOUNT, REGION

Params = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """That a function be allowed one action on one resource; `function` is its physical name.

    Not `is_strict` where the call goes through without it, and is only answered more clearly with
    it: whoever may list a bucket is told that an object is not there (404), all others hear 403.
    """

    function: str
    action: str
    resource: str
    is_strict: bool = True


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def _bucket(params: Params) -> str:
    return f"arn:aws:s3:::{params['Bucket']}"


def _object(params: Params) -> str:
    return f"{_bucket(params)}/{params['Key']}"


def _table(params: Params) -> str:
    table = arn("dynamodb", f"table/{params['TableName']}")
    return f"{table}/index/{params['IndexName']}" if params.get("IndexName") else table


def _queue(params: Params) -> str:
    return arn("sqs", str(params["QueueUrl"]).rpartition("/")[2])


def _function(params: Params) -> str:
    return arn("lambda", f"function:{str(params['FunctionName']).rpartition(':')[2]}")


def _given(name: str) -> Callable[[Params], str]:
    return lambda params: str(params[name])


# A token names no machine; the service judges it on the machine that handed it out, and the stack
# has one (see local/emulator/shims/token_owner.py).
THE_MACHINE = "the machine"

ONE_ACTION: dict[str, tuple[str, Callable[[Params], str]]] = {
    "dynamodb.GetItem": ("dynamodb:GetItem", _table),
    "dynamodb.PutItem": ("dynamodb:PutItem", _table),
    "dynamodb.UpdateItem": ("dynamodb:UpdateItem", _table),
    "dynamodb.DeleteItem": ("dynamodb:DeleteItem", _table),
    "dynamodb.Query": ("dynamodb:Query", _table),
    "lambda.Invoke": ("lambda:InvokeFunction", _function),
    "s3.PutObject": ("s3:PutObject", _object),
    "s3.CreateMultipartUpload": ("s3:PutObject", _object),
    "s3.UploadPart": ("s3:PutObject", _object),
    "s3.CompleteMultipartUpload": ("s3:PutObject", _object),
    "s3.AbortMultipartUpload": ("s3:AbortMultipartUpload", _object),
    "s3.ListObjectsV2": ("s3:ListBucket", _bucket),
    "s3.ListObjectVersions": ("s3:ListBucketVersions", _bucket),
    "secretsmanager.GetSecretValue": ("secretsmanager:GetSecretValue", _given("SecretId")),
    "sns.Publish": ("sns:Publish", _given("TopicArn")),
    "sqs.SendMessage": ("sqs:SendMessage", _queue),
    "stepfunctions.StartExecution": ("states:StartExecution", _given("stateMachineArn")),
    "stepfunctions.StopExecution": ("states:StopExecution", _given("executionArn")),
    "stepfunctions.DescribeExecution": ("states:DescribeExecution", _given("executionArn")),
    "stepfunctions.SendTaskSuccess": ("states:SendTaskSuccess", lambda _: THE_MACHINE),
}
# S3 knows an action of its own for a version that is named.
OF_AN_OBJECT = {
    "s3.GetObject": ("s3:GetObject", "s3:GetObjectVersion"),
    "s3.HeadObject": ("s3:GetObject", "s3:GetObjectVersion"),
    "s3.DeleteObject": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
}
# A transaction is held against what is in it (DynamoDB developer guide, "IAM for transactions").
IN_A_TRANSACTION = {
    "Update": "dynamodb:UpdateItem",
    "Put": "dynamodb:PutItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}


class UnknownCall(AssertionError):
    """A function makes a call of which the table above does not say what it needs."""


def recorded(folder: Path) -> Iterator[dict[str, Any]]:
    """Every line that the functions of one engine left."""
    for notes in sorted(folder.glob("*.jsonl")):
        yield from (json.loads(line) for line in notes.read_text().splitlines())


def needs(calls: Iterable[dict[str, Any]]) -> set[Need]:
    """What the calls need, each once. Raises UnknownCall."""
    return {
        Need(call["function"], action, resource, is_strict)
        for call in calls
        for action, resource, is_strict in _asked(call)
    }


def _asked(call: dict[str, Any]) -> Iterator[tuple[str, str, bool]]:
    params: Params = call["params"]
    name = f"{call['service']}.{call['operation']}"
    if name in OF_AN_OBJECT:
        plain, versioned = OF_AN_OBJECT[name]
        yield (versioned if params.get("VersionId") else plain), _object(params), True
        if call["status"] == 404:
            yield "s3:ListBucket", _bucket(params), False
    elif name == "dynamodb.TransactWriteItems":
        for verb, table in params["TransactItems"]:
            yield IN_A_TRANSACTION[verb], _table({"TableName": table}), True
    elif name == "dynamodb.BatchGetItem":
        for table in params["RequestItems"]:
            yield "dynamodb:BatchGetItem", _table({"TableName": table}), True
    elif name == "s3.DeleteObjects":
        for each in params["Delete"]:
            plain, versioned = OF_AN_OBJECT["s3.DeleteObject"]
            yield (
                (versioned if each["VersionId"] else plain),
                f"{_bucket(params)}/{each['Key']}",
                True,
            )
    elif name in ONE_ACTION:
        action, resource = ONE_ACTION[name]
        yield action, resource(params), True
        if name == "s3.PutObject" and params.get("Tagging"):
            yield "s3:PutObjectTagging", _object(params), True
    else:
        raise UnknownCall(
            f"{call['function']} calls {name}; tests/least_privilege/calls.py has no row."
        )
