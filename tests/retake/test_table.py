from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from mypy_boto3_dynamodb import DynamoDBClient
from retake.errors import Misconfigured, RetakeError, Unavailable
from retake.table import (
    ABSENT,
    WRITE_TRIES,
    Change,
    ConditionFailed,
    DynamoTable,
    Table,
    Unwritable,
    update_expression,
)

from tests.fakes import MemoryTable

NAME = "edits"


class Word(StrEnum):
    FIRST = "first"


class OldWord(str, Enum):  # noqa: UP042  # what people wrote before StrEnum; str() gives its name
    FIRST = "first"


class Level(IntEnum):
    HIGH = 3


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[DynamoDBClient]:
    with mock_aws():
        yield boto3.client("dynamodb", region_name="eu-central-1")


@pytest.fixture(params=["memory", "dynamodb"])
def table(request: pytest.FixtureRequest, dynamodb: DynamoDBClient) -> Iterator[Table]:
    """Both tables; every test that asks for it holds for both."""
    if request.param == "memory":
        yield MemoryTable()
        return
    dynamodb.create_table(
        TableName=NAME,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield DynamoTable(dynamodb, NAME, sleep=lambda seconds: None)
    dynamodb.delete_table(TableName=NAME)


# ---------------------------------------------------------------- what is written comes back


def test_an_item_that_was_never_written_is_none(table: Table) -> None:
    assert table.get("edit#1") is None


def test_a_write_makes_the_item_with_its_key(table: Table) -> None:
    table.write(Change(key="edit#1", set={"status": "RECEIVED"}))

    assert table.get("edit#1") == {"pk": "edit#1", "status": "RECEIVED"}


def test_a_second_write_leaves_the_other_attributes_alone(table: Table) -> None:
    table.write(Change(key="edit#1", set={"a": 1, "b": 2}))

    table.write(Change(key="edit#1", set={"b": 3}))

    assert table.get("edit#1") == {"pk": "edit#1", "a": 1, "b": 3}


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("", ""),
        ("text", "text"),
        ("Grüße 🎬 \u2028", "Grüße 🎬 \u2028"),
        ("NULL", "NULL"),
        (0, 0),
        (-7, -7),
        (10**37, 10**37),
        (0.1, 0.1),
        (1.0, 1),  # DynamoDB keeps no trailing zeros
        (1e-7, 1e-7),
        (-0.0, 0),
        (1e20, 10**20),
        (Decimal("0.252"), 0.252),
        (True, True),
        (False, False),
        (Word.FIRST, "first"),
        (OldWord.FIRST, "first"),
        (Level.HIGH, 3),
        ([], []),
        ({}, {}),
        (("a", 1, None), ["a", 1, None]),
        ({"deep": [{"word": Word.FIRST, "none": None, "half": 0.5}]},) * 2,
        ({OldWord.FIRST: OldWord.FIRST}, {"first": "first"}),
    ],
)
def test_a_value_comes_back_as_a_plain_one(table: Table, stored: Any, read: Any) -> None:
    table.write(Change(key="edit#1", set={"value": stored}))

    found = (table.get("edit#1") or {})["value"]
    assert found == read
    assert type(found) is type(read) or isinstance(read, Enum | dict)


@given(st.floats(1e-120, 1e38) | st.floats(-1e38, -1e-120) | st.just(0.0))
def test_any_float_in_range_survives(number: float) -> None:
    memory = MemoryTable()

    memory.write(Change(key="edit#1", set={"value": number}))

    assert float((memory.get("edit#1") or {})["value"]) == number


def test_none_removes_an_attribute_and_needs_none_to_be_there(table: Table) -> None:
    table.write(Change(key="edit#1", set={"a": 1, "b": 2}))

    table.write(Change(key="edit#1", set={"a": None, "never": None}))

    assert table.get("edit#1") == {"pk": "edit#1", "b": 2}


def test_a_write_that_only_removes_from_nothing_makes_an_empty_item(table: Table) -> None:
    table.write(Change(key="edit#1", set={"a": None}))

    assert table.get("edit#1") == {"pk": "edit#1"}


