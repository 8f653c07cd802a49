"""GET /edits: newest first, filtered, a page at a time, and bounded."""

from collections.abc import Iterator
from typing import Any

import pytest
from retake.api import list_edits as listing

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
