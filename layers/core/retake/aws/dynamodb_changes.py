"""One guarded write to one item, and how DynamoDB is told of it."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from retake.aws.dynamodb_values import Unwritable, to_attribute
from retake.domain.values import dataclass

ABSENT = object()  # in `where`: the attribute must not exist


@dataclass(frozen=True, slots=True)
class AtMost:
    """In `where`: a number that is not above this one; where there is none yet it counts as 0."""

    number: int


@dataclass(frozen=True, slots=True)
class Below:
    """In `where`: a number that is below this one; where there is none yet it counts as 0."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One guarded write to one item.

    `where` maps attributes to the value they must have, to a tuple of allowed values, to a bound
    (AtMost, Below), or to ABSENT. `set` values of None are removed. `add` counts up, from 0 where
    there is no number yet, so that no two who count at once count as one. An item that is not there
    yet is made.
    """

    key: str
    set: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)


def update_expression(table: str, change: Change) -> dict[str, Any]:
    """A change as the arguments of UpdateItem; every name and value goes in by placeholder.

    Raises Unwritable for a change that no store could take.
    """
    names: dict[str, str] = {}
    values: dict[str, Any] = {}

    def name(attribute: str) -> str:
        for placeholder, known in names.items():
            if known == attribute:
                return placeholder
        names[f"#n{len(names)}"] = attribute
        return f"#n{len(names) - 1}"

    def value(content: Any) -> str:
        placeholder = f":v{len(values)}"
        values[placeholder] = to_attribute(content)
        return placeholder

    if not change.key or "pk" in {*change.set, *change.add} or not (change.set or change.add):
        raise Unwritable("A change names its item, and sets or removes something beside the key.")
    if change.set.keys() & change.add.keys():
        raise Unwritable("A change sets an attribute or adds to it, not both.")
    sets = [f"{name(a)} = {value(v)}" for a, v in change.set.items() if v is not None]
    removes = [name(a) for a, v in change.set.items() if v is None]
    adds = [f"{name(a)} {value(v)}" for a, v in change.add.items()]
    conditions = []
    for attribute, expected in change.where.items():
        if expected is ABSENT:
            conditions.append(f"attribute_not_exists({name(attribute)})")
        elif expected in (None, ()):
            raise Unwritable(f"A condition on {attribute} says what it may be, or ABSENT.")
        elif isinstance(expected, AtMost | Below):
            sign = "<=" if isinstance(expected, AtMost) else "<"
            bound = f"{name(attribute)} {sign} {value(expected.number)}"
            lowest = 0 if isinstance(expected, AtMost) else 1
            absent = f"attribute_not_exists({name(attribute)})"
            conditions.append(f"({absent} OR {bound})" if expected.number >= lowest else bound)
        elif isinstance(expected, tuple):
            conditions.append(f"{name(attribute)} IN ({', '.join(value(e) for e in expected)})")
        else:
            conditions.append(f"{name(attribute)} = {value(expected)}")
    clauses = {"SET": sets, "REMOVE": removes, "ADD": adds}
    update: dict[str, Any] = {
        "TableName": table,
        "Key": {"pk": {"S": change.key}},
        "UpdateExpression": " ".join(f"{v} {', '.join(c)}" for v, c in clauses.items() if c),
        "ExpressionAttributeNames": names,
    }
    if values:
        update["ExpressionAttributeValues"] = values
    if conditions:
        update["ConditionExpression"] = " AND ".join(conditions)
    return update
