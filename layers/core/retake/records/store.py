"""The record of each edit and the only ways it may change: the named transitions of
retake.records.transitions. Each demands the version that was read: no two workers both win. Nothing
but an erasure and a late result leaves an end."""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from retake.aws.dynamodb import ConditionFailed, Table
from retake.aws.dynamodb_changes import Change
from retake.domain import settlement
from retake.domain.edit import Conclusion, Edit, Result
from retake.domain.errors import LostRace
from retake.domain.periods import IN_UTC, Calendar
from retake.domain.provider_keys import key_name_of
from retake.domain.source import Source
from retake.domain.stored import timestamp
from retake.domain.trouble import Trouble
from retake.domain.vocabulary import Status
from retake.records.approvals import Approvals
from retake.records.batches import Batches
from retake.records.deliveries import Deliveries
from retake.records.equal_edits import EqualEdits
from retake.records.erasure import Erasure
from retake.records.films import Films
from retake.records.inbox_lap import InboxLaps
from retake.records.keys import edit_key
from retake.records.lists import Lists
from retake.records.next_turns import NextTurns
from retake.records.open_index import OpenIndex
from retake.records.places import place_of
from retake.records.queries import EditQueries
from retake.records.reading import Report
from retake.records.recovery import Recovery, first_look, may_be_late
from retake.records.slots import Rooms, Turn, holding
from retake.records.spending import FREELY, Purchase, Spending, charge_of, limits_of
from retake.records.transitions import STOPPABLE, TaskTaken, TransitionWriter


