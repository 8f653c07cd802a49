"""The table in memory, made quick: an item is read into Python values once for each version, and
the index by line is kept sorted.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from retake.aws.dynamodb import First
from retake.aws.dynamodb_values import from_item
from retake.records.keys import IN_LINE

from virtual.memory_table import MemoryTable

Item = dict[str, Any]


class QuickTable(MemoryTable):
    """Says what MemoryTable says. Whoever writes an item puts a new object in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.items: Indexed = Indexed()
        self._known: dict[str, tuple[Item, Item]] = {}

    def put_back(self, items: Mapping[str, Item]) -> None:
        """Be as it was when these were all the items."""
        self.items = Indexed()
        self.items.update(items)

    def get(self, key: str) -> Item | None:
        item = self.items.get(key)
        if item is None:
            return None
        known = self._known.get(key)
        if known is None or known[0] is not item:
            known = (item, from_item(item))
            self._known[key] = known
        return dict(known[1])

    def first(self, asked: First) -> list[Item]:
        if asked.index != IN_LINE:
            return super().first(asked)
        entries = self.items.by_line[asked.hash[1]]
        start = 0 if asked.after is None else bisect_right(entries, (asked.after, "\uffff"))
        found = entries[start : start + asked.limit]
        return [{"pk": pk, "line": asked.hash[1], "line_place": place} for place, pk in found]


class Indexed(dict[str, Item]):
    """Items by key, and of those that have a `line` their places in it, sorted."""

    def __init__(self) -> None:
        super().__init__()
        self.by_line: dict[str, list[tuple[str, str]]] = defaultdict(list)

    def __setitem__(self, key: str, item: Item) -> None:
        was, now = _entry(key, self.get(key, {})), _entry(key, item)
        super().__setitem__(key, item)
        if was == now:
            return
        if was is not None:
            places = self.by_line[was[0]]
            del places[bisect_left(places, was[1])]
        if now is not None:
            insort(self.by_line[now[0]], now[1])

    def update(self, written: Mapping[str, Item]) -> None:  # type: ignore[override]  # as the table calls it
        for key, item in written.items():
            self[key] = item


def _entry(key: str, item: Item) -> tuple[str, tuple[str, str]] | None:
    if "line" not in item or "line_place" not in item:
        return None
    return item["line"]["S"], (item["line_place"]["S"], key)
