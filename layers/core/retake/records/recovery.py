"""Late results: an edit that ended without one may still get it, for the bill that it has already.

Whoever hears of one asks for a recovery; the sweep begins it, and looks once by itself at every
edit that ended in a way after which a result may come. One small item beside the record says when.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from retake.aws.dynamodb import Change, Newest, Table
from retake.domain.billing import may_be_billed
from retake.domain.edit import Conclusion, Edit, Result
from retake.domain.errors import LostRace
from retake.domain.stored import timestamp
from retake.domain.trouble import Trouble
from retake.domain.vocabulary import Reason, Status
from retake.records.keys import LATE_SHARD, OPEN_EDITS, edit_id_in, late_key, open_shard
from retake.records.transitions import TransitionWriter

# How an edit ends whose job may yet bring, or have brought, a result.
LATE_REASONS = frozenset(
    {
        Reason.TIMED_OUT,
        Reason.TASK_LOST,
        Reason.STORAGE_ERROR,
        Reason.BAD_RESULT,
        Reason.SUBMIT_UNCERTAIN,
        Reason.INTERNAL_ERROR,
    }
)
LOOK_AFTER_SECONDS = 1800  # from the end of an edit to the one look that nobody asked for
AGAIN_SECONDS = 6 * 3600  # longer than a recovery is tried: then it has died, and is begun anew
MAX_RECOVERIES = 20  # of one edit; each is an execution


def is_recoverable(edit: Edit) -> bool:
    """Whether somebody may ask for the result of an edit that ended without one."""
    is_without = edit.status in (Status.FAILED, Status.CANCELLED) and edit.result is None
    return is_without and may_be_billed(edit) and edit.erase_asked_at is None


def may_be_late(edit: Edit, end: Conclusion) -> bool:
    """Whether an edit that ends so is looked at once more by itself."""
    is_open = end.reason in LATE_REASONS or end.is_doubted
    return end.status is Status.FAILED and is_open and may_be_billed(edit)


def look_due(edit: Edit, at: datetime) -> Change:
    """The write that makes the sweep look for the edit's result at a time."""
    due = {"open_shard": LATE_SHARD, "updated_at": timestamp(at), "expires_at": edit.expires_at}
    return Change(key=late_key(edit.edit_id), set=due)


def first_look(edit: Edit, now: datetime) -> Change:
    """The look that nobody asked for, while the provider still keeps the result."""
    # Every function imports the records; few need the catalog when they start.
    from retake.catalog.models import MODELS

    model = MODELS.get(edit.model or "")
    kept_seconds = (model.result_seconds if model else None) or 2 * LOOK_AFTER_SECONDS
    return look_due(edit, now + timedelta(seconds=min(LOOK_AFTER_SECONDS, kept_seconds / 2)))


class Recovery:
    """How an edit that failed gets its result after all."""

    def __init__(self, table: Table, writer: TransitionWriter) -> None:
        self._table = table
        self._writer = writer

    def ask(self, edit: Edit) -> Edit:
        """Somebody asks for the result. Raises LostRace."""
        if not is_recoverable(edit):
            raise LostRace(f"{edit.edit_id} cannot be recovered.")
        return self._writer.change(
            "ask_recovery",
            edit,
            look_due(edit, self._writer.now()),
            recovery_asked_at=timestamp(self._writer.now()),
        )

    def hear(self, edit: Edit) -> None:
        """A provider calls about an edit that ended without its result: the sweep looks for it. The
        record itself is left alone; who takes the calls may not change how an edit ended."""
        self._table.write(look_due(edit, self._writer.now()))

    def due(self, *, limit: int) -> list[str]:
        """Ids of the edits whose result is to be looked for now."""
        asked = Newest(
            index=OPEN_EDITS,
            hash=("open_shard", LATE_SHARD),
            range="updated_at",
            before=timestamp(self._writer.now() + timedelta(milliseconds=1)),
            limit=limit,
        )
        return [edit_id_in(str(item["pk"])) for item in self._table.newest(asked)]

    def begin(self, edit: Edit) -> Edit:
        """An execution will look for the result now; it is begun anew if nothing comes of it."""
        return self._writer.change(
            "begin_recovery",
            edit,
            look_due(edit, self._writer.now() + timedelta(seconds=AGAIN_SECONDS)),
            recoveries=edit.recoveries + 1,
            recovery_asked_at=edit.recovery_asked_at or timestamp(self._writer.now()),
        )

    def deliver(
        self,
        edit: Edit,
        *,
        task_id: str,
        result: Result,
        warnings: tuple[str, ...] = (),
        details: Mapping[str, Any] | None = None,
    ) -> Edit:
        """The result is there after all. Raises LostRace: one writer wins, once."""
        if not is_recoverable(edit):
            raise LostRace(f"{edit.edit_id} cannot be recovered.")
        return self._writer.change(
            "recover",
            edit,
            *(() if edit.provider_task_id else (self._writer.claim(edit, task_id),)),
            Change(key=late_key(edit.edit_id), set={"open_shard": None}),
            # Back among the open ones until it is told of.
            index={"open_shard": open_shard(edit)},
            provider_task_id=task_id,
            reason=None,
            message="The edit is ready; its result came after it had been given up.",
            details=dict(details or {}) or None,
            conclusion=None,
            result=result,
            warnings=(*edit.warnings, *(each for each in warnings if each not in edit.warnings)),
            trouble=None,
            billed_usd=edit.quoted_usd,
            at_risk_usd=None,
            progress_percent=100,
            late=True,
            supersedes=edit.notification_id,
            notification_id=f"{edit.edit_id}.{Status.SUCCEEDED.lower()}",
            finished_at=timestamp(self._writer.now()),
            notified_at=None,
            recovery_asked_at=None,
        )

    def note(self, edit: Edit, trouble: Trouble | None) -> Edit:
        """What keeps the result from being fetched, while that is waited out. Raises LostRace."""
        return self._writer.change("note_recovery", edit, trouble=trouble)

    def give_up(self, edit: Edit, why: str, **details: Any) -> Edit:
        """There is no result to be had now; the edit stays as it ended, and its details say what
        was found. Raises LostRace."""
        forgotten = Change(key=late_key(edit.edit_id), set={"open_shard": None})
        found = {"at": timestamp(self._writer.now()), "found": why, **details}
        return self._writer.change(
            "end_recovery",
            edit,
            forgotten,
            recovery_asked_at=None,
            details={**edit.details, "recovery": found},
        )

    def drop(self, edit_id: str) -> None:
        """Nothing is to be looked for any more."""
        self._table.write(Change(key=late_key(edit_id), set={"open_shard": None}))
