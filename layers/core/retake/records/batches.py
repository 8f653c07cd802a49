"""Batches: several edits of one clip that were asked for at once.

Each is an edit like every other, with its own record, bill and message. What ties them together is
one item that names them in order, notes which have ended, and says who tells that all have.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from retake.aws.dynamodb import ConditionFailed, Table
from retake.aws.dynamodb_changes import ABSENT, Change
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import RetakeError
from retake.domain.request import Request
from retake.domain.source import edit_id_for
from retake.domain.stored import Part, Readers, timestamp
from retake.domain.values import dataclass
from retake.records.keys import batch_key
from retake.records.lists import Lists
from retake.records.queries import EditQueries
from retake.records.transitions import TransitionWriter

BATCH_ID = r"b-[0-9a-z]{20}"
MAX_EDITS = 20
_ENDED = "ended_"  # and the place of the edit in its batch

# What one edit of a batch shall do, or why it is refused by itself.
Entry = Request | Conclusion


class UnknownBatch(RetakeError):
    """No batch has this id."""


def batch_id_of(first_id: str) -> str:
    """The id of the batch that an edit is the first of."""
    return "b-" + first_id.removeprefix("e-")


def first_id_of(edit: Edit) -> str:
    """The id of the first edit of an edit's batch; its own where it belongs to none."""
    return edit.edit_id if edit.batch_id is None else "e-" + edit.batch_id.removeprefix("b-")


def variation_id(first_id: str, index: int) -> str:
    """The id of an edit of a batch by its place, always the same."""
    return edit_id_for(first_id, "variation", str(index)) if index else first_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Part):
    """The edits of a batch in order, and the places of those that have ended.

    `teller` is the edit whose worker tells that all have ended: it is told once, and by one that
    the sweep comes back to until it was.
    """

    readers: ClassVar[Readers] = {"edit_ids": tuple, "ended": frozenset}

    batch_id: str
    created_at: str
    edit_ids: tuple[str, ...]
    expires_at: int | None = None
    ended: frozenset[int] = frozenset()
    teller: str | None = None
    notified_at: str | None = None

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Batch":
        marks = [name.removeprefix(_ENDED) for name in item if name.startswith(_ENDED)]
        return cls.from_mapping({**item, "ended": [int(mark) for mark in marks]})

    @property
    def has_ended(self) -> bool:
        return len(self.ended) == len(self.edit_ids)


class Batches:
    """How batches come to be, and to their end."""

    def __init__(
        self, table: Table, queries: EditQueries, writer: TransitionWriter, lists: Lists
    ) -> None:
        self._lists = lists
        self._table = table
        self._queries = queries
        self._writer = writer

    def spread(self, first: Edit, entries: Sequence[Entry], **facts: Any) -> Edit:
        """An upload becomes the first edit of a batch, the others are made beside it.

        `entries` has one for each edit, the upload's own first; `facts` hold for all. It is one
        write: either all of them are on record, or none. Raises LostRace.
        """
        shared = {
            "inbox_bucket": first.inbox_bucket,
            "tags": first.tags,
            "reference": first.reference,
            "webhook_url": first.webhook_url,
            **facts,
        }
        items = [
            self._writer.opening(variation_id(first.edit_id, index), first.upload, **each)[1]
            for index, each in enumerate(_placed(first.edit_id, entries, shared))
            if index
        ]
        own = _placed(first.edit_id, entries[:1], facts)[0]
        batch = self._batch(first.edit_id, len(entries))
        return self._writer.change("spread", first, batch, *items, **own)

    def receive(self, first_id: str, each: Sequence[Mapping[str, Any]]) -> tuple[Edit, bool]:
        """The first record of a batch that was asked for at once, and whether it is new.

        `each` holds what is known of every edit; all are made in one write, or none.
        """
        made = [
            self._writer.opening(
                variation_id(first_id, index),
                None,
                **facts,
                batch_id=batch_id_of(first_id),
                batch_index=index,
            )
            for index, facts in enumerate(each)
        ]
        self._lists.enter_clip(made[0][0])  # of the first; it leads to the others
        try:
            self._table.write(self._batch(first_id, len(each)), *(change for _, change in made))
        except ConditionFailed:
            return self._queries.get(first_id), False
        return made[0][0], True

    def get(self, batch_id: str) -> Batch:
        """Read consistently; raises UnknownBatch."""
        item = self._table.get(batch_key(batch_id))
        if item is None:
            raise UnknownBatch(f"There is no batch {batch_id}.")
        return Batch.from_item(item)

    def note_end(self, edit: Edit, batch_id: str) -> Batch:
        """The batch, once it is noted in it that this edit has ended. Raises UnknownBatch.

        Written first and read afterwards, so that of several who end at the same moment at least
        the last one sees them all.
        """
        mark = Change(
            key=batch_key(batch_id),
            set={f"{_ENDED}{edit.batch_index}": True},
            where={"pk": batch_key(batch_id)},
        )
        try:
            self._table.write(mark)
        except ConditionFailed:
            raise UnknownBatch(f"There is no batch {batch_id}.") from None
        return self.get(batch_id)

    def claim_telling(self, edit: Edit, batch: Batch) -> bool:
        """Whether this edit's worker is the one who tells of the batch; the first who asks is."""
        if batch.teller is None:
            claim = Change(
                key=batch_key(batch.batch_id),
                set={"teller": edit.edit_id},
                where={"teller": ABSENT, "pk": batch_key(batch.batch_id)},
            )
            try:
                self._table.write(claim)
            except ConditionFailed:
                # Of this very write the answer may have been lost, and the store asked again.
                batch = self.get(batch.batch_id)
            else:
                return True
        return batch.teller == edit.edit_id and batch.notified_at is None

    def mark_notified(self, batch_id: str) -> None:
        """The message about the batch is out."""
        told = {"notified_at": timestamp(self._writer.now())}
        key = batch_key(batch_id)
        self._table.write(Change(key=key, set=told, where={"pk": key}))

    def _batch(self, first_id: str, count: int) -> Change:
        batch = Batch(
            batch_id=batch_id_of(first_id),
            created_at=timestamp(self._writer.now()),
            edit_ids=tuple(variation_id(first_id, index) for index in range(count)),
            expires_at=self._writer.expiry(),
        )
        item = batch.to_mapping()
        del item["ended"]
        return Change(key=batch_key(batch.batch_id), set=item, where={"pk": ABSENT})


def _placed(
    first_id: str, entries: Sequence[Entry], shared: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What the record of each edit says of its entry and place."""
    return [
        {
            **shared,
            "request" if isinstance(entry, Request) else "conclusion": entry,
            "batch_id": batch_id_of(first_id),
            "batch_index": index,
        }
        for index, entry in enumerate(entries)
    ]
