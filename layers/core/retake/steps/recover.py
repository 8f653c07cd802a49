"""A result that comes late: fetched for an edit that had ended without one, with no new bill.

One odd answer ends no recovery either: what may be an accident has to be said again and again, for
the stack's whole patience. What came of it in the end stands in the record's details.
"""

from dataclasses import replace
from typing import Any, NoReturn

from retake.catalog.models import MODELS
from retake.domain.edit import Edit, Result
from retake.domain.errors import LostRace, Misconfigured, Unavailable
from retake.domain.stored import moment, required, timestamp
from retake.domain.trouble import Trouble, met
from retake.domain.vocabulary import Status
from retake.providers.base import Provider, task_of
from retake.providers.contract import Report, Verdict
from retake.records.recovery import is_recoverable
from retake.records.store import Records
from retake.steps.answers import (
    LOST,
    NO_KEY,
    NO_LINK,
    QUESTION_REFUSED,
    RESULT_GONE,
    UNNAMED,
    trouble_in,
)
from retake.steps.reconcile import lost_task
from retake.steps.save_result import UNFETCHED, UNPLAYABLE, BadResult, FinalResult, ResultSaver

# How a provider says that there is no result, or never was a task; none of it counts at once.
NOTHING_THERE = frozenset(
    {*(LOST, NO_LINK, QUESTION_REFUSED, RESULT_GONE, UNNAMED), Verdict.FAILED, Verdict.MODERATION}
)
TRIES = 3  # at least, within the stack's patience
NO_TASK = "no task of it is known"


def recovered(
    edit: Edit, *, records: Records, saver: ResultSaver, error: str | None = None
) -> Edit:
    """The edit with its result, or as it ended when there is none to be had, with what was found.

    Raises Unavailable while the provider still works on it, cannot be asked, or may have answered
    oddly; the workflow comes again. `error` names what ended the tries before: then it stays as it
    ended.
    """
    before = _trouble_of(edit)
    if error is not None:
        last = f"; last came: {before.sentence}" if before else ""
        return _given_up(edit, records, f"It was looked for in vain for hours ({error}){last}.")
    try:
        adapter = saver.provider(edit.provider_key)
        found = _with_task(edit, adapter)
        report = adapter.poll(task_of(found)) if found is not None else None
    except Misconfigured as failure:
        no_key = met(before, NO_KEY, str(failure), now=records.now())
        _wait_out(edit, records, no_key, str(failure))
    if found is None or report is None:
        if edit.called_back_task_id is None and not MODELS[edit.model or ""].lists:
            return _given_up(edit, records, f"At {edit.provider} {NO_TASK}.")
        return _not_there(edit, records, saver, met(before, LOST, NO_TASK, now=records.now()))
    task_id = required(found.provider_task_id)
    if edit.provider_task_id is None and records.is_taken(edit, task_id):
        return _given_up(edit, records, f"{edit.provider}'s task {task_id} is another edit's.")
    if report.verdict is Verdict.SUCCEEDED and report.video_url is not None:
        return _fetched(edit, found, records, saver)
    trouble = trouble_in(report, before, now=records.now())
    if trouble is None:
        return _without_trouble(edit, records, report)
    return _not_there(edit, records, saver, trouble)


def _trouble_of(edit: Edit) -> Trouble | None:
    """What this recovery has met so far. What the edit met before it ended does not count."""
    began, asked = edit.trouble and edit.trouble.began, edit.recovery_asked_at
    return edit.trouble if began and asked and moment(began) >= moment(asked) else None


def _without_trouble(edit: Edit, records: Records, report: Report) -> Edit:
    if report.verdict is Verdict.RUNNING:
        _wait_out(edit, records, None, f"{edit.provider} still works on it.")
    said = report.detail or "no reason"
    return _given_up(edit, records, f"{edit.provider} says that it failed: {said}.")


def _not_there(edit: Edit, records: Records, saver: ResultSaver, trouble: Trouble) -> Edit:
    is_patient = trouble.seconds(records.now()) >= saver.patience_seconds
    if trouble.kind in NOTHING_THERE and trouble.count >= TRIES and is_patient:
        why = f"{edit.provider} answered {trouble.sentence}, {trouble.count} times since "
        return _given_up(edit, records, f"{why}{trouble.since}.")
    _wait_out(edit, records, trouble, f"{edit.provider} has no result yet ({trouble.kind}).")


def _fetched(edit: Edit, found: Edit, records: Records, saver: ResultSaver) -> Edit:
    now = records.now()
    before = _trouble_of(edit)
    is_last_try = saver.is_last_try(before, now)
    try:
        kept = saver.kept(found, now=now.timestamp(), is_last_try=is_last_try)
    except BadResult as refusal:
        if isinstance(refusal, FinalResult) or is_last_try:
            return _given_up(edit, records, str(refusal), **saver.left_behind(found))
        _wait_out(edit, records, met(before, UNPLAYABLE, str(refusal), now=now), str(refusal))
    except Unavailable as failure:
        _wait_out(edit, records, met(before, UNFETCHED, str(failure), now=now), str(failure))
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


def _with_task(edit: Edit, adapter: Provider) -> Edit | None:
    if edit.provider_task_id is not None:
        return edit
    task = lost_task(edit, adapter)
    if task is None:
        return None
    return replace(edit, provider_task_id=task.task_id, provider_urls=task.urls)


def _wait_out(edit: Edit, records: Records, trouble: Trouble | None, why: str) -> NoReturn:
    """Put what is wrong on record; the workflow comes again, for hours. Raises Unavailable."""
    try:
        if trouble != edit.trouble:
            records.recovery.note(edit, trouble)
    except LostRace:
        pass  # another run has noted more, or has it
    raise Unavailable(why)


def _given_up(edit: Edit, records: Records, why: str, **details: Any) -> Edit:
    try:
        return records.recovery.give_up(edit, why, **details)
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
