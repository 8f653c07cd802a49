"""What the workflow cannot do for itself: go on with edits whose execution died, tell what was
not told, start uploads whose event never came, and see erasures through.

Each run does a bounded amount of work and may be repeated or run twice at once: it only restarts
steps that are safe to enter again, and closes records under the same conditions as everybody. Who
was not looked at for longest comes first, and each look is noted: so every edit has its turn, after
as many runs as it takes to look at all that are open.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from retake.domain.billing import billing, may_be_billed
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import LostRace, RetakeError
from retake.domain.stored import moment, required
from retake.domain.values import dataclass
from retake.domain.vocabulary import OPEN, TERMINAL, Reason, Status
from retake.presentation.messages import notification_for
from retake.records.queries import UnknownEdit
from retake.records.reading import Report, UnreadableRecord
from retake.records.recovery import MAX_RECOVERIES, is_recoverable
from retake.records.store import Records
from retake.settings import PROVIDERS
from retake.steps.batching import Publish, end_in_batch, hand_on, publish_or_less
from retake.steps.budget_lines import BudgetLines
from retake.steps.missed_uploads import MissedUploads
from retake.steps.pieces import stop_pieces, with_pieces_bill
from retake.steps.sweep_line import longest_wait, mended_line

STALE = timedelta(minutes=15)  # longer than any wait between two writes of a healthy edit
# In one run, every five minutes. Step Functions takes 10 calls of DescribeExecution a second, and
# 250 at once, in its smallest regions (Developer Guide, "Quotas related to API action throttling").
EDITS = 500
LOOKING = timedelta(minutes=3)  # what is left of a run then belongs to the uploads
LATE_EDITS = 100
MAX_RESTARTS = 3


class Execution(StrEnum):
    """How the latest execution of an edit stands, in Step Functions' words."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"
    PENDING_REDRIVE = "PENDING_REDRIVE"
    NONE = "NONE"