@pytest.mark.parametrize(
    "word",
    ["status", "name", "size", "value", "ttl", "SELECT", "a-b", "a.b", "a b", "#n0", ":v0", "ü"],
)
def test_any_word_can_name_an_attribute(table: Table, word: str) -> None:
    table.write(Change(key="edit#1", set={word: "x", "other": "y"}, where={word: ABSENT}))

    table.write(Change(key="edit#1", set={word: "z", "other": None}, where={word: "x"}))

    assert table.get("edit#1") == {"pk": "edit#1", word: "z"}


def test_what_was_read_cannot_change_the_store(table: Table) -> None:
    table.write(Change(key="edit#1", set={"list": ["a"]}))

    (table.get("edit#1") or {})["list"].append("b")

    assert table.get("edit#1") == {"pk": "edit#1", "list": ["a"]}


# ---------------------------------------------------------------- conditions


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ({"pk": ABSENT}, False),
        ({"status": "RUNNING"}, True),
        ({"status": "SAVING"}, False),
        ({"status": ("SAVING", "RUNNING")}, True),
        ({"status": ("SAVING", "FAILED")}, False),
        ({"status": ("RUNNING",)}, True),
        ({"status": ABSENT}, False),
        ({"missing": ABSENT}, True),
        ({"missing": "x"}, False),
        ({"missing": ("x", "y")}, False),
        ({"version": 3}, True),
        ({"version": 3.0}, True),
        ({"version": Decimal("3.00")}, True),
        ({"version": "3"}, False),  # a number is no text
        ({"flag": True}, True),
        ({"flag": False}, False),
        ({"empty": ""}, True),
        ({"word": Word.FIRST}, True),
        ({"word": (Word.FIRST, "second")}, True),
        ({"nested": {"a": [1, "x"]}}, True),
        ({"nested": {"a": [1, "y"]}}, False),
        ({"status": "RUNNING", "version": 3, "missing": ABSENT}, True),
        ({"status": "RUNNING", "version": 4, "missing": ABSENT}, False),
        ({"status": "RUNNING", "version": 3, "word": ABSENT}, False),
    ],
)
def test_a_write_goes_through_when_its_condition_holds(
    table: Table, where: dict[str, Any], holds: bool
) -> None:
    item = {
        "status": "RUNNING",
        "version": 3,
        "flag": True,
        "empty": "",
        "word": "first",
        "nested": {"a": [1, "x"]},
    }
    table.write(Change(key="edit#1", set=item))

    if holds:
        table.write(Change(key="edit#1", set={"written": 1}, where=where))
    else:
        with pytest.raises(ConditionFailed):
            table.write(Change(key="edit#1", set={"written": 1}, where=where))

    assert ("written" in (table.get("edit#1") or {})) is holds


def test_a_truth_is_no_number() -> None:  # moto takes True for 1
    table = MemoryTable()
    table.write(Change(key="edit#1", set={"flag": True, "one": 1}))

    for where in ({"flag": 1}, {"one": True}):
        with pytest.raises(ConditionFailed):
            table.write(Change(key="edit#1", set={"written": 1}, where=where))


def test_a_failed_condition_makes_no_item(table: Table) -> None:
    with pytest.raises(ConditionFailed):
        table.write(Change(key="edit#1", set={"a": 1}, where={"version": 1}))

    assert table.get("edit#1") is None


def test_only_the_first_of_two_makers_wins(table: Table) -> None:
    table.write(Change(key="edit#1", set={"by": "first"}, where={"pk": ABSENT}))

    with pytest.raises(ConditionFailed):
        table.write(Change(key="edit#1", set={"by": "second"}, where={"pk": ABSENT}))

    assert (table.get("edit#1") or {})["by"] == "first"


def test_a_condition_sees_the_item_before_its_own_write(table: Table) -> None:
    table.write(Change(key="edit#1", set={"version": 1}))

    table.write(Change(key="edit#1", set={"version": 2}, where={"version": 1}))

    assert (table.get("edit#1") or {})["version"] == 2


# ---------------------------------------------------------------- several items at once


def test_changes_to_several_items_are_written_together(table: Table) -> None:
    table.write(
        Change(key="edit#1", set={"a": 1}, where={"pk": ABSENT}),
        Change(key="task#1", set={"edit_id": "1"}, where={"pk": ABSENT}),
    )

    assert table.get("edit#1") == {"pk": "edit#1", "a": 1}
    assert table.get("task#1") == {"pk": "task#1", "edit_id": "1"}


