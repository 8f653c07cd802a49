"""Finding records: one, several, those of a day."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from retake.aws.dynamodb import BATCH_KEYS, Newest, Table
from retake.domain.edit import Edit
from retake.domain.errors import RetakeError
from retake.records import keys
from retake.records.keys import edit_key, task_key
from retake.records.reading import Report, UnreadableRecord, edit_of


class UnknownEdit(RetakeError):
    """No record has this edit id."""


class EditQueries:
    """The records of all edits as they are found, over any Table."""

    def __init__(
        self,
        table: Table,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        report: Report = lambda about, error: None,
    ) -> None:
        self._table = table
        self._report = report
        self._ahead: dict[str, dict[str, Any] | None] = {}
        self.now = now

    def get(self, edit_id: str) -> Edit:
        """Read consistently; raises UnknownEdit, UnreadableRecord."""
        stored = self.item(edit_key(edit_id))
        if stored is None:
            raise UnknownEdit(f"There is no edit {edit_id}.")
        return edit_of(stored)

    def get_to_submit(self, edit_id: str, provider: str | None) -> Edit:
        """As `get`; where the provider is known, what Submit needs of it is read in the same
        request, and is what `item` says when it is asked for it the first time."""
        self._ahead = {}
        if provider:
            wanted = (edit_key(edit_id), keys.slots_key(provider), keys.callbacks_key(provider))
            found = self._table.get_many(wanted, is_consistent=True)
            self._ahead = {key: found.get(key) for key in wanted}
        return self.get(edit_id)

    def item(self, key: str) -> dict[str, Any] | None:
        """An item of the table as it is stored, read consistently."""
        return self._ahead.pop(key) if key in self._ahead else self._table.get(key)

    def get_many(self, edit_ids: Sequence[str]) -> dict[str, Edit]:
        """Those that there are, by id. One that cannot be read is reported and left out."""
        wanted = [edit_key(each) for each in edit_ids]
        edits: dict[str, Edit] = {}
        for stored in self._some(wanted):
            try:
                edit = edit_of(stored)
            except UnreadableRecord as error:
                self._report(error.key, error)
            else:
                edits[edit.edit_id] = edit
        return edits

    def _some(self, wanted: Sequence[str]) -> Iterator[dict[str, Any]]:
        # A film may have two hundred pieces, and more edits were made for it.
        for start in range(0, len(wanted), BATCH_KEYS):
            yield from self._table.get_many(wanted[start : start + BATCH_KEYS]).values()

    def there(self, edit_ids: Sequence[str]) -> set[str]:
        """Of which of them there is a record, readable or not."""
        found = self._table.get_many([edit_key(each) for each in edit_ids])
        return {keys.edit_id_in(key) for key in found}

    def is_taken(self, edit: Edit, task_id: str) -> bool:
        """Whether a task of the edit's provider is known to be another edit's."""
        owner = self._table.get(task_key(edit, task_id))
        return owner is not None and owner["edit_id"] != edit.edit_id

    def listed(
        self, name: str, *, before: str | None = None, since: str | None = None, limit: int
    ) -> list[str]:
        """The listing keys `<created_at>#<edit_id>` of a day or another list, newest first: those
        below one and from another on."""
        if before is not None and since is not None and since >= before:
            return []  # nothing lies there, and DynamoDB takes no such question
        found = self._table.newest(
            Newest(
                index=keys.EDITS_BY_TIME,
                hash=("listing_day", name),
                range="listing_key",
                before=before,
                since=since,
                limit=limit,
            )
        )
        return [str(item["listing_key"]) for item in found]
