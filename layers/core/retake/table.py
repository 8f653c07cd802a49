"""Guarded writes to the one DynamoDB table, and nothing about edits."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from retake.errors import RetakeError, Unavailable

ABSENT = object()  # in `where`: the attribute must not exist
WRITE_TRIES = 5  # a contended transaction is asked again this often before it counts as an outage


class ConditionFailed(RetakeError):
    """The stored item is not as the write expects it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One guarded write to one item.

    `where` maps attributes to the value they must have, to a tuple of allowed values, or to
    ABSENT. `set` values of None are removed.
    """

    key: str
    set: Mapping[str, Any]
    where: Mapping[str, Any] = field(default_factory=dict)


class Table(Protocol):
    """What the records need of a store; DynamoDB in the stack, a dictionary in tests."""

    def get(self, key: str) -> dict[str, Any] | None:
        """The item, read consistently, or None."""

    def write(self, *changes: Change) -> None:
        """All the changes or none; raises ConditionFailed, or Unavailable if the store is down."""


class DynamoTable:
    """The table of the stack. Numbers come back as int or float."""

    def __init__(self, client: Any, name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._name = name
        self._sleep = sleep

    def get(self, key: str) -> dict[str, Any] | None:
        answer = self._call(
            "get_item", TableName=self._name, Key={"pk": {"S": key}}, ConsistentRead=True
        )
        return from_item(answer["Item"]) if "Item" in answer else None

    def write(self, *changes: Change) -> None:
        updates = [update_expression(self._name, change) for change in changes]
        if len(updates) == 1:
            self._call("update_item", **updates[0])
        else:
            self._call("transact_write_items", TransactItems=[{"Update": u} for u in updates])

    def _call(self, verb: str, **arguments: Any) -> Any:
        for tries in range(1, WRITE_TRIES + 1):
            try:
                return getattr(self._client, verb)(**arguments)
            except ClientError as error:
                codes = _codes(error)
                if codes & {"ConditionalCheckFailed", "ConditionalCheckFailedException"}:
                    raise ConditionFailed from None
                # Two transactions on one item: neither was applied, so asking again is safe.
                contended = codes & {"TransactionConflict", "TransactionConflictException"}
                if not contended or tries == WRITE_TRIES:
                    raise Unavailable(f"DynamoDB cannot answer now ({verb}: {codes}).") from None
                self._sleep(random.uniform(0, 0.05 * 2**tries))
            except BotoCoreError as error:
                raise Unavailable(
                    f"DynamoDB cannot answer now ({verb}: {type(error).__name__})."
                ) from None
        raise AssertionError("unreachable")


def _codes(error: ClientError) -> set[str]:
    reasons: list[Mapping[str, str]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]  # absent from the stubs' general error shape
    named = {reason.get("Code", "None") for reason in reasons} - {"None"}
    return named or {error.response["Error"]["Code"]}


def update_expression(table: str, change: Change) -> dict[str, Any]:
    """A change as the arguments of UpdateItem; every name and value goes in by placeholder."""
    names: dict[str, str] = {}
    values: dict[str, Any] = {}

    def name(attribute: str) -> str:
        return names.setdefault(f"#{attribute}", attribute) and f"#{attribute}"

    def value(content: Any) -> str:
        placeholder = f":v{len(values)}"
        values[placeholder] = to_attribute(content)
        return placeholder

    sets = [f"{name(a)} = {value(v)}" for a, v in change.set.items() if v is not None]
    removes = [name(a) for a, v in change.set.items() if v is None]
    conditions = []
    for attribute, expected in change.where.items():
        if expected is ABSENT:
            conditions.append(f"attribute_not_exists({name(attribute)})")
        elif isinstance(expected, tuple):
            conditions.append(f"{name(attribute)} IN ({', '.join(value(e) for e in expected)})")
        else:
            conditions.append(f"{name(attribute)} = {value(expected)}")
    expression = "SET " + ", ".join(sets)
    if removes:
        expression += " REMOVE " + ", ".join(removes)
    update: dict[str, Any] = {
        "TableName": table,
        "Key": {"pk": {"S": change.key}},
        "UpdateExpression": expression,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    if conditions:
        update["ConditionExpression"] = " AND ".join(conditions)
    return update


_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


def to_attribute(content: Any) -> Any:
    """A Python value as a DynamoDB attribute; floats keep their shortest decimal form."""
    return _serializer.serialize(_storable(content))


def _storable(content: Any) -> Any:
    if isinstance(content, float):
        return Decimal(repr(content))
    if isinstance(content, Mapping):
        return {str(name): _storable(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_storable(value) for value in content]
    if isinstance(content, str):
        return str(content)  # an enum member as its plain word
    return content


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """A DynamoDB item as plain Python values."""
    return {name: _plain(_deserializer.deserialize(value)) for name, value in item.items()}


def _plain(content: Any) -> Any:
    if isinstance(content, Decimal):
        return int(content) if content == content.to_integral_value() else float(content)
    if isinstance(content, dict):
        return {name: _plain(value) for name, value in content.items()}
    if isinstance(content, list):
        return [_plain(value) for value in content]
    return content
