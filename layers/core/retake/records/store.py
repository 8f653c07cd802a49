"""The record of each edit and the only ways it may change.

Every change is a named transition: the statuses it may leave, the status it enters, and the
condition that guards it, written once in retake.records.transitions. A write also
demands the version that was read, so two workers can never both win. Nothing but an erasure and
a result that comes late leaves a terminal status.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from retake.aws.dynamodb import Change, ConditionFailed, Table
from retake.domain.billing import may_be_billed, risk_usd
from retake.domain.edit import Conclusion, Edit, Result
from retake.domain.errors import LostRace, Refused, RetakeError
from retake.domain.source import Source
from retake.domain.stored import timestamp
from retake.domain.trouble import Trouble
from retake.domain.vocabulary import Reason, Status
from retake.records.batches import Batches
from retake.records.erasure import Erasure
from retake.records.films import Films
from retake.records.keys import edit_key
from retake.records.queries import EditQueries
from retake.records.recovery import Recovery, first_look, may_be_late
from retake.records.transitions import STOPPABLE, TransitionWriter


class TaskTaken(RetakeError):
    """The provider's task id belongs to another edit already."""


class Records(EditQueries):
    """The records of all edits as they are found, and every way to change one."""

    def __init__(
        self,
        table: Table,
        *,
        record_days: int = 90,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(table, now=now)
        self._writer = TransitionWriter(table, now=now, record_days=record_days)
        self.batches = Batches(table, self, self._writer)
        self.erasure = Erasure(self._writer)
        self.films = Films(table, self, self._writer)
        self.recovery = Recovery(table, self._writer)

    def receive(self, edit_id: str, upload: Source | None, **facts: Any) -> tuple[Edit, bool]:
        """The record of an upload or request, made if it is the first; and whether it was."""
        edit, opening = self._writer.opening(edit_id, upload, **facts)
        try:
            self._table.write(opening)
        except ConditionFailed:
            return self.get(edit_id), False
        return edit, True

    def plan_fit(self, edit: Edit, **facts: Any) -> Edit:
        """What will be edited is known, and that it must be repaired before; `Fit` does it."""
        return self._writer.change("plan_fit", edit, fit_planned_at=timestamp(self.now()), **facts)

    def validated(self, edit: Edit, **facts: Any) -> Edit:
        """What will be edited and what it will cost are known."""
        return self._writer.change("validated", edit, validated_at=timestamp(self.now()), **facts)

    def note_sidecar(self, edit: Edit, version_id: str) -> Edit:
        """Settings lie beside the clip. Raises LostRace once it is decided what is asked of it."""
        if edit.is_decided:
            raise LostRace
        return self._writer.change("note_sidecar", edit, sidecar_version_id=version_id)

    def begin_submit(
        self, edit: Edit, *, deadline: timedelta, mark: str = "", listens: bool = False
    ) -> Edit:
        """The intent to submit, on record before any byte leaves. Raises LostRace."""
        if edit.conclusion is not None:
            raise LostRace
        now = self.now()
        return self._writer.change(
            "begin_submit",
            edit,
            attempt=edit.attempt + 1,
            attempt_id=uuid.uuid4().hex,
            attempt_mark=mark or None,
            trouble=None,
            submit_started_at=timestamp(now),
            submit_not_before=None,
            parked_reason=None,
            listens=listens,
            deadline_at=timestamp(now + deadline),
            work_seconds=round(deadline.total_seconds()),
        )

    def not_accepted(self, edit: Edit, why: str, *, wait_seconds: int, **facts: Any) -> Edit:
        """This attempt was certainly not accepted; another may be made after the wait."""
        tried = {"attempt": edit.attempt, "model": edit.model, "ended": why}
        return self._writer.change(
            "not_accepted",
            edit,
            trouble=None,
            attempts=(*edit.attempts, tried),
            submit_not_before=timestamp(self.now() + timedelta(seconds=wait_seconds)),
            **facts,
        )

    def accept(self, edit: Edit, task_id: str, urls: Mapping[str, str]) -> Edit:
        """The provider took the attempt under this id. Raises TaskTaken, LostRace."""
        try:
            return self._writer.change(
                "accept",
                edit,
                self._writer.claim(edit, task_id),
                provider_task_id=task_id,
                provider_urls=dict(urls),
                submitted_at=timestamp(self.now()),
            )
        except LostRace:
            if self.is_taken(edit, task_id):
                raise TaskTaken(f"Task {task_id} belongs to another edit.") from None
            raise

    def park(self, edit: Edit, why: Reason, *, wait_seconds: int) -> Edit:
        """Not offered to the provider before the wait is over; `parked_since` keeps the first."""
        now = self.now()
        return self._writer.change(
            "park",
            edit,
            trouble=None,
            parked_reason=why,
            parked_since=edit.parked_since or timestamp(now),
            submit_not_before=timestamp(now + timedelta(seconds=wait_seconds)),
        )

    def try_again(self, edit: Edit) -> Edit:
        """One more attempt of an uncertain submit, where the deployment chose that risk."""
        tried = {"attempt": edit.attempt, "model": edit.model, "ended": Status.UNCERTAIN}
        return self._writer.change(
            "try_again", edit, attempts=(*edit.attempts, tried), called_back_task_id=None
        )

    def restart(self, edit: Edit) -> Edit:
        """A new execution will go on with an edit whose own has died."""
        return self._writer.change("restart", edit, restarts=edit.restarts + 1)

    def mark_notified(self, edit_id: str) -> None:
        """The message about a closed edit is out; it leaves the index of open ones."""
        told = {"notified_at": timestamp(self.now()), "open_shard": None}
        self._table.write(Change(key=edit_key(edit_id), set=told, where={"pk": edit_key(edit_id)}))

    def mark_uncertain(self, edit: Edit, trouble: Trouble | None = None) -> Edit:
        """Nobody knows whether the provider took the attempt; it is never sent again.

        `trouble` is what was answered, if anything was.
        """
        facts: dict[str, Any] = {} if trouble is None else {"trouble": trouble}
        return self._writer.change("mark_uncertain", edit, **facts)

    def record_poll(self, edit: Edit, **facts: Any) -> Edit:
        """What a poll saw; the callbacks known when it began are answered by it."""
        return self._writer.change(
            "record_poll", edit, polls=edit.polls + 1, polled_seq=edit.callback_seq, **facts
        )

    def note_callback(self, edit: Edit, task_id: str) -> Edit:
        """A proven callback came; the edit as it is then, with the token of a state that waits.

        Written first and read back afterwards: either the state stored its token before the
        flag, then it is found here, or it comes after the flag, then its own condition fails.
        The version is left alone, so that no step under way loses its write. It depends on
        nothing of the record: whoever may write may also name, and who takes these calls may
        name no attempt and no status, lest a paid attempt be made another time. So the flag says
        which attempt it is about. Raises LostRace.
        """
        flag = {"called_back_task_id": task_id, "called_back_attempt": edit.attempt}
        return self._flag(edit, flag, where={"pk": edit_key(edit.edit_id)})

    def _flag(self, edit: Edit, facts: Mapping[str, Any], where: Mapping[str, Any]) -> Edit:
        flag = Change(
            key=edit_key(edit.edit_id),
            set=facts,
            # Counted in the store: of two who come at once, one written over the other's number
            # would look like a call that a poll has answered already.
            add={"callback_seq": 1},
            where=where,
        )
        try:
            self._table.write(flag)
        except ConditionFailed:
            raise LostRace(f"{edit.edit_id} has moved on since it was read.") from None
        return self.get(edit.edit_id)

    def ask_to_cancel(self, edit: Edit) -> str | None:
        """Somebody wants a submitted edit stopped; the token of the waiting state, if one waits.

        Like a callback it only raises a flag, for the next poll to act on. Raises LostRace.
        """
        asked = {"cancel_asked_at": timestamp(self.now())}
        where = {"attempt": edit.attempt, "status": tuple(sorted(STOPPABLE))}
        return self._flag(edit, asked, where).wake_token

    def conclude(self, edit: Edit, conclusion: Conclusion, **facts: Any) -> Edit:
        """How the edit will end is decided; Persist carries it out. The first decision holds."""
        if edit.must_be_concluded:
            return edit
        return self._writer.change("conclude", edit, conclusion=conclusion, **facts)

    def begin_save(self, edit: Edit) -> Edit:
        """The copy of a finished result begins, or begins again after a crash."""
        return self._writer.change(
            "begin_save",
            edit,
            saving_at=edit.saving_at or timestamp(self.now()),
            save_tries=edit.save_tries + 1,
        )

    def note_trouble(self, edit: Edit, trouble: Trouble) -> Edit:
        """Something keeps the edit from going on, and is waited out."""
        return self._writer.change("note_trouble", edit, trouble=trouble)

    def close(
        self,
        edit: Edit,
        conclusion: Conclusion,
        *,
        result: Result | None = None,
        warnings: tuple[str, ...] = (),
    ) -> Edit:
        """The one way to a terminal status. Raises LostRace when another writer was first.

        `warnings` join those that are there.
        """
        at_risk = conclusion.at_risk and may_be_billed(edit)
        late = may_be_late(edit, conclusion)
        return self._writer.change(
            "close",
            edit,
            *((first_look(edit, self.now()),) if late else ()),
            status=conclusion.status,
            conclusion=conclusion,
            reason=conclusion.reason,
            message=conclusion.message,
            details=dict(conclusion.details) or None,
            result=result,
            warnings=(*edit.warnings, *(each for each in warnings if each not in edit.warnings)),
            parked_reason=None,
            wake_token=None,
            source_url=None,
            billed_usd=_billed(edit, conclusion, at_risk),
            at_risk_usd=risk_usd(edit) if at_risk and edit.quoted_usd is not None else None,
            trouble=edit.trouble if conclusion.status is not Status.SUCCEEDED else None,
            progress_percent=100 if result is not None else edit.progress_percent,
            finished_at=timestamp(self.now()),
            notification_id=f"{edit.edit_id}.{conclusion.status.lower()}",
        )


def _billed(edit: Edit, conclusion: Conclusion, at_risk: bool) -> float | None:
    if edit.film is not None:
        return edit.spent_usd or 0.0
    if conclusion.status is Status.SUCCEEDED:
        return edit.quoted_usd
    return None if at_risk else 0.0


def rejection(refusal: Refused) -> Conclusion:
    """A refusal as the end of an edit: nothing was sent."""
    return Conclusion(
        status=Status.REJECTED,
        reason=refusal.reason,
        message=str(refusal),
        details=refusal.details(),
    )


def failed(reason: Reason, message: str, **more: Any) -> Conclusion:
    """An edit that was sent, or should have been, and did not succeed."""
    return Conclusion(status=Status.FAILED, reason=reason, message=message, **more)
