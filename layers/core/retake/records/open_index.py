"""The index of open edits: what the sweep looks at, and when it has looked.

Its range is when the sweep last had something to do with an edit, and not when the edit last
changed: what moves an index is billed twice. So an edit enters it when it is made, moves in it when
the sweep looks, and leaves it when its message is out, however often it is asked about meanwhile.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from retake.aws.dynamodb import ConditionFailed, Newest, Table
from retake.aws.dynamodb_changes import Change
from retake.domain.stored import timestamp
from retake.records import keys

MOST = 10_000


class OpenIndex:
    """Edits that are not finished or not told of, those first that were not looked at longest."""

    def __init__(self, table: Table, now: Callable[[], datetime]) -> None:
        self._table = table
        self._now = now

    def due(self, *, before: datetime, limit: int) -> list[str]:
        """Ids of those that nobody has looked at since, at most `limit`."""
        found = [
            (str(item["updated_at"]), keys.edit_id_in(str(item["pk"])))
            for number in range(keys.OPEN_SHARDS)
            for item in self._first(keys.shard(number), before, limit)
        ]
        return [edit_id for _, edit_id in sorted(found)[:limit]]

    def ids(self) -> list[str]:
        """Of all, in an order that no look changes; of more than MOST those that wait longest."""
        return sorted(self.due(before=self._now() + timedelta(days=1), limit=MOST))

    def note_look(self, edit_id: str) -> None:
        """The sweep looks at an edit now; those that it has not looked at come first from here on.

        Noted before the look, so that what cannot be helped, however much of it there is, keeps
        nobody from being looked at. The version is left alone: no step loses its write by it.
        """
        self._move(keys.edit_key(edit_id), self._now())

    def late(self, *, limit: int) -> list[str]:
        """Ids of the edits whose late result is to be looked for now, the oldest first."""
        now = self._now() + timedelta(milliseconds=1)  # what is due now is among those before it
        due = self._first(keys.LATE_SHARD, now, limit)
        return [keys.edit_id_in(str(item["pk"])) for item in due]

    def put_off_late(self, edit_id: str, until: datetime) -> None:
        """A late result is looked for again then, if the look now comes to nothing."""
        self._move(keys.late_key(edit_id), until)

    def _first(self, part: str, before: datetime, limit: int) -> list[dict[str, Any]]:
        return self._table.newest(
            Newest(
                index=keys.OPEN_EDITS,
                hash=("open_shard", part),
                range="updated_at",
                before=timestamp(before),
                oldest_first=True,
                limit=limit,
            )
        )

    def _move(self, key: str, to: datetime) -> None:
        moved = Change(key=key, set={"updated_at": timestamp(to)}, where={"pk": key})
        try:
            self._table.write(moved)
        except ConditionFailed:
            return  # the record has expired