class SweptWorkflow(Protocol):
    """What the sweep needs of the state machine."""

    def standing(self, name: str) -> str: ...

    def start(self, edit_id: str, name: str | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Sweeper:
    """The sweep and what it works with."""

    records: Records
    workflow: SweptWorkflow
    publish: Publish
    missed_uploads: MissedUploads
    erase: Callable[[str], None]
    report: Report
    waiting_for_money: BudgetLines
    announce: Callable[[Edit, str], None]

    def run(self) -> Counter[str]:
        """One periodic run; what was done, counted. One edit's trouble does not stop the rest."""
        done: Counter[str] = Counter()
        self.records.lists.note_alive()
        ends_at = self.records.now() + LOOKING
        for edit_id in self.records.open.due(before=self.records.now() - STALE, limit=EDITS):
            if self.records.now() >= ends_at:
                break
            done[self._safely(edit_id, self._looked_at)] += 1
        for edit_id in self.records.open.late(limit=LATE_EDITS):
            done[self._safely(edit_id, self._look_again)] += 1
        done.update(mended_line(self.records, PROVIDERS, self._mend))
        done.update(longest_wait(self.records, PROVIDERS))
        done.update(self.waiting_for_money.run())
        done.update(self.missed_uploads.run())
        return done

    def after(self, edit_id: str) -> str:
        """An execution has just ended badly; what was done about its edit."""
        return self._safely(edit_id, self._found)

    def _safely(self, edit_id: str, do: Callable[[str], str]) -> str:
        try:
            return do(edit_id)
        except UnknownEdit:
            return "unknown"
        except LostRace:
            return "raced"
        except UnreadableRecord as error:
            self.report(edit_id, error)
            return "unreadable"
        except RetakeError as error:
            return f"put off ({type(error).__name__})"
        except Exception as error:  # of this one edit; those behind it are looked at all the same
            self.report(edit_id, error)
            return "unreadable"

    def _looked_at(self, edit_id: str) -> str:
        self.records.open.note_look(edit_id)
        return self._found(edit_id)

    def _found(self, edit_id: str) -> str:
        return self._mend(self.records.get(edit_id))

    def _mend(self, edit: Edit) -> str:
        if edit.status not in OPEN | TERMINAL:
            return "left to a newer version"
        if edit.erase_asked_at is not None and edit.erased_at is None:
            self.erase(edit.edit_id)
            return "asked to erase"
        standing = self.workflow.standing(execution_name(edit))
        if standing in (Execution.RUNNING, Execution.PENDING_REDRIVE):
            token = edit.turn_token if edit.status is Status.RECEIVED else None
            # It may have been called while it stood in line.
            has_heard = edit.waits_for or (token and self.records.line.remind(token))
            if has_heard or not self._is_left(edit):
                return "left running"
        if edit.is_finished:
            return self._finish(edit)
        # A result that is being saved is done and paid for: it is delivered all the same.
        if standing == Execution.ABORTED and edit.status is not Status.SAVING:
            return self._close(edit, _stopped(edit))
        if edit.restarts >= MAX_RESTARTS:
            return self._close(edit, _given_up(edit, standing))
        if standing == Execution.NONE:
            self.workflow.start(edit.edit_id, execution_name(edit))
            return "started"
        # Every step reads the record first, so a new execution takes up where this one fell.
        edit = self.records.restart(edit)
        self.workflow.start(edit.edit_id, execution_name(edit))
        return "restarted"

    def _is_left(self, edit: Edit) -> bool:
        """Whether it is the turn of an edit that nobody can call, and that does not come by
        itself: its execution has left no token, or one that a late write put in the place of a
        newer one. It would keep its slot for days. Another execution goes on beside it, once: it
        may also be that nothing can be sent now."""
        has_turn = edit.status is Status.RECEIVED and edit.slot is not None
        is_still = self.records.now() - moment(edit.updated_at) > STALE
        comes = edit.waits_for or edit.submit_not_before
        return has_turn and is_still and not comes and edit.restarts == 0

    def _look_again(self, edit_id: str) -> str:
        """An edit that ended without its result: an execution fetches it, if it is there now."""
        self.records.open.put_off_late(edit_id, self.records.now() + STALE)
        edit = self.records.get(edit_id)
        if not is_recoverable(edit) or edit.recoveries >= MAX_RECOVERIES:
            self.records.recovery.drop(edit.edit_id)
            return "let go"
        edit = self.records.recovery.begin(edit)
        self.workflow.start(edit.edit_id, f"{edit.edit_id}.late{edit.recoveries}")
        return "looked again"

    def _close(self, edit: Edit, conclusion: Conclusion) -> str:
        closed = self.records.close(
            *with_pieces_bill(edit, edit.conclusion or conclusion, self.records)
        )
        self._tell(closed)
        return "closed"

    def _finish(self, edit: Edit) -> str:
        """Tell of a closed edit; one with a result by its workflow, which sees to the manifest."""
        name = f"{edit.edit_id}.told"
        if edit.result is None or edit.notified_at is not None:
            return self._tell(edit)
        standing = self.workflow.standing(name)
        if standing == Execution.NONE:
            self.workflow.start(edit.edit_id, name)
            return "restarted"
        return "left running" if standing == Execution.RUNNING else self._tell(edit)

    def _tell(self, edit: Edit) -> str:
        self.records.enter_ended(edit)
        end_in_batch(edit, records=self.records, publish=self.publish)
        stop_pieces(edit, records=self.records)
        if edit.notified_at is None and edit.is_told:
            self.announce(edit, required(edit.notification_id))
            publish_or_less(notification_for(edit), self.publish)
        self.records.mark_notified(edit.edit_id)
        hand_on(edit, self.erase)
        return "told"


def execution_name(edit: Edit) -> str:
    """The name of the edit's latest execution: its id, and after a restart which one."""
    return f"{edit.edit_id}.{edit.restarts}" if edit.restarts else edit.edit_id


def _stopped(edit: Edit) -> Conclusion:
    return Conclusion(
        status=Status.CANCELLED,
        reason=Reason.CANCELLED,
        message=f"The execution was stopped by hand; {billing(edit)}.",
        at_risk=may_be_billed(edit),
    )


def _given_up(edit: Edit, standing: str) -> Conclusion:
    return failed(
        Reason.INTERNAL_ERROR,
        f"The workflow ended {MAX_RESTARTS + 1} times without an answer (last: {standing}); "
        f"{billing(edit)}.",
        at_risk=may_be_billed(edit),
    )
