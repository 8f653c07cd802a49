"""The template and the workflow as data, for tests that read what linters do not."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tools.transformed import listed as listed
from tools.transformed import template as template
from tools.transformed import transformed as expanded

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = "statemachine/edit_video.asl.json"
FUNCTION = "AWS::Serverless::Function"

Data = dict[str, Any]


@cache
def transformed() -> Data:
    """What CloudFormation is given: roles, event sources and versions written out by SAM."""
    return expanded(template())


def of_type(kind: str, *, source: Data | None = None) -> Data:
    """The properties of every resource of a type, by logical id."""
    resources = (source or template())["Resources"]
    return {name: it["Properties"] for name, it in resources.items() if it["Type"] == kind}


@cache
def workflow() -> Data:
    whole: Data = json.loads((ROOT / WORKFLOW).read_text())
    return whole


def substitutions() -> Data:
    """What the template puts into the workflow's `${Name}`s."""
    values: Data = template()["Resources"]["EditStateMachine"]["Properties"][
        "DefinitionSubstitutions"
    ]
    return values


def names_to_fill() -> set[str]:
    """Every `${Name}` in the workflow."""
    return set(re.findall(r"\$\{(\w+)\}", (ROOT / WORKFLOW).read_text()))


def states(kind: str | None = None) -> Data:
    """The workflow's states, of one type or all."""
    every: Data = workflow()["States"]
    return {name: it for name, it in every.items() if kind in (None, it["Type"])}


def function_of(state: Data) -> str | None:
    """The logical id of the function that a state calls, if it calls one."""
    called = state.get("Arguments", {}).get("FunctionName", "")
    found = re.fullmatch(r"\$\{(\w+)Arn\}", called)
    return found[1] if found else None


def successors(state: Data) -> Iterator[str]:
    """Every state that can follow."""
    for branch in (state, *state.get("Choices", ()), *state.get("Catch", ())):
        if "Next" in branch:
            yield branch["Next"]
    if "Default" in state:
        yield state["Default"]


def statements(role: str, effect: str = "Allow") -> list[Data]:
    """What a role may do, or what it is denied, from the transformed template."""
    policies = of_type("AWS::IAM::Role", source=transformed())[role].get("Policies", [])
    every = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    return [each for each in every if each["Effect"] == effect]


def roles() -> list[str]:
    return sorted(of_type("AWS::IAM::Role", source=transformed()))


def actions(role: str) -> set[str]:
    return {action for each in statements(role) for action in listed(each["Action"])}
