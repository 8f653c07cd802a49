"""GET /edits: newest first, filtered, a page at a time, and bounded."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from retake.api import list_edits as listing
from retake.domain.conclusions import failed
from retake.domain.edit import Edit
from retake.domain.stored import timestamp
from retake.domain.vocabulary import Reason
from retake.records.lists import DEPLOYING

from tests.retake.api.api_client import Reception


def pages(reception: Reception, query: str) -> Iterator[dict[str, Any]]:
    said = reception.call("GET", f"/edits?{query}")
    while True:
        assert said.status == 200
        yield said.json
        cursor = said.json.get("next_cursor")
        if cursor is None:
            return
        said = reception.call("GET", f"/edits?{query}&cursor={cursor}")


def started(reception: Reception, count: int, *, hours: float = 5, **fields: Any) -> list[str]:
    """So many edits over many days; newest first."""
    ids = []
    for _ in range(count):
        ids.append(reception.start(**fields)["edit_id"])
        reception.scene.clock.advance(hours * 3600)
    return ids[::-1]


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_all_edits_come_once_and_newest_first(reception: Reception, limit: int) -> None:
    ids = started(reception, 23)

    found = [each["edit_id"] for p in pages(reception, f"limit={limit}") for each in p["edits"]]

    assert found == ids


def test_a_day_fuller_than_a_chunk_is_walked_to_its_end(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "CHUNK", 4)
    monkeypatch.setattr(listing, "READ_PER_PAGE", 8)
    ids = started(reception, 30, hours=0.1)

    found = [each["edit_id"] for p in pages(reception, "limit=5") for each in p["edits"]]

    assert found == ids


@pytest.mark.parametrize(
    ("query", "expected"),
    [("tag=b", 3), ("model=fal/kling-o1-edit", 4), ("status=RECEIVED", 7), ("status=FAILED", 0)],
)
def test_a_filter_leaves_what_fits(reception: Reception, query: str, expected: int) -> None:
    started(reception, 3, tags=["a", "b"])
    started(reception, 4, model="fal/kling-o1-edit")

    found = [each for page in pages(reception, f"limit=2&{query}") for each in page["edits"]]

    assert len(found) == expected


def test_a_page_reads_only_so_much_and_says_where_to_go_on(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "READ_PER_PAGE", 10)
    monkeypatch.setattr(listing, "CHUNK", 5)
    started(reception, 1, tags=["rare"])
    started(reception, 40, hours=0.1)

    found = list(pages(reception, "tag=rare"))

    assert len(found) > 3
    assert found[0]["edits"] == []
    assert [len(page["edits"]) for page in found].count(1) == 1


def test_a_cursor_holds_while_new_edits_come(reception: Reception) -> None:
    ids = started(reception, 6)
    first = reception.call("GET", "/edits?limit=3").json
    started(reception, 3)

    second = reception.call("GET", f"/edits?limit=3&cursor={first['next_cursor']}").json

    assert [each["edit_id"] for each in second["edits"]] == ids[3:]


@pytest.mark.parametrize(
    "cursor", ["x", "", "MjAyNi0wMS0yOQ", "%F0%9F%92%A5", "A" * 199, "OTk5OS05OS05OXw", "../.."]
)
def test_what_is_no_cursor_is_refused(reception: Reception, cursor: str) -> None:
    said = reception.call("GET", f"/edits?cursor={cursor}")

    assert (said.status, said.code) == (400, "INVALID_CURSOR")


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "status=DONE", "cursor=" + "A" * 201, "tag=" + "x" * 65],
)
def test_a_parameter_outside_its_limits_is_refused_by_name(
    reception: Reception, query: str
) -> None:
    said = reception.call("GET", f"/edits?{query}")

    assert (said.status, said.code) == (422, "INVALID_PARAMETER")
    assert said.json["field"] == query.partition("=")[0]


def test_records_that_have_expired_leave_no_hole(reception: Reception) -> None:
    ids = started(reception, 5)
    reception.scene.table.items.pop(f"edit#{ids[2]}")

    found = [each["edit_id"] for page in pages(reception, "limit=2") for each in page["edits"]]

    assert found == [*ids[:2], *ids[3:]]


def in_lists(reception: Reception) -> None:
    """The stack has run this version for a while."""
    reception.scene.records.lists.note_alive()
    reception.scene.clock.advance(DEPLOYING.total_seconds() + 1)


def validated(reception: Reception, edit_id: str) -> Edit:
    records = reception.scene.records
    edit = records.get(edit_id)
    records.lists.enter(edit)
    return records.validated(edit)


@pytest.mark.parametrize(
    ("query", "fields"),
    [("tag=rare", {"tags": ["rare"]}), ("model=fal/kling-o1-edit", {"model": "fal/kling-o1-edit"})],
)
def test_a_rare_filter_reads_what_it_returns(
    reception: Reception, query: str, fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_lists(reception)
    rare = [validated(reception, each).edit_id for each in started(reception, 2, **fields)]
    started(reception, 60, hours=0.1)
    read: list[str] = []
    get_many = reception.scene.table.get_many

    def noted(keys: list[str]) -> Any:
        read.extend(keys)
        return get_many(keys)

    monkeypatch.setattr(reception.scene.table, "get_many", noted)

    said = reception.call("GET", f"/edits?{query}&limit=2").json

    assert [each["edit_id"] for each in said["edits"]] == rare
    assert len(read) == 2


def test_edits_that_ended_badly_have_a_list_and_those_before_it_are_walked_to(
    reception: Reception,
) -> None:
    records = reception.scene.records
    older = started(reception, 2)
    for edit_id in older:  # by a version that makes no entries
        records.close(records.get(edit_id), failed(Reason.INTERNAL_ERROR, "x"))
    in_lists(reception)
    newer = started(reception, 3)
    for edit_id in newer:
        records.lists.enter_ended(
            records.close(records.get(edit_id), failed(Reason.INTERNAL_ERROR, "x"))
        )
    started(reception, 20, hours=0.1)

    found = [each for page in pages(reception, "status=FAILED&limit=2") for each in page["edits"]]

    assert [each["edit_id"] for each in found] == [*newer, *older]


def test_a_version_that_ran_meanwhile_and_made_no_entries_leaves_no_hole(
    reception: Reception,
) -> None:
    records = reception.scene.records
    in_lists(reception)
    records.lists.note_alive()
    (rolled_back,) = started(reception, 1)
    records.close(records.get(rolled_back), failed(Reason.INTERNAL_ERROR, "x"))
    reception.scene.clock.advance(2 * 3600)
    in_lists(reception)

    found = [each for page in pages(reception, "status=FAILED") for each in page["edits"]]

    assert [each["edit_id"] for each in found] == [rolled_back]


def test_open_edits_are_found_by_their_index(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = started(reception, 7)
    records = reception.scene.records
    for edit_id in ids[:2]:
        records.close(records.get(edit_id), failed(Reason.INTERNAL_ERROR, "x"))
        records.mark_notified(edit_id)
    monkeypatch.setattr(records, "listed", None)  # no list is read

    found = [each for page in pages(reception, "status=RECEIVED&limit=2") for each in page["edits"]]

    assert sorted(each["edit_id"] for each in found) == sorted(ids[2:])


@pytest.mark.parametrize("filtered", ["", "&tag=t", "&status=RECEIVED"])
def test_a_range_of_dates_leaves_what_was_asked_for_in_it(
    reception: Reception, filtered: str
) -> None:
    in_lists(reception)
    ids = started(reception, 10, hours=24, tags=["t"])
    for each in ids:
        validated(reception, each)
    began = reception.scene.clock.now() - timedelta(days=10)
    since, until = (timestamp(began + timedelta(days=days)) for days in (2, 5))

    found = [
        each
        for page in pages(reception, f"since={since}&until={until}{filtered}")
        for each in page["edits"]
    ]

    assert {each["edit_id"] for each in found} == set(ids[5:8])


def test_an_edit_that_cannot_be_read_leaves_the_others_in_the_list(reception: Reception) -> None:
    ids = started(reception, 4)
    poison = {"status": {"S": "DREAMING"}}, {"upload": {"S": "no"}}
    for edit_id, each in zip(ids, poison, strict=False):
        reception.scene.table.items[f"edit#{edit_id}"].update(each)

    said = reception.call("GET", "/edits").json

    assert [each["edit_id"] for each in said["edits"]] == [ids[0], *ids[2:]]
    assert said["edits"][0]["status"] == "DREAMING"


def test_an_erased_edit_is_in_no_list_of_a_tag(reception: Reception) -> None:
    in_lists(reception)
    (edit_id,) = started(reception, 1, tags=["secret"])
    edit = validated(reception, edit_id)

    reception.scene.records.lists.forget(edit)

    assert "secret" not in str(
        {k: v for k, v in reception.scene.table.items.items() if k.startswith("list#")}
    )
