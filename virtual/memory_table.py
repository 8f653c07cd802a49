"""The table in a dictionary. It keeps the real thing's rules, not its calls."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from retake.aws.dynamodb import (
    BATCH_KEYS,
    ConditionFailed,
    First,
    Newest,
)
from retake.aws.dynamodb_changes import (
    ABSENT,
    AtMost,
    Below,
    Change,
    update_expression,
)
from retake.aws.dynamodb_values import Unwritable, from_item, to_attribute

ITEM_BYTES = 400 * 1024  # DynamoDB's limit for an item


class MemoryTable:
    """A `retake.aws.dynamodb.Table` in a dictionary, with DynamoDB's conditions and limits.

    `items` holds DynamoDB's own form of each item, so a number comes back as it would from there.
    """

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> dict[str, Any] | None:
        with self._lock:
            item = self.items.get(key)
            return None if item is None else from_item(item)

    def get_many(
        self, keys: Sequence[str], *, is_consistent: bool = False
    ) -> dict[str, dict[str, Any]]:
        if len(set(keys)) > BATCH_KEYS:
            raise Unwritable("A batch asks for at most 100 items.")
        found = {key: self.get(key) for key in keys}
        return {key: item for key, item in found.items() if item is not None}

    def newest(self, asked: Newest) -> list[dict[str, Any]]:
        fitting = self._indexed(asked)
        if asked.before is not None:
            fitting = [item for item in fitting if item[asked.range] < asked.before]
        if asked.since is not None:
            fitting = [item for item in fitting if item[asked.range] >= asked.since]
        return (fitting if asked.oldest_first else list(reversed(fitting)))[: asked.limit]

    def first(self, asked: First) -> list[dict[str, Any]]:
        fitting = self._indexed(asked)
        if asked.after is not None:
            fitting = [item for item in fitting if item[asked.range] > asked.after]
        return fitting[: asked.limit]

    def _indexed(self, asked: Newest | First) -> list[dict[str, Any]]:
        name, value = asked.hash
        wanted = to_attribute(value)
        with self._lock:
            raw = [item for item in self.items.values() if item.get(name) == wanted]
        items = [from_item(item) for item in raw]
        # As an index that projects its keys only.
        keys = ("pk", name, asked.range)
        fitting = [{key: item[key] for key in keys} for item in items if asked.range in item]
        return sorted(fitting, key=lambda item: (item[asked.range], item["pk"]))

    def counted(self, change: Change, name: str) -> int:
        update_expression("memory", change)
        with self._lock:
            self.items[change.key] = _changed(self.items.get(change.key), change)
            return int(self.items[change.key][name]["N"])

    def write(self, *changes: Change) -> None:
        for change in changes:
            update_expression("memory", change)  # refuses what DynamoDB would not even parse
        if not changes or len({change.key for change in changes}) < len(changes):
            raise Unwritable("A write holds at least one change, and one for each item.")
        with self._lock:
            refused = [change.key for change in changes if not self._is_as_expected(change)]
            if refused:
                raise ConditionFailed(refused)
            written = {c.key: _changed(self.items.get(c.key), c) for c in changes}
            if any(_bytes({"M": item}) > ITEM_BYTES for item in written.values()):
                raise Unwritable("An item holds at most 400 KB.")
            self.items.update(written)

    def _is_as_expected(self, change: Change) -> bool:
        found = self.items.get(change.key, {})
        return all(_holds(found, name, value) for name, value in change.where.items())


def _holds(item: Mapping[str, Any], name: str, expected: Any) -> bool:
    if expected is ABSENT:
        return name not in item
    if isinstance(expected, AtMost | Below):
        number = float(item.get(name, {"N": "0"})["N"])
        return number < expected.number or (
            number == expected.number and isinstance(expected, AtMost)
        )
    allowed = expected if isinstance(expected, tuple) else (expected,)
    return name in item and any(item[name] == to_attribute(value) for value in allowed)


def _changed(item: Mapping[str, Any] | None, change: Change) -> dict[str, Any]:
    changed = dict(item or {"pk": {"S": change.key}})
    for name, value in change.set.items():
        if value is None:
            changed.pop(name, None)
        else:
            changed[name] = to_attribute(value)
    for name, more in change.add.items():
        changed[name] = to_attribute(int(changed.get(name, {"N": "0"})["N"]) + more)
    return changed


def _bytes(attribute: Mapping[str, Any]) -> int:
    """The size of an attribute by DynamoDB's rules (Developer Guide, "item sizes"), about."""
    ((kind, value),) = attribute.items()
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _bytes(inner) for name, inner in value.items())
    if kind == "L":
        return 3 + sum(1 + _bytes(inner) for inner in value)
    return len(value.encode()) if isinstance(value, str) else 1
