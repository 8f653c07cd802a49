"""A write is billed by the size of the item, as DynamoDB's guide counts it."""

import pytest
from retake.aws.dynamodb_values import to_attribute

from bench.units import INDEXES, item_bytes, moves, read_units, units, written_units
from tests.support.template_reader import template

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
    alone = written_units("UpdateItem", [RECORD], [RECORD])
    both = written_units("TransactWriteItems", [RECORD] * 2, [RECORD] * 2)

    assert (alone, both) == (1, 4)


def test_a_write_is_billed_by_the_larger_of_what_it_finds_and_leaves() -> None:
    large = {**RECORD, "x": {"S": "y" * 2000}}

    assert written_units("UpdateItem", [large], [RECORD]) == 3
    assert written_units("UpdateItem", [RECORD], [large]) == 3


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        ({}, {"open_shard": "3"}, 1),
        ({"open_shard": "3"}, {}, 1),
        ({"open_shard": "3"}, {"open_shard": "4"}, 2),
        ({"open_shard": "3", "x": "1"}, {"open_shard": "3", "x": "2"}, 0),
        ({"line": "fal"}, {"line": "fal"}, 0),
        ({}, {"line": "fal", "line_place": "7", "open_shard": "3"}, 2),
    ],
)
def test_a_place_in_an_index_is_one_more_where_it_is_made_and_where_it_goes(
    before: dict[str, str], after: dict[str, str], units: int
) -> None:
    old, new = (
        {"updated_at": {"S": "x"}, **{name: {"S": value} for name, value in given.items()}}
        for given in (before, after)
    )

    assert moves(old, new) == units
    assert written_units("UpdateItem", [old], [new]) == 1 + units


def test_the_indexes_are_those_of_the_template() -> None:
    indexes = template()["Resources"]["EditTable"]["Properties"]["GlobalSecondaryIndexes"]

    assert {tuple(key["AttributeName"] for key in it["KeySchema"]) for it in indexes} == {*INDEXES}
    assert {it["Projection"]["ProjectionType"] for it in indexes} == {"KEYS_ONLY"}


@pytest.mark.parametrize(
    ("action", "asked", "units"),
    [
        ("GetItem", {"ConsistentRead": True}, 1),
        ("GetItem", {}, 0.5),
        ("BatchGetItem", {"RequestItems": {"t": {"Keys": [1, 2, 3], "ConsistentRead": True}}}, 3),
        ("Query", {"IndexName": "in-line"}, 0.5),
        ("UpdateItem", {}, 0),
    ],
)
def test_a_read_is_billed_for_each_item_and_half_where_it_may_lag(
    action: str, asked: dict[str, object], units: float
) -> None:
    assert read_units(action, asked) == units


def test_a_kind_whose_size_nobody_wrote_down_is_named() -> None:
    with pytest.raises(ValueError, match="BS"):
        item_bytes({"name": {"BS": []}})
