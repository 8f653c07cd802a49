"""What the roles of the template allow, and what calls have to say about that."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tests.least_privilege.calls import THE_MACHINE, Need
from tests.least_privilege.intrinsics import Filled
from tests.support.template_reader import listed, of_type, statements, transformed

FUNCTION = "AWS::Lambda::Function"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One action on one resource, as a statement of a function's role allows it.

    `function` is the function's name in the template, `resource` an ARN that may hold asterisks.
    """

    function: str
    action: str
    resource: str

    def covers(self, need: Need) -> bool:
        return self.action == need.action and matches(self.resource, need.resource)


def granted(names: Mapping[str, str], parameters: Mapping[str, str]) -> set[Grant]:
    """Every grant of every function's own role, for a stack of these physical names.

    Raises NotImplementedError for what is not judged here: conditions and exceptions.
    """
    filled = Filled(transformed(), parameters, names)
    return {
        Grant(function, action, resource)
        for function, properties in of_type(FUNCTION, source=transformed()).items()
        for statement in statements(properties["Role"]["Fn::GetAtt"][0])
        for action, resource in _pairs(filled.value(statement))
    }


def _pairs(statement: object) -> Iterator[tuple[str, str]]:
    if not isinstance(statement, dict):  # left out by a condition of the template
        return
    if statement["Effect"] == "Deny":  # a second wall: the emulator holds it, no run needs it
        return
    if set(statement.get("Condition", {})) - {
        "ForAllValues:StringLike",
        "ForAllValues:StringEquals",
    }:
        raise NotImplementedError(f"This proof cannot judge {statement}.")
    # What conditions of these kinds let through is held in tests/template/test_open_functions.py.
    if statement.keys() - {"Effect", "Action", "Resource", "Sid", "Condition"}:
        raise NotImplementedError(f"This proof cannot judge {statement}.")
    for action in listed(statement["Action"]):
        for resource in listed(statement["Resource"]):
            yield action, resource


class Judge:
    """Holds what functions did against what they may do."""

    def __init__(self, names: Mapping[str, str], parameters: Mapping[str, str]) -> None:
        self.grants = granted(names, parameters)
        self._logical = {physical: logical for logical, physical in names.items()}
        (self._machine,) = (name for name in names.values() if ":stateMachine:" in name)

    def denied(self, needs: Iterable[Need]) -> list[str]:
        """Each call that the roles do not allow, in a sentence."""
        return [
            f"{need.function} called {need.action} on {need.resource}, which no statement allows"
            for need in sorted(map(self._located, needs))
            if need.is_strict and not any(self._is_for(grant, need) for grant in self.grants)
        ]

    def unused(self, needs: Iterable[Need]) -> list[str]:
        """Each grant that no call used, in a sentence."""
        made = [self._located(need) for need in needs]
        return [
            f"{grant.function} is granted {grant.action} on {grant.resource} and no run used it"
            for grant in sorted(self.grants)
            if not any(self._is_for(grant, need) for need in made)
        ]

    def _is_for(self, grant: Grant, need: Need) -> bool:
        return grant.function == need.function and grant.covers(need)

    def _located(self, need: Need) -> Need:
        """With the function as the template names it, and the machine by its ARN."""
        resource = self._machine if need.resource == THE_MACHINE else need.resource
        function = self._logical.get(need.function, need.function)
        return Need(function, need.action, resource, need.is_strict)


@cache
def _pattern(resource: str) -> re.Pattern[str]:
    return re.compile("".join(".*" if c == "*" else re.escape(c) for c in resource), re.DOTALL)


def matches(pattern: str, resource: str) -> bool:
    """Whether an ARN with asterisks means this one. Secrets are also known by their names."""
    return bool(_pattern(pattern).fullmatch(resource))
