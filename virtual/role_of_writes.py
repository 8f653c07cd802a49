"""A table that refuses what a function's role does not let it write, as DynamoDB would on AWS.

The emulator judges no condition on keys and attributes. So whatever a test lets a step write is
held against the conditions in the template, here.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from retake.aws.dynamodb_changes import Change, update_expression
from retake.domain.errors import Misconfigured

from tools.transformed import listed, template

KEYS, ATTRIBUTES = "ForAllValues:StringLike", "ForAllValues:StringEquals"


@cache
def updates_of(function: str) -> tuple[Mapping[str, Any], ...]:
    """The statements by which a function may change items."""
    policies = template()["Resources"][function]["Properties"]["Policies"]
    found = [
        statement
        for policy in policies
        if isinstance(policy, dict)
        for statement in policy.get("Statement", ())
        if "dynamodb:UpdateItem" in listed(statement.get("Action", []))
    ]
    return tuple(found)


def attributes_of(change: Change) -> set[str]:
    """Each attribute that an update names: the key, what is set, and what it depends on.

    DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control":
    `dynamodb:Attributes` are those that any expression of the request names.
    """
    return {"pk"} | set(update_expression("t", change)["ExpressionAttributeNames"].values())


def may(function: str, change: Change) -> bool:
    """Whether some statement of the function's role lets a change through."""
    return any(_lets(each.get("Condition", {}), change) for each in updates_of(function))


def _lets(condition: Mapping[str, Any], change: Change) -> bool:
    keys = condition.get(KEYS, {}).get("dynamodb:LeadingKeys", ["*"])
    attributes = condition.get(ATTRIBUTES, {}).get("dynamodb:Attributes")
    return any(fnmatchcase(change.key, key) for key in keys) and (
        attributes is None or attributes_of(change) <= set(attributes)
    )


@contextmanager
def as_function(function: str, table: Any) -> Iterator[None]:
    """While it is open, the table writes for this function only what its role allows.

    Of several that work at once, each in a thread of its own, each writes by its own role.
    """
    outer = getattr(_acting, "function", None)
    if not hasattr(table.write, "is_judged"):
        table.write = _judged(table.write)
    _acting.function = function
    try:
        yield
    finally:
        _acting.function = outer


_acting = threading.local()


def _judged(write: Callable[..., None]) -> Callable[..., None]:
    def judged(*changes: Change) -> None:
        function: str | None = getattr(_acting, "function", None)
        for change in changes:
            if function is not None and not may(function, change):
                named = sorted(attributes_of(change))
                raise Misconfigured(f"{function} may not write {change.key}: {named}.")
        write(*changes)

    judged.is_judged = True  # type: ignore[attr-defined]
    return judged
