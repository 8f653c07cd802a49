"""What people and programs are told of a batch, when the last of its edits has ended."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from retake.domain.billing import sum_told
from retake.domain.edit import Edit
from retake.domain.phases import OF_STATUS, PHASES
from retake.domain.plain_text import one_line, quoted, unlinked
from retake.domain.vocabulary import Status
from retake.presentation.messages import name_of, notification, place_of, subject_about
from retake.records.batches import Batch

BATCH_SCHEMA = "retake.batch/1"
ROW_CHARS = 300  # of the sentence of one edit in a mail
# In the order in which people want to hear of them.
_ENDS = (Status.SUCCEEDED, Status.FAILED, Status.REJECTED, Status.CANCELLED)
_WORDS = {status: PHASES[OF_STATUS[status]].word for status in _ENDS}


def totals(edits: Sequence[Edit]) -> dict[str, float]:
    """What edits cost together, in US dollars; what is not known of any of them is left out."""
    sums: dict[str, float] = {}
    for name in ("quoted_usd", "billed_usd", "at_risk_usd"):
        known = [each for each in (getattr(edit, name) for edit in edits) if each is not None]
        if known:
            sums[name] = round(sum(known), 4)
    return sums


def message_about_batch(batch: Batch, edits: Sequence[Edit]) -> dict[str, Any]:
    """The message for machines. `edits` are those of the batch that are still on record."""
    some = edits[0]
    facts = {
        "schema": BATCH_SCHEMA,
        "notification_id": f"{batch.batch_id}.ended",
        "batch_id": batch.batch_id,
        "counts": {**_counts(edits), "total": len(batch.edit_ids)},
        "cost": totals(edits),
        "upload": some.upload.to_mapping() if some.upload else None,
        "source": next((edit.source.to_mapping() for edit in edits if edit.source), None),
        "tags": list(some.tags),
        "reference": some.reference,
        "edits": [_row(edit) for edit in edits],
        "created_at": batch.created_at,
        "finished_at": max(edit.finished_at or "" for edit in edits),
    }
    return {name: value for name, value in facts.items() if value not in (None, {}, [])}


def notification_for_batch(batch: Batch, edits: Sequence[Edit]) -> dict[str, Any]:
    """What is published. It has no `status` to filter by, so that policies which name one let no
    batch through."""
    name = name_of(edits[0])
    count = len(batch.edit_ids)
    said = ", ".join(f"{number} {_WORDS[Status(word)]}" for word, number in _counts(edits).items())
    return notification(
        message_about_batch(batch, edits),
        _text(f"{count} edits of {quoted(name)}: {said}.", batch, edits),
        subject=subject_about(f"{count} edits of {name.rpartition('/')[2]}"[:60] + ":", said),
        attributes={"kind": "batch"},
    )


def _counts(edits: Sequence[Edit]) -> Mapping[str, int]:
    found = Counter(edit.status for edit in edits)
    return {status.value: found[status] for status in _WORDS if found[status]}


def _row(edit: Edit) -> dict[str, Any]:
    row = {
        "index": edit.batch_index,
        "edit_id": edit.edit_id,
        "status": edit.status,
        "reason": edit.reason,
        "model": edit.model,
        "billed_usd": edit.billed_usd,
        "at_risk_usd": edit.at_risk_usd,
        "result": {"bucket": edit.result.bucket, "key": edit.result.key} if edit.result else None,
    }
    return {name: value for name, value in row.items() if value is not None}


def _text(head: str, batch: Batch, edits: Sequence[Edit]) -> str:
    lines = [head, ""]
    for edit in edits:
        number = (edit.batch_index or 0) + 1
        where = place_of(edit.result) if edit.result else None
        what = where or unlinked(one_line(edit.message or edit.edit_id, ROW_CHARS))
        lines.append(f"{number:>2}. {_WORDS[edit.status]}: {what}")
    cost = totals(edits)
    lines += ["", f"Cost:      {sum_told(cost.get('billed_usd'), cost.get('at_risk_usd'))}"]
    lines.append(f"Batch:     {batch.batch_id}")
    return "\n".join(lines)
