"""The table in memory, made quick: an item is read into Python values once for each version."""

from typing import Any

from retake.aws.dynamodb_values import from_item

from tests.support.fakes import MemoryTable

Item = dict[str, Any]


class QuickTable(MemoryTable):
    """Says what MemoryTable says. Whoever writes an item puts a new object in its place."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, tuple[Item, Item]] = {}

    def get(self, key: str) -> Item | None:
        item = self.items.get(key)
        if item is None:
            return None
        known = self._known.get(key)
        if known is None or known[0] is not item:
            known = (item, from_item(item))
            self._known[key] = known
        return dict(known[1])
