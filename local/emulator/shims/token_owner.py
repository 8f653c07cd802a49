"""A task token is judged by the state machine that handed it out.

`SendTaskSuccess` names no resource, and the service authorization reference lists none for it; the
service itself judges it on the ARN of the token's state machine, as its own refusals say ("is not
authorized to perform: states:SendTaskFailure on resource: arn:aws:states:…:stateMachine:…") and
as the CDK's `grantTaskResponse` relies on. With AUTH=true ministack judges it on `*`, which only
a policy for all machines allows.
"""

import json
from typing import Any

import ministack.core.iam_actions as actions
import ministack.services.stepfunctions as machines


def apply() -> None:
    """Judge it on the one machine there is: tokens here do not say whose they are."""
    resource_of = actions.extract_resource_arn

    def resource_of_token(
        service: str, method: str, path: str, headers: Any, body: bytes, *more: Any, **named: Any
    ) -> str:
        known = list(machines._state_machines)
        if service == "states" and len(known) == 1 and _names_a_token(body):
            return str(known[0])
        found: str = resource_of(service, method, path, headers, body, *more, **named)
        return found

    actions.extract_resource_arn = resource_of_token


def _names_a_token(body: bytes) -> bool:
    try:
        return "taskToken" in json.loads(body)
    except ValueError:
        return False
