"""What DynamoDB bills for a write: the item's size in whole units of 1 KB.

Developer Guide, "DynamoDB item sizes and formats" and "DynamoDB throughput capacity".
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

UNIT_BYTES = 1024
Attributes = Mapping[str, Mapping[str, Any]]  # {"name": {"S": "value"}}, as they travel


def units(item: Attributes) -> int:
    """The units one write of this item takes."""
    return -(-item_bytes(item) // UNIT_BYTES)


def item_bytes(item: Attributes) -> int:
    """How large an item is, names included."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def written_units(action: str, asked: Mapping[str, Any], read: Callable[[Any], Attributes]) -> int:
    """The units that one request to write takes; `read` gives the item that an update left.

    In a transaction each item counts twice.
    """
    factor = 2 if action == "TransactWriteItems" else 1
    return factor * sum(units(read(update)) for update in _updates(action, asked))


def _updates(action: str, asked: Mapping[str, Any]) -> Iterator[Any]:
    if action == "TransactWriteItems":
        yield from (each["Update"] for each in asked["TransactItems"])
    elif action == "UpdateItem":
        yield asked


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
