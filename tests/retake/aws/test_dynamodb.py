from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from retake.aws.dynamodb import ConditionFailed, Table
from retake.aws.dynamodb_changes import ABSENT, AtMost, Change

from virtual.memory_table import MemoryTable


class Word(StrEnum):
    FIRST = "first"


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
        ({"version": AtMost(3)}, True),
        ({"version": AtMost(2)}, False),
        ({"missing": AtMost(0)}, True),  # nothing counted yet
        ({"missing": AtMost(-1)}, False),
        ({"version": AtMost(9), "status": "SAVING"}, False),
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


def test_a_write_that_is_refused_names_the_items_that_refused_it(table: Table) -> None:
    table.write(Change(key="spent#1", set={"name": "full"}, add={"committed": 100}))
    table.write(Change(key="edit#1", set={"version": 1}))

    with pytest.raises(ConditionFailed) as told:
        table.write(
            Change(key="edit#1", set={"written": 1}, where={"version": 1}),
            Change(key="spent#1", set={"name": "full"}, where={"committed": AtMost(99)}),
            Change(key="spent#2", set={"name": "new"}, where={"committed": AtMost(99)}),
        )

    assert set(told.value.keys) == {"spent#1"}
    assert table.get("spent#2") is None


def test_a_single_write_names_its_item(table: Table) -> None:
    with pytest.raises(ConditionFailed) as told:
        table.write(Change(key="edit#1", set={"a": 1}, where={"version": 1}))

    assert set(told.value.keys) == {"edit#1"}


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


# ---------------- several items at once


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


def test_what_is_added_counts_from_nothing_and_from_what_is_there(table: Table) -> None:
    table.write(Change(key="edit#1", set={"a": 1}, add={"seq": 1}))
    table.write(Change(key="edit#1", set={"a": None}, add={"seq": 2}))

    assert table.get("edit#1") == {"pk": "edit#1", "seq": 3}


def test_nothing_is_added_when_the_condition_fails(table: Table) -> None:
    table.write(Change(key="edit#1", set={"a": 1}, add={"seq": 1}))

    with pytest.raises(ConditionFailed):
        table.write(Change(key="edit#1", set={"a": 2}, add={"seq": 1}, where={"a": 2}))

    assert table.get("edit#1") == {"pk": "edit#1", "a": 1, "seq": 1}
