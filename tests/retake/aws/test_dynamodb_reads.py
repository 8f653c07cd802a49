from typing import Any

import pytest
from retake.aws.dynamodb import (
    BATCH_KEYS,
    WRITE_TRIES,
    DynamoTable,
    Newest,
    Table,
)
from retake.aws.dynamodb_changes import Change
from retake.aws.dynamodb_values import Unwritable
from retake.domain.errors import Unavailable


def test_many_items_are_read_by_key_and_missing_ones_left_out(table: Table) -> None:
    for number in range(3):
        table.write(Change(key=f"edit#{number}", set={"n": number}))

    found = table.get_many(["edit#2", "edit#0", "edit#9"])

    assert found == {"edit#0": {"pk": "edit#0", "n": 0}, "edit#2": {"pk": "edit#2", "n": 2}}


def test_no_keys_find_nothing(table: Table) -> None:
    assert table.get_many([]) == {}


def test_a_key_named_twice_is_one_key(table: Table) -> None:
    table.write(Change(key="edit#1", set={"n": 1}))

    assert table.get_many(["edit#1"] * (BATCH_KEYS + 1)) == {"edit#1": {"pk": "edit#1", "n": 1}}


def test_as_many_items_as_fit_are_read_at_once_and_no_more(table: Table) -> None:
    keys = [f"edit#{number}" for number in range(BATCH_KEYS + 1)]

    assert table.get_many(keys[:-1]) == {}
    with pytest.raises(Unwritable):
        table.get_many(keys)


class Sparing:
    """A client that answers one key of each batch and leaves the others over."""

    def __init__(self, answers: int) -> None:
        self.answers = answers

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        keys = RequestItems["edits"]["Keys"]
        taken = 1 if self.answers > 0 else 0
        self.answers -= taken
        left = {"edits": {"Keys": keys[taken:]}} if keys[taken:] else {}
        return {"Responses": {"edits": keys[:taken]}, "UnprocessedKeys": left}


def test_keys_left_over_are_asked_for_again() -> None:
    table = DynamoTable(Sparing(3), "edits", sleep=lambda seconds: None)

    assert set(table.get_many(["a", "b", "c"])) == {"a", "b", "c"}


def test_keys_left_over_for_good_are_an_outage() -> None:
    keys = [str(number) for number in range(WRITE_TRIES + 1)]

    with pytest.raises(Unavailable):
        DynamoTable(Sparing(99), "edits", sleep=lambda seconds: None).get_many(keys)


@pytest.mark.parametrize(
    ("before", "limit", "found"),
    [
        (None, 100, ["12", "11", "10"]),
        (None, 2, ["12", "11"]),
        ("12", 100, ["11", "10"]),
        ("12", 1, ["11"]),
        ("105", 100, ["10"]),
        ("10", 100, []),
    ],
)
def test_an_index_gives_the_newest_first(
    table: Table, before: str | None, limit: int, found: list[str]
) -> None:
    for day, at in (("mon", "10"), ("mon", "12"), ("mon", "11"), ("tue", "13")):
        table.write(Change(key=f"{day}#{at}", set={"day": day, "at": at, "other": 1}))
    table.write(Change(key="unlisted", set={"day": "mon"}))
    table.write(Change(key="finished", set={"day": "mon", "at": "12"}))
    table.write(Change(key="finished", set={"at": None}))

    asked = Newest(index="by-time", hash=("day", "mon"), range="at", before=before, limit=limit)

    assert table.newest(asked) == [{"pk": f"mon#{at}", "day": "mon", "at": at} for at in found]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["10", "11", "12"]),
        ({"limit": 2}, ["10", "11"]),
        ({"since": "11"}, ["11", "12"]),
        ({"since": "10", "before": "12"}, ["10", "11"]),
        ({"since": "10", "before": "12", "limit": 1}, ["10"]),
        ({"since": "10", "before": "12", "oldest_first": False, "limit": 1}, ["11"]),
        ({"since": "12", "before": "12"}, []),
    ],
)
def test_an_index_gives_the_oldest_first_between_two_bounds(
    table: Table, asked: dict[str, Any], found: list[str]
) -> None:
    for at in ("10", "12", "11"):
        table.write(Change(key=f"mon#{at}", set={"day": "mon", "at": at}))

    of_monday: dict[str, Any] = {
        "index": "by-time",
        "hash": ("day", "mon"),
        "range": "at",
        "oldest_first": True,
    }

    assert [it["at"] for it in table.newest(Newest(**of_monday | asked))] == found
