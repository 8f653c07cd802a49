"""From one upload to a batch: the other edits are made, and started like every other."""

from collections.abc import Callable, Sequence
from typing import Any

from retake.edits import Edit, Request, Source
from retake.errors import Refused
from retake.parts import written
from retake.records import Records, rejection
from retake.steps.intake import message_of


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
    return records.spread(edit, told, source=source, **facts)


def start_others(first: Edit, *, records: Records, enqueue: Callable[[str], None]) -> None:
    """Queue all but the first; queued twice, each still starts once. Raises Unavailable."""
    for edit_id in records.batch(written(first.batch_id)).edit_ids[1:]:
        enqueue(message_of(edit_id))
