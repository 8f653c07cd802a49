"""Batches as callers see them: the edits that were asked for at once, and how far they are."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from retake.api.callers import Sight
from retake.api.part_views import View
from retake.api.views import EditView
from retake.domain.edit import Edit
from retake.presentation.batch_messages import totals
from retake.records.batches import BATCH_ID, Batch, UnknownBatch


class StartedView(EditView):
    """An edit that was asked for; of a batch the first, with the ids of all."""

    edit_ids: list[str] | None = Field(
        None, description="Of a batch: its edits in order, this one first"
    )

    @classmethod
    def started(cls, edit: Edit, edit_ids: Sequence[str] | None, now: datetime) -> "StartedView":
        shown = EditView.of(edit, now).model_dump()
        return cls.model_validate({**shown, "edit_ids": edit_ids})


class BatchView(View):
    """Several edits of one clip. Money is US dollars, the sum of what is known of each."""

    batch_id: str = Field(examples=["b-4k2v9q7x0c1m8n3b5d6f"])
    edit_ids: list[str] = Field(description="All of them, in order")
    counts: dict[str, int] = Field(
        description="How many stand where, by status", examples=[{"SUCCEEDED": 2, "RUNNING": 1}]
    )
    quoted_usd: float | None = None
    billed_usd: float | None = None
    at_risk_usd: float | None = None
    created_at: str
    notified_at: str | None = Field(None, description="When the message about all of them was sent")
    edits: list[EditView] = Field(description="Those that are still on record, in order")

    @classmethod
    def of(cls, batch: Batch, edits: Sequence[Edit], now: datetime) -> "BatchView":
        return cls(
            batch_id=batch.batch_id,
            edit_ids=list(batch.edit_ids),
            counts=dict(Counter(edit.status.value for edit in edits)),
            created_at=batch.created_at,
            notified_at=batch.notified_at,
            edits=[EditView.of(edit, now) for edit in edits],
            **totals(edits),
        )


def batch_and_edits(batch_id: str, sight: Sight) -> tuple[Batch, list[Edit]]:
    """A batch with its edits; an impossible id, and one the caller may not see, is as unknown as
    any. Raises UnknownBatch."""
    if not re.fullmatch(BATCH_ID, batch_id):
        raise _no_such_batch(batch_id)
    try:
        batch = sight.records.batches.get(batch_id)
    except UnknownBatch:
        raise _no_such_batch(batch_id) from None
    found = sight.records.get_many(batch.edit_ids)
    if not sight.sees_all(found):
        raise _no_such_batch(batch_id)
    return batch, [found[edit_id] for edit_id in batch.edit_ids if edit_id in found]


def _no_such_batch(batch_id: str) -> UnknownBatch:
    shown = batch_id if re.fullmatch(r"[\w.-]{1,64}", batch_id, re.ASCII) else "of this id"
    return UnknownBatch(f"There is no batch {shown}.")
