"""A result that comes late: fetched for an edit that had ended without one, with no new bill."""

from dataclasses import replace

from retake.domain.edit import Edit, Result
from retake.domain.errors import LostRace, Unavailable
from retake.domain.stored import required, timestamp
from retake.domain.vocabulary import Status
from retake.providers.base import Provider, task_of
from retake.providers.contract import Verdict
from retake.records.recovery import is_recoverable
from retake.records.store import Records
from retake.steps.reconcile import lost_task
from retake.steps.save_result import BadResult, FinalResult, ResultSaver

# What ends a recovery: the provider says that there is no result, or never was a task.
NOTHING_THERE = frozenset({Verdict.FAILED, Verdict.MODERATION, Verdict.LOST, Verdict.GONE})


def recovered(
    edit: Edit, *, records: Records, saver: ResultSaver, error: str | None = None
) -> Edit:
    """The edit with its result, or as it ended when there is none to be had.

    Raises Unavailable while the provider still works on it or cannot be asked; the workflow comes
    again. `error` names what ended the tries before: then it stays as it ended.
    """
    if error is not None:
        return _given_up(edit, records)
    adapter = saver.provider(edit.provider or "")
    found = _with_task(edit, adapter, records)
    if found is None:
        return _given_up(edit, records)
    report = adapter.poll(task_of(found))
    if report.verdict in NOTHING_THERE:
        return _given_up(edit, records)
    if report.verdict is not Verdict.SUCCEEDED:
        raise Unavailable(f"{edit.provider} has no result yet ({report.verdict}).")
    now = records.now()
    try:
        kept = saver.kept(found, now=now.timestamp())
    except FinalResult:
        return _given_up(edit, records)
    except BadResult as refusal:
        raise Unavailable(str(refusal)) from None
    kept = saver.beside.made(found, kept, timestamp(now))
    try:
        return records.recovery.deliver(
            edit,
            task_id=required(found.provider_task_id),
            result=kept.result,
            warnings=kept.warnings,
            details=kept.details,
        )
    except LostRace:
        return _overtaken(edit, records, saver, kept.result)


def _with_task(edit: Edit, adapter: Provider, records: Records) -> Edit | None:
    if edit.provider_task_id is not None:
        return edit
    task = lost_task(edit, adapter)
    if task is None or records.is_taken(edit, task.task_id):
        return None
    return replace(edit, provider_task_id=task.task_id, provider_urls=task.urls)


def _given_up(edit: Edit, records: Records) -> Edit:
    try:
        return records.recovery.give_up(edit)
    except LostRace:
        return records.get(edit.edit_id)


def _overtaken(edit: Edit, records: Records, saver: ResultSaver, made: Result) -> Edit:
    """Another run has recovered it, or somebody had it erased while the result came."""
    edit = records.get(edit.edit_id)
    if is_recoverable(edit):
        raise Unavailable("The record changed while its result came.")
    if edit.status is not Status.SUCCEEDED:
        for key in sorted(made.media_keys):
            saver.storage.delete(saver.bucket, key)
    return edit
