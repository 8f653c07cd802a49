"""Writes down every AWS call of a function that runs in the local engine, as lines of JSON.

Python imports a module of this name when it starts, if it is on the path (library reference,
"site"). The engine's functions find it by PYTHONPATH, and only where RETAKE_CALLS names a folder;
so the product runs as it is deployed and knows nothing of being overheard.

A line holds the function, the service, the operation and the parameters that name resources, and
nothing else: no key, no body. A signed link or form counts as the call that it permits.
"""

import json
import os
from typing import Any

FOLDER = os.environ.get("RETAKE_CALLS")
FUNCTION = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
NAMING = frozenset(
    {
        "Bucket",
        "Key",
        "VersionId",
        "TableName",
        "IndexName",
        "SecretId",
        "QueueUrl",
        "TopicArn",
        "FunctionName",
    }
    | {
        "stateMachineArn",
        "executionArn",
        "taskToken",
        "TransactItems",
        "RequestItems",
    }
    | {"Delete", "Tagging"}
)
# botocore prepares a form for an upload as this call, which it then never makes.
FORM = "CreateBucket"


def _listen() -> None:
    import botocore.handlers

    before: list[tuple[Any, ...]] = [
        ("before-parameter-build.*.*", _called),
        ("after-call.*.*", _answered),
        ("before-sign.s3.PutObject", _signed),
    ]
    botocore.handlers.BUILTIN_HANDLERS.extend(before)


def _called(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
    call = model.service_model.service_name, model.name, _naming(params)
    context["retake-call"] = call
    if model.name != FORM:
        _note(*call)


def _answered(http_response: Any, context: dict[str, Any], **_: Any) -> None:
    service, operation, params = context["retake-call"]
    if http_response.status_code == 404 or operation == FORM:
        _note(service, operation, params, http_response.status_code)


def _signed(request: Any, operation_name: str, **_: Any) -> None:
    """A form for an upload passes no parameters: what it permits stands in its fields."""
    fields = request.context.get("s3-presign-post-fields")
    if fields:
        bucket = request.url.rstrip("/").rpartition("/")[2]
        _note("s3", operation_name, {"Bucket": bucket, "Key": fields["key"]})


def _naming(params: dict[str, Any]) -> dict[str, Any]:
    named = {name: value for name, value in params.items() if name in NAMING}
    if "taskToken" in named:
        named["taskToken"] = ""
    if "Delete" in named:
        named["Delete"] = [
            {"Key": each["Key"], "VersionId": each.get("VersionId")}
            for each in named["Delete"]["Objects"]
        ]
    if "RequestItems" in named:
        named["RequestItems"] = list(named["RequestItems"])
    if "TransactItems" in named:
        named["TransactItems"] = [
            [verb, said["TableName"]]
            for item in named["TransactItems"]
            for verb, said in item.items()
        ]
    return named


def _note(service: str, operation: str, params: dict[str, Any], status: int = 0) -> None:
    line = {
        "function": FUNCTION,
        "service": service,
        "operation": operation,
        "params": params,
        "status": status,
    }
    with open(f"{FOLDER}/{os.getpid()}.jsonl", "a") as notes:
        notes.write(json.dumps(line) + "\n")


if FOLDER and FUNCTION:
    _listen()
