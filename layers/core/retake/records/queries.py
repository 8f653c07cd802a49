"""Finding records: one, several, those of a day, those that nobody has touched for a while."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from retake.aws.dynamodb import Change, Newest, Table
from retake.domain.edit import Edit
from retake.domain.errors import RetakeError
from retake.domain.stored import timestamp
from retake.records import keys
from retake.records.keys import edit_key, task_key


class UnknownEdit(RetakeError):
    """No record has this edit id."""


class EditQueries:
    """The records of all edits as they are found, over any Table."""

    def __init__(
        self, table: Table, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._table = table
        self.now = now

    def get(self, edit_id: str) -> Edit:
        """Read consistently; raises UnknownEdit."""
        stored = self._table.get(edit_key(edit_id))
        if stored is None:
            raise UnknownEdit(f"There is no edit {edit_id}.")
        return Edit.from_mapping(stored)

    def get_many(self, edit_ids: Sequence[str]) -> dict[str, Edit]:
        """Those that there are, by id."""
        found = self._table.get_many([edit_key(each) for each in edit_ids])
        edits = [Edit.from_mapping(stored) for stored in found.values()]
        return {edit.edit_id: edit for edit in edits}

    def is_taken(self, edit: Edit, task_id: str) -> bool:
        """Whether a task of the edit's provider is known to be another edit's."""
        owner = self._table.get(task_key(edit, task_id))
        return owner is not None and owner["edit_id"] != edit.edit_id

    def listed(self, day: str, *, before: str | None = None, limit: int) -> list[str]:
        """The listing keys `<created_at>#<edit_id>` of a day, newest first, those below one."""
        found = self._table.newest(
            Newest(
                index=keys.EDITS_BY_TIME,
                hash=("listing_day", day),
                range="listing_key",
                before=before,
                limit=limit,
            )
        )
        return [str(item["listing_key"]) for item in found]

    def sweep_place(self) -> str | None:
        """How far the sweep has come in the inbox; None at its beginning."""
        stored = self._table.get(keys.SWEEP_KEY)
        return stored.get("place") if stored else None

    def move_sweep(self, place: str | None) -> None:
        self._table.write(Change(key=keys.SWEEP_KEY, set={"place": place}))

    def next_stale(self, shard: int, *, before: datetime, limit: int) -> list[str]:
        """The newest of `stale`, and as many of the older ones as where the last call stopped.

        So edits that cannot be helped, however many, hide none behind them.
        """
        newest = self._stale(shard, timestamp(before), limit)
        if len(newest) < limit:
            return [edit_id for edit_id, _ in newest]
        mark = f"older_{shard}"
        last = newest[-1][1]
        place = min((self._table.get(keys.SWEEP_KEY) or {}).get(mark) or last, last)
        older = self._stale(shard, place, limit)
        went_on = older[-1][1] if len(older) == limit else None  # None: from the newest on again
        self._table.write(Change(key=keys.SWEEP_KEY, set={mark: went_on}))
        return [edit_id for edit_id, _ in (*newest, *older)]

    def stale(self, shard: int, *, before: datetime, limit: int) -> list[str]:
        """Ids of edits of one shard of the open index that nobody has touched since `before`."""
        return [edit_id for edit_id, _ in self._stale(shard, timestamp(before), limit)]

    def _stale(self, shard: int, before: str, limit: int) -> list[tuple[str, str]]:
        found = self._table.newest(
            Newest(
                index=keys.OPEN_EDITS,
                hash=("open_shard", keys.shard(shard)),
                range="updated_at",
                before=before,
                limit=limit,
            )
        )
        return [(keys.edit_id_in(str(it["pk"])), str(it["updated_at"])) for it in found]
