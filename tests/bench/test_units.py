"""A write is billed by the size of the item, as DynamoDB's guide counts it."""

import pytest
from retake.aws.dynamodb_values import to_attribute

from bench.units import item_bytes, units, written_units

RECORD = {"pk": {"S": "edit#1"}, "updated_at": {"S": "x" * 1000}}


@pytest.mark.parametrize(
    ("value", "size_bytes"),
    [
        ("né", 3),
        (True, 1),
        (None, 1),
        (7, 2),
        (12.5, 3),
        ([], 3),
        (["ab", "c"], 3 + 2 + 3),
        ({"a": "b"}, 3 + 2 + 1),
    ],
)
def test_a_value_takes_what_the_guide_says(value: object, size_bytes: int) -> None:
    assert item_bytes({"name": to_attribute(value)}) == len("name") + size_bytes


def test_a_unit_is_begun_with_every_kilobyte() -> None:
    size_bytes = item_bytes(RECORD)
    full = {**RECORD, "x": {"S": "y" * (1024 - size_bytes - 1)}}

    assert item_bytes(full) == 1024
    assert units(full) == 1
    assert units({**full, "z": {"BOOL": True}}) == 2


def test_a_write_in_a_transaction_counts_twice() -> None:
    update = {"TableName": "edits", "Key": {"pk": {"S": "edit#1"}}}

    alone = written_units("UpdateItem", update, lambda _: RECORD)
    both = written_units(
        "TransactWriteItems", {"TransactItems": [{"Update": update}] * 2}, lambda _: RECORD
    )

    assert (alone, both) == (1, 4)


def test_a_kind_whose_size_nobody_wrote_down_is_named() -> None:
    with pytest.raises(ValueError, match="BS"):
        item_bytes({"name": {"BS": []}})