@pytest.mark.parametrize("failing", [0, 1])
def test_one_failed_condition_stops_all_changes(table: Table, failing: int) -> None:
    where = [{"pk": ABSENT}, {"pk": ABSENT}]
    where[failing] = {"version": 7}

    with pytest.raises(ConditionFailed):
        table.write(
            Change(key="edit#1", set={"a": 1}, where=where[0]),
            Change(key="task#1", set={"a": 1}, where=where[1]),
        )

    assert table.get("edit#1") is None
    assert table.get("task#1") is None


def test_a_transaction_may_remove_and_set(table: Table) -> None:
    table.write(Change(key="edit#1", set={"a": 1, "b": 2}))

    table.write(
        Change(key="edit#1", set={"a": None}), Change(key="edit#2", set={"a": None, "c": 3})
    )

    assert table.get("edit#1") == {"pk": "edit#1", "b": 2}
    assert table.get("edit#2") == {"pk": "edit#2", "c": 3}


# ---------------------------------------------------------------- what no store takes


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        float("-inf"),
        [{"deep": float("nan")}],
        Decimal("Infinity"),
        10**38 + 1,  # 39 digits
        1e300,
        Decimal("0." + "1" * 39),
        object(),
        set(),
        {"a"},
        b"bytes",
        "\ud800",
        {"\ud800": 1},
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_without_a_form_is_refused_before_anything_is_written(
    table: Table, value: Any
) -> None:
    with pytest.raises(Unwritable, match="cannot be stored"):
        table.write(Change(key="edit#1", set={"good": 1, "bad": value}))

    assert table.get("edit#1") is None


@pytest.mark.parametrize(
    "changes",
    [
        (),
        (Change(key="edit#1", set={}),),
        (Change(key="", set={"a": 1}),),
        (Change(key="edit#1", set={"pk": "edit#2"}),),
        (Change(key="edit#1", set={"a": 1}, where={"a": None}),),
        (Change(key="edit#1", set={"a": 1}, where={"a": ()}),),
        (Change(key="edit#1", set={"a": 1}, where={"a": (ABSENT, "x")}),),
        (Change(key="edit#1", set={"a": 1}), Change(key="edit#1", set={"b": 1})),
    ],
    ids=[
        "nothing at all",
        "nothing to change",
        "no key",
        "another key",
        "condition on none",
        "condition on no value",
        "absent as a value",
        "one item twice",
    ],
)
def test_a_change_that_means_nothing_is_refused(table: Table, changes: tuple[Change, ...]) -> None:
    with pytest.raises(Unwritable):
        table.write(*changes)

    assert table.get("edit#1") is None


def test_an_item_over_400_kb_is_refused_and_not_called_an_outage(table: Table) -> None:
    table.write(Change(key="edit#1", set={"a": 1}))

    with pytest.raises(Unwritable):
        table.write(Change(key="edit#1", set={"note": "x" * 410 * 1024}))

    assert table.get("edit#1") == {"pk": "edit#1", "a": 1}


def test_an_item_that_grows_over_400_kb_in_a_transaction_is_refused(table: Table) -> None:
    table.write(Change(key="edit#1", set={"first": "x" * 300 * 1024}))

    with pytest.raises(Unwritable):
        table.write(
            Change(key="edit#1", set={"second": ["x" * 110 * 1024]}),
            Change(key="task#1", set={"a": 1}),
        )

    assert "second" not in (table.get("edit#1") or {})
    assert table.get("task#1") is None


# ---------------------------------------------------------------- expressions


def test_an_expression_holds_no_name_and_no_value_of_ours() -> None:
    change = Change(
        key="edit#1",
        set={"status": "RUNNING", "gone": None, "a = :b REMOVE x": "' OR 1=1"},
        where={"status": ("A", "B"), "version": 1, "fresh": ABSENT},
    )

    update = update_expression(NAME, change)

    assert update["UpdateExpression"] == "SET #n0 = :v0, #n1 = :v1 REMOVE #n2"
    assert update["ConditionExpression"] == (
        "#n0 IN (:v2, :v3) AND #n3 = :v4 AND attribute_not_exists(#n4)"
    )
    assert set(update["ExpressionAttributeNames"].values()) == {*change.set, *change.where}


# ---------------------------------------------------------------- a store that fails


