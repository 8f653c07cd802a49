"""The end of a batch: told once, by the worker that closes its last edit."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from retake.batch_messages import notification_for_batch
from retake.batches import Batch, UnknownBatch
from retake.edits import Edit
from retake.records import Records
from retake.register import UnknownEdit

Publish = Callable[[Mapping[str, Any]], None]


def end_in_batch(edit: Edit, *, records: Records, publish: Publish) -> bool:
    """Note that a closed edit has ended, and tell of its batch if it was the last one.

    Whether this call told of it. Whoever tells of an edit comes here first: an edit stays in the
    index of open ones until it was told of, so the sweep comes here where a worker died on the
    way. Nothing is read for an edit that belongs to no batch. Raises Unavailable.
    """
    if edit.batch_id is None:
        return False
    try:
        batch = records.end_in_batch(edit, edit.batch_id)
        if not batch.has_ended or not records.tells_of_batch(edit, batch):
            return False
    except UnknownBatch:  # kept as long as its edits, it may be forgotten a little sooner
        return False
    publish(notification_for_batch(batch, _edits_of(batch, records)))
    records.told_of_batch(batch.batch_id)
    return True


def _edits_of(batch: Batch, records: Records) -> list[Edit]:
    """Those still on record, read consistently: the last ones were closed a moment ago."""
    edits = []
    for edit_id in batch.edit_ids:
        with suppress(UnknownEdit):
            edits.append(records.get(edit_id))
    return edits
