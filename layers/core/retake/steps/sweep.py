"""What the workflow cannot do for itself: go on with edits whose execution died, tell what was
not told, start uploads whose event never came, and see erasures through.

Each run does a bounded amount of work and may be repeated or run twice at once: it only restarts
steps that are safe to enter again, and closes records under the same conditions as everybody.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from retake.aws.s3 import InboxObject
from retake.domain.billing import billing, may_be_billed
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import LostRace, RetakeError
from retake.domain.hold import Hold
from retake.domain.source import Source, clip_of, is_material, upload_id
from retake.domain.vocabulary import Reason, Status
from retake.presentation.messages import notification_for
from retake.records.keys import OPEN_SHARDS
from retake.records.queries import UnknownEdit
from retake.records.recovery import MAX_RECOVERIES, is_recoverable
from retake.records.store import Records, failed
from retake.steps.batching import Publish, end_in_batch, publish_or_less
from retake.steps.begin import take_in
from retake.steps.pieces import stop_pieces
from retake.steps.sidecars import SidecarMatcher, attach, is_accounted_for

STALE = timedelta(minutes=15)  # longer than any wait between two writes of a healthy edit
SHARD_EDITS = 20  # per shard and run, and as many of the older ones
MAX_RESTARTS = 3
PAGES = 2  # of the inbox, per run
UPLOADS = 50  # looked up at once, each with the clip that it may belong to
RECENT = timedelta(days=2)


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
    uploads: Callable[[str | None], tuple[list[InboxObject], str | None]]
    sidecar_matcher: SidecarMatcher
    erase: Callable[[str], None]
    prefix: str = ""
    hold: Hold | None = None

    def run(self) -> Counter[str]:
        """One periodic run; what was done, counted. One edit's trouble does not stop the rest."""
        done: Counter[str] = Counter()
        before = self.records.now() - STALE
        for shard in range(OPEN_SHARDS):
            for edit_id in self.records.next_stale(shard, before=before, limit=SHARD_EDITS):
                done[self._safely(edit_id, self._mend)] += 1
        for edit_id in self.records.recovery.due(limit=SHARD_EDITS):
            done[self._safely(edit_id, self._look_again)] += 1
        done.update(self._missed_uploads(before))
        return done

    def after(self, edit_id: str) -> str:
        """An execution has just ended badly; what was done about its edit."""
        return self._safely(edit_id, self._mend)

    def _safely(self, edit_id: str, do: Callable[[Edit], str]) -> str:
        try:
            return do(self.records.get(edit_id))
        except UnknownEdit:
            return "unknown"
        except LostRace:
            return "raced"
        except RetakeError as error:
            return f"put off ({type(error).__name__})"

    def _mend(self, edit: Edit) -> str:
        if edit.erase_asked_at is not None and edit.erased_at is None:
            self.erase(edit.edit_id)
            return "asked to erase"
        standing = self.workflow.standing(execution_name(edit))
        if standing in (Execution.RUNNING, Execution.PENDING_REDRIVE):
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

    def _look_again(self, edit: Edit) -> str:
        """An edit that ended without its result: an execution fetches it, if it is there now."""
        if not is_recoverable(edit) or edit.recoveries >= MAX_RECOVERIES:
            self.records.recovery.drop(edit.edit_id)
            return "let go"
        edit = self.records.recovery.begin(edit)
        self.workflow.start(edit.edit_id, f"{edit.edit_id}.late{edit.recoveries}")
        return "looked again"

    def _close(self, edit: Edit, conclusion: Conclusion) -> str:
        closed = self.records.close(edit, edit.conclusion or conclusion)
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
        end_in_batch(edit, records=self.records, publish=self.publish)
        stop_pieces(edit, records=self.records)
        if edit.notified_at is None and edit.parent_id is None:
            publish_or_less(notification_for(edit), self.publish)
        self.records.mark_notified(edit.edit_id)
        return "told"

    def _missed_uploads(self, before: datetime) -> Counter[str]:
        done: Counter[str] = Counter()
        place = self.records.sweep_place()
        for _ in range(PAGES):
            dropped, place = self.uploads(place)
            done.update(self._start_missed(dropped, before))
            self.records.move_sweep(place)
            if place is None:
                break
        return done

    def _start_missed(self, dropped: Iterable[InboxObject], before: datetime) -> Iterable[str]:
        oldest = self.records.now() - RECENT
        current = {each.source.key: each.source for each in dropped}
        due = [
            each.source
            for each in dropped
            if oldest < each.at < before
            and not is_material(each.source, self.prefix)
            and not (self.hold and self.hold.covers(each.at))
        ]
        for start in range(0, len(due), UPLOADS):
            uploads = due[start : start + UPLOADS]
            clips = {each.key: current.get(clip_of(each.key) or "") for each in uploads}
            ids = {upload_id(each) for each in (*uploads, *clips.values()) if each}
            known = self.records.get_many(sorted(ids))
            for upload in uploads:
                clip = clips[upload.key]
                edit = known.get(upload_id(clip)) if clip else None
                is_used = edit is not None and is_accounted_for(upload, edit)
                if not is_used and upload_id(upload) not in known:
                    yield from self._start(upload)

    def _start(self, upload: Source) -> Iterable[str]:
        if upload.is_sidecar:
            # Older than settings ever wait for their clip, so that they are not put back.
            age = STALE.total_seconds()
            is_new = False
            with suppress(LostRace):  # the next run finds it again
                taken = attach(
                    upload, age_seconds=age, sidecar_matcher=self.sidecar_matcher, put_back=_never
                )
                is_new = taken.is_new
        else:
            is_new = take_in(upload, self.sidecar_matcher)[1]
        if is_new:
            yield "started"


def _never(seconds: int) -> None:
    raise AssertionError("Settings wait for their clip no longer than an edit may rest.")


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
