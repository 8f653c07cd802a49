"""Every function as it is built, started by AWS's own runtime client with the stack's environment.

The emulator runs functions in a worker of its own; this is the program that runs them on Lambda,
with nothing to import but the function, its layers and the standard library.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from local.emulator.engine import STACK_NAME
from local.whole_stack import Studio
from tests.judges.runtime_api import Answer, invoke
from tests.support.template_reader import FUNCTION, of_type
from tools.build import build, for_this_machine

pytestmark = pytest.mark.long

NOBODY = "e-00000000000000000000"
UNKNOWN = ({"edit_id": NOBODY}, "error", "UnknownEdit")
GATEWAY = {
    "httpMethod": "GET",
    "headers": {},
    "multiValueHeaders": {},
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "pathParameters": None,
    "isBase64Encoded": False,
    "body": None,
    "requestContext": {"stage": "v1", "identity": {}, "requestId": "r", "path": "/v1/edits"},
}
# What each is asked, and how it answers: a status, a word of the answer, or the name of an error.
ASKED: Mapping[str, tuple[dict[str, Any], str, Any]] = {
    "ApiFunction": (GATEWAY | {"path": "/edits", "resource": "/edits"}, "response", 200),
    "CallbackFunction": (
        GATEWAY
        | {
            "httpMethod": "POST",
            "resource": "/callbacks/{provider}/{edit_id}/{attempt}/{token}",
            "pathParameters": {
                "provider": "fal",
                "edit_id": NOBODY,
                "attempt": "1",
                "token": "forged",
            },
        },
        "response",
        401,
    ),
    "ShareFunction": (
        GATEWAY | {"resource": "/board/{token}", "pathParameters": {"token": "forged"}},
        "response",
        403,
    ),
    "IntakeFunction": (
        {"Records": [{"messageId": "m", "body": "nothing of ours"}]},
        "response",
        "batchItemFailures",
    ),
    "SweepFunction": ({}, "response", ""),
    "EraseFunction": UNKNOWN,
    "ValidateFunction": UNKNOWN,
    "FitFunction": UNKNOWN,
    "SubmitFunction": UNKNOWN,
    "PollFunction": UNKNOWN,
    "PersistFunction": UNKNOWN,
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make build` makes, in the wheels of this machine."""
    folder = tmp_path_factory.mktemp("built")
    build(for_this_machine(), folder)
    return folder


@pytest.fixture(scope="module")
def variables() -> Iterator[Mapping[str, dict[str, str]]]:
    """What a stack gives each function, by its name in the template; AWS is the emulator."""
    with Studio(wait_scale=0.02) as studio:
        clients = studio.stack.clients
        resources = clients.cloudformation.get_paginator("list_stack_resources")
        names = {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for page in resources.paginate(StackName=STACK_NAME)
            for each in page["StackResourceSummaries"]
        }
        yield {
            name: clients.functions.get_function_configuration(FunctionName=names[name])[
                "Environment"
            ]["Variables"]
            | {"AWS_ENDPOINT_URL": clients.endpoint_url}
            for name in of_type(FUNCTION)
        }


def asked(built: Path, name: str, variables: Mapping[str, str], event: Any) -> Answer:
    layers = ["CoreLayer", *(it["Ref"] for it in of_type(FUNCTION)[name].get("Layers", []))]
    # Deployed functions have https addresses only; these stay unused.
    return invoke(built / name, [built / layer for layer in layers], variables, event)


@pytest.mark.parametrize("name", sorted(of_type(FUNCTION)))
def test_a_function_starts_and_answers_under_aws_s_own_client(
    name: str, built: Path, variables: Mapping[str, dict[str, str]]
) -> None:
    event, kind, answered = ASKED[name]

    answer = asked(built, name, variables[name], event)

    assert answer.kind == kind, (answer.said, answer.log)
    if kind == "error":
        # The name that Retry and Catch of the workflow look for.
        assert answer.said["errorType"] == answered
    elif isinstance(answered, int):
        assert answer.said["statusCode"] == answered, answer.said
    else:
        assert answered in answer.said or not answered


def test_a_function_whose_environment_lacks_something_says_so_under_the_error_s_own_name(
    built: Path, variables: Mapping[str, dict[str, str]]
) -> None:
    crippled = {n: v for n, v in variables["PollFunction"].items() if n != "TABLE_NAME"}

    answer = asked(built, "PollFunction", crippled, {"edit_id": NOBODY})

    # Not while it starts: then Lambda would start it again and again, and call it by another name.
    assert (answer.kind, answer.said["errorType"]) == ("error", "Misconfigured")
    assert "TABLE_NAME" in answer.said["errorMessage"]
