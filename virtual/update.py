"""The UpdateItem calls that the workflow makes by itself, carried out over the table in memory."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from virtual.memory_table import MemoryTable

Item = dict[str, Any]
_CLAUSE = re.compile(r"\b(SET|REMOVE)\b")
_EXISTS = re.compile(r"attribute_(not_)?exists\((\w+)\)")
_COMPARISON = re.compile(r"(\w+) (<=|=) (:?\w+)")


class Refused(Exception):
    """The condition does not hold."""


def update(table: MemoryTable, arguments: Mapping[str, Any]) -> None:
    """Raises Refused, and ValueError for a form it does not know."""
    key = arguments["Key"]["pk"]["S"]
    values = arguments.get("ExpressionAttributeValues", {})
    found = table.items.get(key, {})
    conditions = arguments.get("ConditionExpression", "").split(" AND ")
    if not all(_holds(found, condition, values) for condition in conditions if condition):
        raise Refused(key)
    item = dict(found or {"pk": {"S": key}})
    parts = _CLAUSE.split(arguments["UpdateExpression"])[1:]
    for verb, body in zip(parts[::2], parts[1::2], strict=True):
        for term in body.split(","):
            _CLAUSES[verb](item, term.strip(), values)
    table.items[key] = item


def _set(item: Item, term: str, values: Mapping[str, Any]) -> None:
    name, _, value = term.partition(" = ")
    item[name] = values[value]


def _remove(item: Item, term: str, values: Mapping[str, Any]) -> None:
    item.pop(term, None)


_CLAUSES: Mapping[str, Callable[[Item, str, Mapping[str, Any]], None]] = {
    "SET": _set,
    "REMOVE": _remove,
}


def _holds(item: Item, condition: str, values: Mapping[str, Any]) -> bool:
    exists = _EXISTS.fullmatch(condition.strip())
    if exists:
        return (exists[2] in item) is (exists[1] is None)
    comparison = _COMPARISON.fullmatch(condition.strip())
    if comparison is None:
        raise ValueError(f"The interpreter does not know this condition: {condition}")
    left, sign, right = comparison.groups()
    one, other = item.get(left), values.get(right) if right[0] == ":" else item.get(right)
    if one is None or other is None:
        return False
    if sign == "=":
        return bool(one == other)
    return "N" in one and "N" in other and float(one["N"]) <= float(other["N"])
