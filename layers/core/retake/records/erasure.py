"""What stays of an edit that is erased: enough to account for it and to know its upload again."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from retake.aws.dynamodb import ConditionFailed, Table
from retake.aws.dynamodb_changes import ABSENT, Change
from retake.domain.edit import Edit
from retake.domain.errors import LostRace
from retake.domain.stored import timestamp
from retake.domain.vocabulary import OPEN
from retake.records.keys import edit_key, open_shard
from retake.records.transitions import TransitionWriter

# Every other field goes, also one that somebody adds one day. The id is a digest of the upload, so
# the same upload announced again finds the tombstone and starts nothing.
KEPT = frozenset(
    {"edit_id", "status", "reason", "version", "expires_at", "created_at", "updated_at"}
    # What was bought from whom, when, and what it cost: for the accounts.
    | {"operation", "model", "provider", "key_name", "quoted_usd", "billed_usd", "at_risk_usd"}
    | {"quoted_seconds", "charges", "approval", "caller"}
    | {"attempt", "validated_at", "submit_started_at", "submitted_at", "saving_at", "finished_at"}
    # What it belongs to, and that it was told of.
    | {
        "retry_of",
        "reused_from",
        "batch_id",
        "batch_index",
        "parent_id",
        "inbox_bucket",
        "folder",
        "notification_id",
        "notified_at",
    }
    | {"restarts", "erase_asked_at", "erased_at", "erasure"}
)


MOST_HELD_UP = 100  # by one edit, that it knows of; the sweep finds the others


class Erasure:
    """How a closed record becomes one."""

    def __init__(self, table: Table, writer: TransitionWriter) -> None:
        self._table = table
        self._writer = writer

    def ask(self, edit: Edit) -> Edit:
        """Somebody wants it erased. Raises LostRace.

        It joins the index of open edits until that is done, so that the sweep finds what nobody
        finishes.
        """
        if edit.erase_asked_at is not None:
            return edit
        return self._writer.change(
            "ask_erasure",
            edit,
            index={"open_shard": open_shard(edit)},
            erase_asked_at=timestamp(self._writer.now()),
        )

    def hold(self, edit: Edit, holder: Edit) -> Edit:
        """Another edit, that is still open, holds the erasure up: each is told of the other.

        The holder's version is left alone, so that no step under way there loses its write. Raises
        LostRace when it has ended meanwhile, or holds up one more by now.
        """
        if edit.edit_id not in holder.holds_up:
            told = (*holder.holds_up, edit.edit_id)[-MOST_HELD_UP:]
            where = {"status": tuple(sorted(OPEN)), "holds_up": list(holder.holds_up) or ABSENT}
            flag = Change(key=edit_key(holder.edit_id), set={"holds_up": list(told)}, where=where)
            try:
                self._table.write(flag)
            except ConditionFailed:
                raise LostRace(f"{holder.edit_id} has moved on since it was read.") from None
        if edit.erase_waits_for == holder.edit_id:
            return edit
        return self._writer.change("hold_erasure", edit, erase_waits_for=holder.edit_id)

    def carry_out(self, edit: Edit, receipt: Sequence[Mapping[str, Any]]) -> Edit:
        """Everything it spoke of is gone or accounted for in the receipt. Raises LostRace."""
        gone = {f.name: None for f in fields(Edit) if f.name not in KEPT}
        return self._writer.change(
            "erase",
            edit,
            index={"open_shard": None},
            **gone,
            inbox_bucket=edit.bucket,
            erased_at=timestamp(self._writer.now()),
            erasure=tuple(receipt),
        )
