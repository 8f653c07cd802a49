from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)
from retake.aws.dynamodb import WRITE_TRIES, ConditionFailed, DynamoTable
from retake.aws.dynamodb_changes import ABSENT, Change, update_expression
from retake.aws.dynamodb_values import Unwritable
from retake.domain.errors import Misconfigured, RetakeError, Unavailable

NAME = "edits"


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
