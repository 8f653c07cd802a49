"""Guarded writes to the one DynamoDB table, and nothing about edits."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from botocore.exceptions import ClientError, ParamValidationError

from retake.aws.dynamodb_changes import Change, update_expression
from retake.aws.dynamodb_values import Unwritable, from_item, to_attribute
from retake.aws.errors import code_of, translated
from retake.domain.errors import Misconfigured, RetakeError, Unavailable
from retake.domain.values import dataclass

BATCH_KEYS = 100  # DynamoDB's limit for one BatchGetItem
WRITE_TRIES = 5  # a contended transaction is asked again this often before it counts as an outage


class ConditionFailed(RetakeError):
    """The stored item is not as the write expects it; `keys` names those items of several."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        super().__init__(", ".join(keys))
        self.keys = tuple(keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The last items of one key of an index, or with `oldest_first` the first ones.

    Those below `before` and from `since` on, at most `limit`.
    """

    index: str
    hash: tuple[str, str]
    range: str
    before: str | None = None
    since: str | None = None
    oldest_first: bool = False
    limit: int = 100

    @property
    def bounds(self) -> Mapping[str, str]:
        """The comparison with each bound that there is."""
        known = {"<": self.before, ">=": self.since}
        return {sign: bound for sign, bound in known.items() if bound is not None}


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

    def get_many(
        self, keys: Sequence[str], *, is_consistent: bool = False
    ) -> dict[str, dict[str, Any]]:
        """Those of the items that are there, by key; at most BATCH_KEYS are asked for."""

    def newest(self, asked: Newest) -> list[dict[str, Any]]:
        """What an index holds of them, in their order; it may lag behind the items."""

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

    def get_many(
        self, keys: Sequence[str], *, is_consistent: bool = False
    ) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        wanted = [{"pk": {"S": key}} for key in dict.fromkeys(keys)]  # one named twice is refused
        how = {"ConsistentRead": True} if is_consistent else {}
        asked: Any = {self._name: {"Keys": wanted, **how}} if wanted else {}
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
        name, value = asked.hash
        # A key condition takes one comparison of the range, so that two of them make a BETWEEN,
        # which includes both ends: what lies on the upper one is left out below.
        between = len(asked.bounds) == 2
        bounds = [f"#range {sign} :{number}" for number, sign in enumerate(asked.bounds)]
        condition = ["#range BETWEEN :1 AND :0"] if between else bounds
        answer = self._call(
            "query",
            TableName=self._name,
            IndexName=asked.index,
            KeyConditionExpression=" AND ".join(["#hash = :hash", *condition]),
            ExpressionAttributeNames={"#hash": name} | ({"#range": asked.range} if bounds else {}),
            ExpressionAttributeValues={":hash": to_attribute(value)}
            | {f":{n}": to_attribute(it) for n, it in enumerate(asked.bounds.values())},
            ScanIndexForward=asked.oldest_first,
            Limit=asked.limit + between,
        )
        found = [from_item(item) for item in answer["Items"]]
        return [it for it in found if it[asked.range] != asked.before][: asked.limit]

    def first(self, asked: First) -> list[dict[str, Any]]:
        (name, value), above = asked.hash, asked.after is not None
        answer = self._call(
            "query",
            TableName=self._name,
            IndexName=asked.index,
            KeyConditionExpression="#hash = :hash" + (" AND #range > :after" if above else ""),
            ExpressionAttributeNames={"#hash": name} | ({"#range": asked.range} if above else {}),
            ExpressionAttributeValues={":hash": to_attribute(value)}
            | ({":after": to_attribute(asked.after)} if above else {}),
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
