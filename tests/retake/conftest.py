"""The stores that tests of this package ask for by name."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_dynamodb import DynamoDBClient
from retake.aws.dynamodb import DynamoTable, Table

from virtual.memory_table import MemoryTable

TABLE = "edits"


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[DynamoDBClient]:
    with mock_aws():
        yield boto3.client("dynamodb", region_name="eu-central-1")


INDEXES = (("by-time", "day", "at"), ("in-line", "line", "line_place"))
INDEXED = [name for _, *names in INDEXES for name in names]


@pytest.fixture(params=["memory", "dynamodb"])
def table(request: pytest.FixtureRequest, dynamodb: DynamoDBClient) -> Iterator[Table]:
    """Both tables; every test that asks for it holds for both."""
    if request.param == "memory":
        yield MemoryTable()
        return
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", *INDEXED)
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": name,
                "KeySchema": [
                    {"AttributeName": partition, "KeyType": "HASH"},
                    {"AttributeName": order, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for name, partition, order in INDEXES
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    yield DynamoTable(dynamodb, TABLE, sleep=lambda seconds: None)
    dynamodb.delete_table(TableName=TABLE)
