"""The interpreter of the workflow and the stand-in for Lambda keep to the real ones."""

from typing import Any

import pytest
from jsonata import Jsonata

from tests.support.template_reader import of_type
from virtual.jsonata import Undefined, compiled
from virtual.lambdas import FUNCTION_SECONDS, MAX_INTAKES, MAX_RECEIVES, SWEEPS, VISIBILITY_SECONDS
from virtual.machine import DEFINITION
from virtual.wiring import functions

SCOPES: list[dict[str, Any]] = [
    {
        "input": {
            "edit_id": "e-1",
            "next": word,
            "wait_seconds": 7,
            "error": {"name": "Unavailable"},
            "notification_id": "e-1.succeeded",
        },
        "result": {"Payload": {"edit_id": "e-1"}},
        "errorOutput": {"Error": "States.Timeout"},
        "context": {"Task": {"Token": "t"}},
    }
    for word in ("SUBMIT", "PERSIST", "LISTEN", "WAIT")
]


def expressions(part: Any) -> set[str]:
    if isinstance(part, dict):
        return set().union(*(expressions(value) for value in part.values()))
    if isinstance(part, list):
        return set().union(*(expressions(value) for value in part)) if part else set()
    return {part} if isinstance(part, str) and part.startswith("{%") else set()


@pytest.mark.parametrize("template", sorted(expressions(DEFINITION) - {"{% $now() %}"}))
@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: str(scope["input"]["next"]))
def test_every_expression_of_the_workflow_means_what_jsonata_says(
    template: str, scope: dict[str, Any]
) -> None:
    reference = Jsonata(template.removeprefix("{%").removesuffix("%}"))
    reference.assign("states", scope)

    assert compiled(template)(scope) == reference.evaluate(None)


def test_what_is_not_there_is_an_error_of_the_query() -> None:
    with pytest.raises(Undefined):
        compiled("{% $states.input.nothing %}")({"input": {}})


def test_functions_and_queue_have_the_times_of_the_template() -> None:
    resources = of_type("AWS::Serverless::Function")
    seconds = {
        name: resources[f"{name.capitalize()}Function"]["Timeout"] for name in FUNCTION_SECONDS
    }
    queue = of_type("AWS::SQS::Queue")["IntakeQueue"]

    assert seconds == FUNCTION_SECONDS
    assert queue["VisibilityTimeout"] == VISIBILITY_SECONDS
    assert queue["RedrivePolicy"]["maxReceiveCount"] == MAX_RECEIVES
    uploads = resources["IntakeFunction"]["Events"]["Uploads"]["Properties"]
    assert uploads["ScalingConfig"]["MaximumConcurrency"] == MAX_INTAKES
    assert f"rate({SWEEPS / 60:.0f} minutes)" in str(resources["SweepFunction"]["Events"])


def test_every_function_but_the_api_the_pages_and_webhooks_is_played() -> None:
    # What a worker of webhooks may die of is in tests/retake/steps/test_webhook_workers.py.
    assert set(functions()) - {"api", "share", "webhook"} == set(FUNCTION_SECONDS)