class Records(EditQueries):
    """The records of all edits as they are found, and every way to change one."""

    def __init__(  # noqa: PLR0913  what the stack chose, each for one of the parts below
        self,
        table: Table,
        *,
        record_days: int = 90,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        report: Report = lambda about, error: None,
        usual_model: str = "",
        calendar: Calendar = IN_UTC,
        rooms: Rooms | None = None,
        wake: Callable[[str], object] = lambda token: None,
    ) -> None:
        super().__init__(table, now=now, report=report)
        self._writer = TransitionWriter(table, now=now, record_days=record_days)
        self.lists = Lists(table, now, usual_model)
        self.batches = Batches(table, self, self._writer, self.lists)
        self.erasure = Erasure(table, self._writer)
        self.spending = Spending(table, calendar)
        self.films = Films(table, self, self._writer)
        self.recovery = Recovery(table, self._writer)
        self.open = OpenIndex(table, now)
        self.inbox_laps = InboxLaps(table, now)
        self.approvals = Approvals(self._writer)
        self.line = NextTurns(table, self, self._writer, rooms=rooms or Rooms(), wake=wake)
        self.equal = EqualEdits(table, self, self._writer, self.line)
        self.deliveries = Deliveries(table, self._writer)

    def receive(self, edit_id: str, upload: Source | None, **facts: Any) -> tuple[Edit, bool]:
        """The record of an upload or request, made if it is the first; and whether it was."""
        edit, opening = self._writer.opening(edit_id, upload, **facts)
        self.lists.enter_clip(edit)
        try:
            self._table.write(opening)
        except ConditionFailed:
            return self.get(edit_id), False
        return edit, True

    def enter_lists(self, edit: Edit) -> None:
        """What is asked of it is known: whoever looks for its tags, model or clip finds it."""
        self.lists.enter(edit)
        self.lists.enter_clip(edit)

    def enter_ended(self, edit: Edit) -> None:
        """How it has ended is known, and it is to be told of. No list names a piece."""
        if edit.parent_id is None:
            self.lists.enter_ended(edit)

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
        self,
        edit: Edit,
        *,
        deadline: timedelta,
        mark: str = "",
        listens: bool = False,
        turn: Turn | None = None,
        purchase: Purchase = FREELY,
    ) -> Edit:
        """The intent to submit, on record before any byte leaves, with the slot that it takes and
        the money that it may cost. Without a `turn` it takes one of the provider's default key.

        Raises LostRace; NoRoom when a guard or a cap refuses, and then nothing is written.
        """
        if edit.conclusion is not None:
            raise LostRace
        now, calendar, turn = self.now(), self.spending.calendar, turn or Turn(edit.provider or "")
        key_name = key_name_of(turn.key)
        charge = charge_of(edit, purchase.caps, calendar, now, key_name=key_name)
        return self._writer.change(
            "begin_submit",
            edit,
            *purchase.beside,
            guards=turn.guards,
            limits=limits_of(charge, purchase.caps, calendar, now),
            charges=(*edit.charges, charge),
            attempt=edit.attempt + 1,
            attempt_id=uuid.uuid4().hex,
            attempt_mark=mark or None,
            key_name=key_name,
            trouble=None,
            submit_started_at=timestamp(now),
            submit_not_before=None,
            line=holding(turn.key),
            line_place=edit.line_place or place_of(edit, 0, now),
            line_since=timestamp(now),
            waits_for=None,
            turn_token=None,
            probes=turn.probes,
            listens=listens,
            deadline_at=timestamp(now + deadline),
            work_seconds=round(deadline.total_seconds()),
        )

    def not_accepted(self, edit: Edit, *others: Change, why: str, **facts: Any) -> Edit:
        """This attempt was certainly not accepted; another may be made. Gives its slot back."""
        gone: dict[str, Any] = {"trouble": None, "line": None, "line_since": None, "key_name": None}
        return self._writer.change(
            "not_accepted",
            edit,
            *others,
            **gone
            | {
                "attempts": settlement.with_attempt(edit, why),
                "charges": settlement.without_attempt(edit),
                **facts,
            },
        )

    def accept(self, edit: Edit, task_id: str, urls: Mapping[str, str], *others: Change) -> Edit:
        """The provider took the attempt under this id. Raises TaskTaken, LostRace."""
        try:
            return self._writer.change(
                "accept",
                edit,
                self._writer.claim(edit, task_id),
                *others,
                probes=None,
                provider_task_id=task_id,
                provider_urls=dict(urls),
                submitted_at=timestamp(self.now()),
            )
        except LostRace:
            if self.is_taken(edit, task_id):
                raise TaskTaken(f"Task {task_id} belongs to another edit.") from None
            raise

    def try_again(self, edit: Edit) -> Edit:
        """One more attempt of an uncertain submit, where the deployment chose that risk.

        It keeps its slot: the first one may be running there.
        """
        attempts = (*edit.attempts, settlement.tried_as(edit, Status.UNCERTAIN))
        return self._writer.change("try_again", edit, attempts=attempts, called_back_task_id=None)

    def restart(self, edit: Edit) -> Edit:
        """A new execution will go on with an edit whose own has died."""
        return self._writer.change("restart", edit, restarts=edit.restarts + 1)

    def mark_notified(self, edit_id: str) -> None:
        """The message about a closed edit is out; it leaves the index of open ones."""
        told, key = {"notified_at": timestamp(self.now()), "open_shard": None}, edit_key(edit_id)
        self._table.write(Change(key=key, set=told, where={"pk": key}))

    def mark_uncertain(self, edit: Edit, trouble: Trouble | None = None) -> Edit:
        """Nobody knows whether the provider took the attempt, and it is never sent again; `trouble`
        is what was answered, if anything was."""
        facts = {} if trouble is None else {"trouble": trouble}
        return self._writer.change("mark_uncertain", edit, **facts)

    def record_poll(self, edit: Edit, **facts: Any) -> Edit:
        """What a poll saw; the callbacks known when it began are answered by it."""
        return self._writer.change("record_poll", edit, **_asked(edit), **facts)

    def note_callback(self, edit: Edit, task_id: str) -> None:
        """A proven callback came. Whoever waits is woken afterwards: either the state stored its
        token before the flag, then it is found, or after it, then its own condition fails.
        The version is left alone, so that no step under way loses its write. It depends on nothing
        of the record: whoever may write may also name, and who takes these calls may name no
        attempt and no status, lest one be paid for again. So the flag says which it is about.
        Raises LostRace.
        """
        flag = {"called_back_task_id": task_id, "called_back_attempt": edit.attempt}
        self._flag(edit, flag, where={"pk": edit_key(edit.edit_id)})

    def _flag(self, edit: Edit, facts: Mapping[str, Any], where: Mapping[str, Any]) -> None:
        flag = Change(
            key=edit_key(edit.edit_id),
            set=facts,
            # Counted in the store: of two at once, one over the other would look answered already.
            add={"callback_seq": 1},
            where=where,
        )
        try:
            self._table.write(flag)
        except ConditionFailed:
            raise LostRace(f"{edit.edit_id} has moved on since it was read.") from None

    def ask_to_cancel(self, edit: Edit) -> str | None:
        """Somebody wants a submitted edit stopped; the token of the waiting state, if one waits.

        Like a callback it only raises a flag, for the next poll to act on. Raises LostRace.
        """
        asked = {"cancel_asked_at": timestamp(self.now())}
        where = {"attempt": edit.attempt, "status": tuple(sorted(STOPPABLE))}
        self._flag(edit, asked, where)
        return self.get(edit.edit_id).wake_token

    def conclude(self, edit: Edit, conclusion: Conclusion, **facts: Any) -> Edit:
        """How the edit will end is decided, for Persist to carry out. The first decision holds."""
        if edit.must_be_concluded:
            return edit
        return self._writer.change("conclude", edit, conclusion=conclusion, **facts)

    def begin_save(self, edit: Edit, poll: Mapping[str, Any] | None = None) -> Edit:
        """The copy of a finished result begins, perhaps again; `poll` is what was just asked."""
        since, tries = edit.saving_at or timestamp(self.now()), edit.save_tries + 1
        facts = {} if poll is None else _asked(edit) | dict(poll)
        return self._writer.change("begin_save", edit, saving_at=since, save_tries=tries, **facts)

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
            wake_token=None,
            turn_token=None,
            source_url=None,
            **settlement.at_the_end(edit, conclusion),
            trouble=edit.trouble if conclusion.status is not Status.SUCCEEDED else None,
            progress_percent=100 if result is not None else edit.progress_percent,
            finished_at=timestamp(self.now()),
            notification_id=f"{edit.edit_id}.{conclusion.status.lower()}",
        )


def _asked(edit: Edit) -> dict[str, Any]:
    return {"polls": edit.polls + 1, "polled_seq": edit.callback_seq}
