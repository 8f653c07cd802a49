"""Batches: an upload that becomes several edits, and their end, which is told once."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from retake.domain.conclusions import rejection
from retake.domain.edit import Edit
from retake.domain.errors import Refused, RetakeError, Unpublishable
from retake.domain.request import Request
from retake.domain.source import Source
from retake.domain.stored import required
from retake.presentation.batch_messages import notification_for_batch
from retake.presentation.messages import shortened
from retake.records.batches import Batch, UnknownBatch
from retake.records.queries import UnknownEdit
from retake.records.store import Records
from retake.steps.intake import message_of

Publish = Callable[[Mapping[str, Any]], None]


def hand_on(edit: Edit, erase: Callable[[str], None]) -> None:
    """An edit has ended: the erasures that waited for it go on. What fails here the sweep finds.

    Nothing is read for it: none may begin to wait between the last reading and the end.
    """
    with suppress(RetakeError):
        for waiting in edit.holds_up:
            erase(waiting)


def publish_or_less(notification: Mapping[str, Any], publish: Publish) -> None:
    """Publish it, or the short form of what the topic will never take. Raises Unavailable.

    If that is never taken either nobody can be told more; asking for ever would only keep others
    from being told.
    """
    try:
        publish(notification)
    except Unpublishable:
        with suppress(Unpublishable):
            publish(shortened(notification))


def end_in_batch(edit: Edit, *, records: Records, publish: Publish) -> bool:
    """Note that a closed edit has ended, and tell of its batch if it was the last one.

    Whether this call told of it. Whoever tells of an edit comes here first: an edit stays in the
    index of open ones until it was told of, so the sweep comes here where a worker died on the
    way. Nothing is read for an edit that belongs to no batch. Raises Unavailable.
    """
    if edit.batch_id is None:
        return False
    try:
        batch = records.batches.note_end(edit, edit.batch_id)
        if not batch.has_ended or not records.batches.claim_telling(edit, batch):
            return False
    except UnknownBatch:  # kept as long as its edits, it may be forgotten a little sooner
        return False
    publish_or_less(notification_for_batch(batch, _edits_of(batch, records)), publish)
    records.batches.mark_notified(batch.batch_id)
    return True


def _edits_of(batch: Batch, records: Records) -> list[Edit]:
    """Those still on record, read consistently: the last ones were closed a moment ago."""
    edits = []
    for edit_id in batch.edit_ids:
        with suppress(UnknownEdit):
            edits.append(records.get(edit_id))
    return edits


def spread(
    edit: Edit,
    entries: Sequence[Request | Refused],
    *,
    source: Source | None,
    records: Records,
    **facts: Any,
) -> Edit:
    """The first edit of the batch that these entries make, all of them on record.

    One that is refused is concluded as it is made, so that its execution only closes it. Raises
    LostRace, Unavailable.
    """
    told = [rejection(each) if isinstance(each, Refused) else each for each in entries]
    return records.batches.spread(edit, told, source=source, **facts)


def start_others(first: Edit, *, records: Records, enqueue: Callable[[str], None]) -> None:
    """Queue all but the first; queued twice, each still starts once. Raises Unavailable."""
    for edit_id in records.batches.get(required(first.batch_id)).edit_ids[1:]:
        enqueue(message_of(edit_id))
