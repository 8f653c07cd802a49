"""What DynamoDB bills for a request: units of 1 KB for a write, and of 4 KB for a read.

Developer Guide, "DynamoDB item sizes and formats", "DynamoDB throughput capacity", and
"Provisioned throughput considerations for Global Secondary Indexes".
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

UNIT_BYTES = 1024
Attributes = Mapping[str, Mapping[str, Any]]  # {"name": {"S": "value"}}, as they travel
# The keys of the table's indexes, which hold nothing else.
INDEXES = (("open_shard", "updated_at"), ("listing_day", "listing_key"), ("line", "line_place"))
LAGGING = 0.5  # of a read that need not see the last write, as all of an index


def units(item: Attributes) -> int:
    """The units one write of this item takes."""
    return -(-item_bytes(item) // UNIT_BYTES)


def item_bytes(item: Attributes) -> int:
    """How large an item is, names included."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def written_units(action: str, before: Sequence[Attributes], after: Sequence[Attributes]) -> int:
    """The units that one request to write takes, by the items as it found and left them.

    The larger of both counts, and each place in an index that is made or taken away. In a
    transaction everything counts twice.
    """
    factor = 2 if action == "TransactWriteItems" else 1
    changes = zip(before, after, strict=True)
    return factor * sum(max(units(old), units(new)) + moves(old, new) for old, new in changes)


def read_units(action: str, asked: Mapping[str, Any]) -> float:
    """The units that one request to read takes, each item one of at most 4 KB."""
    if action == "BatchGetItem":
        tables = asked["RequestItems"].values()
        return sum(len(each["Keys"]) * _weight(each) for each in tables)
    return _weight(asked) if action in ("GetItem", "Query") else 0


def updates(action: str, asked: Mapping[str, Any]) -> Iterator[Any]:
    """The single writes of a request."""
    if action == "TransactWriteItems":
        yield from (each["Update"] for each in asked["TransactItems"])
    elif action == "UpdateItem":
        yield asked


def _weight(asked: Mapping[str, Any]) -> float:
    return 1 if asked.get("ConsistentRead") else LAGGING


def moves(before: Attributes, after: Attributes) -> int:
    """The units that an item's places in the indexes take: one to put it, one to take it away."""
    places = [(_place(before, index), _place(after, index)) for index in INDEXES]
    return sum((old is not None) + (new is not None) for old, new in places if old != new)


def _place(item: Attributes, index: Sequence[str]) -> list[Any] | None:
    place = [item.get(key) for key in index]
    return None if None in place else place


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":  # two digits a byte, and one for the rest of it
        return len(content.strip("-0.").replace(".", "")) // 2 + 2
    if kind == "M":
        return 3 + item_bytes(content) + len(content)
    if kind == "L":
        return 3 + sum(_value_bytes(each) + 1 for each in content)
    if kind in ("BOOL", "NULL"):
        return 1
    raise ValueError(f"The size of a {kind} is not written down here.")
