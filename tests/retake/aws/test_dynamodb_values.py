from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.aws.dynamodb import Table
from retake.aws.dynamodb_changes import ABSENT, Change
from retake.aws.dynamodb_values import Unwritable

from virtual.memory_table import MemoryTable


class Word(StrEnum):
    FIRST = "first"


class OldWord(str, Enum):  # noqa: UP042  # what people wrote before StrEnum; str() gives its name
    FIRST = "first"


class Level(IntEnum):
    HIGH = 3


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


# ---------------- what no store takes


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
        (Change(key="edit#1", set={"a": 1}, add={"pk": 1}),),
        (Change(key="edit#1", set={"a": 1}, add={"a": 1}),),
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
        "the key as a number",
        "set and added to",
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