class FailingClient:
    """Answers each call with the next of the given failures, then with an empty success."""

    def __init__(self, *failures: BotoCoreError | ClientError) -> None:
        self.failures = list(failures)
        self.calls: list[str] = []

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.calls.append(verb)
            if self.failures:
                raise self.failures.pop(0)
            return {}

        return call


def client_error(code: str, *reasons: str) -> ClientError:
    body: dict[str, Any] = {"Error": {"Code": code, "Message": "AWS's own words"}}
    if reasons:
        body["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(body, "Anything")  # type: ignore[arg-type]  # the stubs know no reasons


def cancelled(*reasons: str) -> ClientError:
    return client_error("TransactionCanceledException", *reasons)


ONE = (Change(key="edit#1", set={"a": 1}),)
TWO = (*ONE, Change(key="edit#2", set={"a": 1}))


@pytest.mark.parametrize(
    ("failure", "named"),
    [
        (client_error("ProvisionedThroughputExceededException"), Unavailable),
        (client_error("ThrottlingException"), Unavailable),
        (client_error("RequestLimitExceeded"), Unavailable),
        (client_error("InternalServerError"), Unavailable),
        (client_error("ServiceUnavailable"), Unavailable),
        (client_error("ExpiredTokenException"), Unavailable),
        (client_error("SomethingNobodyKnows"), Unavailable),
        (client_error("TransactionInProgressException"), Unavailable),
        (EndpointConnectionError(endpoint_url="https://dynamodb"), Unavailable),
        (ReadTimeoutError(endpoint_url="https://dynamodb"), Unavailable),
        (client_error("ConditionalCheckFailedException"), ConditionFailed),
        (cancelled("None", "ConditionalCheckFailed"), ConditionFailed),
        (cancelled("ConditionalCheckFailed", "TransactionConflict"), ConditionFailed),
        (cancelled("ThrottlingError", "InternalServerError"), Unavailable),
        (cancelled("None", "None"), Unavailable),
        (cancelled("None", "ValidationError"), Unwritable),
        (cancelled("ItemCollectionSizeLimitExceeded", "None"), Unwritable),
        (client_error("ValidationException"), Unwritable),
        (ParamValidationError(report="bad shape"), Unwritable),
        (client_error("ResourceNotFoundException"), Misconfigured),
        (client_error("AccessDeniedException"), Misconfigured),
    ],
    ids=lambda value: str(getattr(value, "response", value)),
)
def test_a_failure_of_dynamodb_gets_the_name_that_says_what_to_do(
    failure: ClientError, named: type[RetakeError]
) -> None:
    client = FailingClient(failure)

    with pytest.raises(RetakeError) as raised:
        DynamoTable(client, NAME, sleep=lambda seconds: None).write(*TWO)

    assert type(raised.value) is named
    assert "own words" not in str(raised.value)
    assert len(client.calls) == 1


@pytest.mark.parametrize(
    ("conflict", "changes"),
    [
        (client_error("TransactionConflictException"), ONE),
        (cancelled("TransactionConflict", "None"), TWO),
        (cancelled("ThrottlingError", "TransactionConflict"), TWO),
        (cancelled("ProvisionedThroughputExceeded", "None"), TWO),
    ],
)
def test_a_contended_write_is_asked_again_because_nothing_was_applied(
    conflict: ClientError, changes: tuple[Change, ...]
) -> None:
    client, waits = FailingClient(conflict, conflict), list[float]()

    DynamoTable(client, NAME, sleep=waits.append).write(*changes)

    assert len(client.calls) == 3
    assert all(0 <= wait < 1 for wait in waits)


def test_endless_contention_is_an_outage_in_the_end() -> None:
    client = FailingClient(*[cancelled("TransactionConflict", "None")] * 99)

    with pytest.raises(Unavailable):
        DynamoTable(client, NAME, sleep=lambda seconds: None).write(*TWO)

    assert len(client.calls) == WRITE_TRIES


def test_reading_fails_by_the_same_names() -> None:
    table = DynamoTable(FailingClient(client_error("ThrottlingException")), NAME)

    with pytest.raises(Unavailable):
        table.get("edit#1")


def test_an_item_is_read_consistently() -> None:
    asked: dict[str, Any] = {}

    class Client:
        def get_item(self, **arguments: Any) -> Any:
            asked.update(arguments)
            return {}

    DynamoTable(Client(), NAME).get("edit#1")

    assert asked["ConsistentRead"] is True
