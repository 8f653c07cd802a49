"""Guarded writes to the one DynamoDB table, and nothing about edits."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from botocore.exceptions import ClientError, ParamValidationError

from retake.aws.dynamodb_values import Unwritable, from_item, to_attribute
from retake.aws.errors import code_of, translated
from retake.domain.errors import Misconfigured, RetakeError, Unavailable

ABSENT = object()  # in `where`: the attribute must not exist
BATCH_KEYS = 100  # DynamoDB's limit for one BatchGetItem
WRITE_TRIES = 5  # a contended transaction is asked again this often before it counts as an outage


class ConditionFailed(RetakeError):
    """The stored item is not as the write expects it; `keys` names those items of several."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        super().__init__(", ".join(keys))
        self.keys = tuple(keys)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The last items of one key of an index: those below `before`, at most `limit`."""

    index: str
    hash: tuple[str, str]
    range: str
    before: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """The first items of one key of an index: those above `after`, at most `limit`."""

    index: str
    hash: tuple[str, str]
    range: str
    after: str | None = None
    limit: int = 100


class Table(Protocol):
    """What the records need of a store; DynamoDB in the stack, a dictionary in tests."""

    def get(self, key: str) -> dict[str, Any] | None:
        """The item, read consistently, or None."""

    def get_many(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Those of the items that are there, by key; at most BATCH_KEYS are asked for."""

    def newest(self, asked: Newest) -> list[dict[str, Any]]:
        """What an index holds of them, the highest range first; it may lag behind the items."""

    def first(self, asked: First) -> list[dict[str, Any]]:
        """What an index holds of them, the lowest range first; it may lag behind the items."""

    def counted(self, change: Change, name: str) -> int:
        """Write one change that adds to a number of its item; what that came to."""

    def write(self, *changes: Change) -> None:
        """All the changes, each to an item of its own, or none.

        Raises ConditionFailed; Unwritable for what no store would take (an item over 400 KB, a
        number that is none); Unavailable when the store is down, and then nobody knows whether
        the write was applied.
        """


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

    def get_many(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        wanted = [{"pk": {"S": key}} for key in dict.fromkeys(keys)]  # one named twice is refused
        asked: Any = {self._name: {"Keys": wanted}} if wanted else {}
        for tries in range(1, WRITE_TRIES + 1):
            if not asked:
                return found
            if tries > 1:
                self._sleep(random.uniform(0, 0.05 * 2**tries))
            answer = self._call("batch_get_item", RequestItems=asked)
            items = [from_item(item) for item in answer["Responses"].get(self._name, [])]
            found |= {item["pk"]: item for item in items}
            asked = answer.get("UnprocessedKeys")
        if asked:
            raise Unavailable("DynamoDB cannot answer now (batch_get_item: keys were left over).")
        return found

    def newest(self, asked: Newest) -> list[dict[str, Any]]:
        return self._queried(asked, "<", asked.before, forward=False)

    def first(self, asked: First) -> list[dict[str, Any]]:
        return self._queried(asked, ">", asked.after, forward=True)

    def _queried(
        self, asked: Newest | First, sign: str, bound: str | None, *, forward: bool
    ) -> list[dict[str, Any]]:
        (name, value), is_bound = asked.hash, bound is not None
        answer = self._call(
            "query",
            TableName=self._name,
            IndexName=asked.index,
            KeyConditionExpression="#hash = :hash" + (f" AND #range {sign} :end" * is_bound),
            ExpressionAttributeNames={"#hash": name}
            | ({"#range": asked.range} if is_bound else {}),
            ExpressionAttributeValues={":hash": to_attribute(value)}
            | ({":end": to_attribute(bound)} if is_bound else {}),
            ScanIndexForward=forward,
            Limit=asked.limit,
        )
        return [from_item(item) for item in answer["Items"]]

    def counted(self, change: Change, name: str) -> int:
        update = update_expression(self._name, change)
        answer = self._call("update_item", **update, ReturnValues="UPDATED_NEW")
        return int(from_item(answer["Attributes"])[name])

    def write(self, *changes: Change) -> None:
        updates = [update_expression(self._name, change) for change in changes]
        try:
            if len(updates) == 1:
                self._call("update_item", **updates[0])
            else:
                self._call("transact_write_items", TransactItems=[{"Update": u} for u in updates])
        except _Refused as refusal:
            refused = refusal.places or range(len(changes))
            raise ConditionFailed([changes[place].key for place in refused]) from None

    def _call(self, verb: str, **arguments: Any) -> Any:
        for tries in range(1, WRITE_TRIES + 1):
            try:
                return self._once(verb, arguments)
            except _Contended:
                if tries == WRITE_TRIES:
                    raise
                self._sleep(random.uniform(0, 0.05 * 2**tries))
        raise AssertionError("unreachable")

    def _once(self, verb: str, arguments: Mapping[str, Any]) -> Any:
        with translated("DynamoDB", verb=verb, meaning=lambda error: _named(error, verb)):
            try:
                return getattr(self._client, verb)(**arguments)
            except ParamValidationError:
                raise Unwritable(f"The write to {self._name} has a shape nobody takes.") from None


# Nothing was applied when a transaction ends with these, so asking again is safe. The SDK repeats
# throttled calls by itself, but takes a cancelled transaction for a verdict.
_CONTENDED = frozenset(
    {
        "TransactionConflict",
        "TransactionConflictException",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    }
)
_CONDITION = frozenset({"ConditionalCheckFailed", "ConditionalCheckFailedException"})
_NEVER = frozenset(
    {"ValidationError", "ValidationException", "ItemCollectionSizeLimitExceeded"}
    | {"ItemCollectionSizeLimitExceededException", "SerializationException"}
)
_OWNERS = frozenset({"ResourceNotFoundException", "AccessDeniedException", "AccessDenied"})


def _codes(error: ClientError) -> set[str]:
    reasons: list[Mapping[str, str]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]  # absent from the stubs' general error shape
    named = {reason.get("Code", "None") for reason in reasons} - {"None"}
    return named or {code_of(error)}


class _Contended(Unavailable):
    """Another write was at the same items."""


class _Refused(RetakeError):
    """A condition does not hold, at these places of a transaction."""

    def __init__(self, error: ClientError) -> None:
        reasons: Any = error.response.get("CancellationReasons", [])
        self.places = [n for n, each in enumerate(reasons) if each.get("Code") in _CONDITION]


def _named(error: ClientError, verb: str) -> RetakeError:
    codes = _codes(error)
    words = ", ".join(sorted(codes))
    if codes & _CONDITION:
        return _Refused(error)
    if codes & _NEVER:
        return Unwritable(f"DynamoDB will never take this ({verb}: {words}).")
    if codes & _OWNERS:
        return Misconfigured(f"The table cannot be used ({verb}: {words}); deploy the stack again.")
    kind = _Contended if codes <= _CONTENDED else Unavailable
    return kind(f"DynamoDB cannot answer now ({verb}: {words}).")


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
