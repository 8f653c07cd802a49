"""The workflow's role, held against what its states do."""

from typing import Any

from tests.least_privilege.grants import matches
from tests.least_privilege.intrinsics import Filled
from tests.support.template_reader import (
    listed,
    roles,
    statements,
    states,
    substitutions,
    transformed,
)

FILLED = Filled(transformed(), {"InboxPrefix": "clips/"})

# The workflow's own calls, as IAM names them.
UPDATE = ("dynamodb:UpdateItem", "TableName")
INTEGRATIONS = {
    "arn:aws:states:::lambda:invoke": ("lambda:InvokeFunction", "FunctionName"),
    "arn:aws:states:::dynamodb:updateItem": UPDATE,
    "arn:aws:states:::aws-sdk:dynamodb:updateItem.waitForTaskToken": UPDATE,
}


# ---------------------------------------------------------------- the workflow's role


def called_by_the_workflow() -> set[tuple[str, str]]:
    """Each action and resource that the states need."""
    filled = {f"${{{name}}}": FILLED.value(value) for name, value in substitutions().items()}
    return {
        (action, str(filled[state["Arguments"][argument]]))
        for state in states("Task").values()
        for action, argument in [INTEGRATIONS[state["Resource"]]]
    }


def test_the_workflow_may_do_what_its_states_do_and_nothing_else() -> None:
    role: Any = "EditStateMachineRole"
    assert role in roles()

    may = {
        (action, resource)
        for statement in statements(role)
        for action in listed(statement["Action"])
        for resource in listed(FILLED.value(statement)["Resource"])
        if not action.startswith("logs:")
    }

    table = "arn:aws:dynamodb:us-east-1:000000000000:table/"
    needed = {
        (action, table * action.startswith("dynamodb:") + what)
        for action, what in called_by_the_workflow()
    }
    assert [it for it in needed if not any(_covers(each, it) for each in may)] == []
    assert [it for it in may if not any(_covers(it, each) for each in needed)] == []


def _covers(grant: tuple[str, str], need: tuple[str, str]) -> bool:
    return grant[0] == need[0] and matches(grant[1], need[1])
