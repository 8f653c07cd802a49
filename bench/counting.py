"""A table in memory that counts what DynamoDB would bill: requests, read units and write units.

A write is billed by the larger of the item before and after, and once more for each index: one unit
to put or to take an entry, two to move it (Developer Guide, "Capacity unit consumption for write
operations", "Write considerations" of global secondary indexes). A read that is not consistent
takes half a unit for 4 KB; a query is billed by all that it reads.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from retake.aws.dynamodb import Newest
from retake.aws.dynamodb_changes import Change
from retake.aws.dynamodb_values import from_item, to_attribute

from bench.units import Attributes, item_bytes, moves, units
from virtual.store import QuickTable

READ_BYTES = 4096


class CountingTable(QuickTable):
    """`counts` holds requests by verb, and the units `read` and `written`."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, float] = defaultdict(float)

    def item(self, key: str) -> dict[str, Any]:
        """As it is stored; empty where there is none."""
        return self.items.get(key, {})

    def get(self, key: str) -> dict[str, Any] | None:
        item = self.item(key)
        self.counts["get"] += 1
        self.counts["read"] += max(1, _read_units(item))
        return from_item(item) if item else None

    def get_many(
        self, keys: Sequence[str], *, is_consistent: bool = False
    ) -> dict[str, dict[str, Any]]:
        items = {key: self.item(key) for key in keys}
        self.counts["get_many"] += 1
        whole = sum(max(1, _read_units(item)) for item in items.values())
        self.counts["read"] += whole if is_consistent else whole / 2
        return {key: from_item(item) for key, item in items.items() if item}

    def newest(self, asked: Newest) -> list[dict[str, Any]]:
        found = super().newest(asked)
        self.count_query(found)
        return found

    def count_query(self, found: Sequence[Mapping[str, Any]]) -> None:
        size = sum(item_bytes({k: to_attribute(v) for k, v in it.items()}) for it in found)
        self.counts["newest"] += 1
        self.counts["read"] += max(1, -(-size // READ_BYTES)) / 2

    def write(self, *changes: Change) -> None:
        before = [self.items.get(change.key, {}) for change in changes]
        super().write(*changes)
        self.counts["write"] += 1
        factor = 2 if len(changes) > 1 else 1
        for change, old in zip(changes, before, strict=True):
            self.bill(old, self.items[change.key], factor)

    def bill(self, old: Attributes, new: Attributes, factor: int = 1) -> None:
        """One item written; also by the workflow itself, which writes past this class."""
        moved = factor * moves(old, new)
        self.counts["written"] += factor * max(units(old), units(new)) + moved
        self.counts["of indexes"] += moved


def _read_units(item: Attributes) -> int:
    return -(-item_bytes(item) // READ_BYTES)
