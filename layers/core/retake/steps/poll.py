"""Asking the provider how an edit stands, and when to ask again."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from math import ceil
from typing import Any

from retake.domain.conclusions import failed
from retake.domain.edit import Edit
from retake.domain.errors import LostRace, Misconfigured, RetakeError, Unavailable
from retake.domain.stored import moment, required, timestamp
from retake.domain.trouble import Trouble, met
from retake.domain.vocabulary import Reason, Status
from retake.providers.base import Provider, task_of
from retake.providers.contract import Cancellation, Report, Verdict
from retake.records.store import Records
from retake.steps.answers import (
    ALARMING_COUNT,
    NO_KEY,
    STOPPED,
    cancelled,
    conclusion_of,
    facts_of_answer,
    is_result,
    timed_out,
    trouble_in,
)
from retake.steps.bills import with_bill
from retake.steps.cancellation import AGREED, REMOVED, pass_on_cancel
from retake.steps.outcome import Next, Step, closing, waiting
from retake.steps.policy import QUEUE_SECONDS, WaitPolicy, guard_seconds
from retake.steps.reconcile import find_lost_task, still_uncertain

OUTAGE_SECONDS = 4 * 3600  # how long an outage of AWS itself is waited out before a submit
OUTAGE_WAIT_SECONDS = 60
# Functions that are busy or stopped are no outage. Only an older version's workflow comes here.
BUSY = "Lambda.TooManyRequestsException"
BUSY_SECONDS = 4 * 86400
BUSY_WAIT = 300
# Errors that ended a submit and say nothing about the edit: AWS was down, or the sandbox died.
RETRYABLE_ERRORS = frozenset(
    {Unavailable.__name__, "Sandbox.Timedout", "States.Timeout"}
    | {"Runtime.ExitError", "Runtime.OutOfMemory"}
    | {"Lambda.Unknown", "Lambda.ServiceException", "Lambda.AWSLambdaException"}
    | {"Lambda.SdkClientException", BUSY}
    | {"Lambda.ClientExecutionTimeoutException", "Lambda.EC2ThrottledException"}
)
CANCEL_WAIT_SECONDS = 10
# What a provider has against a key: once it answers again, the key is good for others, too.
OF_THE_KEY = frozenset({NO_KEY, Verdict.BAD_KEY, Verdict.NO_CREDIT})
TROUBLE_WAIT_SECONDS = 300  # between two questions to a provider that refuses all of them
TROUBLE_FACTOR = 10
MAX_POLLS = 600  # an execution's history holds 25,000 events, and a poll makes about ten


def poll(
    edit: Edit,
    *,
    records: Records,
    provider: Callable[[str], Provider],
    policy: WaitPolicy,
    error: str | None = None,
) -> Step:
    """Write down what the provider says and decide: wait, or close.

    `error` names what ended a submit that left no verdict. Raises Unavailable when DynamoDB or
    Secrets Manager cannot answer; a provider that cannot is asked again later, and so is one whose
    key is missing.
    """
    # Also one that a new execution found half saved: Persist takes that up.
    if edit.must_be_concluded or edit.status is Status.SAVING:
        return closing(edit)
    try:
        if edit.status is Status.RECEIVED:
            return _never_sent(edit, records, error)
        if edit.status is Status.SUBMITTING:
            edit = records.mark_uncertain(edit)
        if edit.status is Status.UNCERTAIN:
            return _uncertain(edit, records, provider, policy)
        return _ask(edit, records, provider, policy)
    except LostRace:
        return Step(edit.edit_id, Next.WAIT, 1)


def wait_seconds(
    age_seconds: float, *, first: int, maximum: int, eta_seconds: int | None = None
) -> int:
    """How long to wait before the next poll of an edit of this age.

    Nothing finishes before `first`, so that part is slept through. After it a provider's own
    estimate is followed; without one the wait is a third of the age, because an edit that has
    run long tends to run on. Both stay between a third of `first` and `maximum`.
    """
    if age_seconds < first:
        wait = first - age_seconds
    else:
        shortest = first / 3
        wait = min(max(eta_seconds or age_seconds / 3, shortest), maximum)
    return max(1, round(wait))


def _never_sent(edit: Edit, records: Records, error: str | None) -> Step:
    """Submit ended before its intent was on record, so nothing was sent and it may be tried."""
    if error is None:
        return Step(edit.edit_id, Next.SUBMIT)
    now = records.now()
    if error in RETRYABLE_ERRORS:
        # Counted from the first of a row of hiccups, not from the upload: an edit may have been
        # parked for hours before.
        is_busy = error == BUSY
        is_other = edit.trouble is not None and is_busy != (edit.trouble.kind == BUSY)
        trouble = met(None if is_other else edit.trouble, error, "the submit broke off", now=now)
        if trouble.whole_seconds(now) < (BUSY_SECONDS if is_busy else OUTAGE_SECONDS):
            records.note_trouble(edit, trouble)
            return Step(edit.edit_id, Next.SUBMIT, BUSY_WAIT if is_busy else OUTAGE_WAIT_SECONDS)
    reason = Reason.MISCONFIGURED if error == Misconfigured.__name__ else Reason.INTERNAL_ERROR
    sentence = {
        Reason.MISCONFIGURED: "The stack lacks something it needs to submit, most often the "
        "provider's key; the log of the submit function names it. Nothing was sent.",
        Reason.INTERNAL_ERROR: f"The submit function failed ({error}); nothing was sent.",
    }[reason]
    return closing(records.conclude(edit, failed(reason, sentence)))


def _uncertain(
    edit: Edit, records: Records, provider: Callable[[str], Provider], policy: WaitPolicy
) -> Step:
    left, trouble = _seconds_left(edit, records), None
    try:
        edit = find_lost_task(edit, records, provider)
    except Misconfigured as error:
        # It may be there, and only this key can tell.
        now = records.now()
        trouble = met(edit.trouble, NO_KEY, str(error), now=now)
        left = max(left, policy.longest_trouble_seconds - trouble.seconds(now))
    if edit.status is not Status.UNCERTAIN:
        return _ask(edit, records, provider, policy)
    return still_uncertain(
        edit,
        records,
        seconds_left=left,
        wait_seconds=policy.max_poll_seconds,
        on_uncertain=policy.on_uncertain,
        trouble=trouble,
    ).marked(f"unanswered: {NO_KEY}" if trouble else None)


def _ask(
    edit: Edit, records: Records, provider: Callable[[str], Provider], policy: WaitPolicy
) -> Step:
    cancelling, report, kind = _answered(edit, provider)
    report = with_bill(edit, report, provider)
    now = records.now()
    age = (now - moment(edit.submitted_at or edit.updated_at)).total_seconds()
    was, trouble = edit.trouble, trouble_in(report, edit.trouble, now=now, kind=kind)
    facts = _facts(edit, report, trouble, cancelling, records)
    if _is_news(edit, facts):
        edit = records.record_poll(edit, **facts)
    if report.is_queued and edit.slot is not None and edit.polls == 1:
        with suppress(RetakeError):  # the next one that queues says it too
            records.line.note_queue(edit.slot)
    if trouble is None and was is not None and was.kind in OF_THE_KEY:
        with suppress(RetakeError):  # whoever tries the key by a timer does so later
            records.line.try_now(edit.provider_key)
    conclusion = conclusion_of(edit, report, trouble, policy=policy, now=now)
    if cancelling in (AGREED, REMOVED) and report.verdict in STOPPED:
        conclusion = cancelled(edit, is_free=cancelling == REMOVED)
    is_late = _seconds_left(edit, records) <= 0
    if conclusion is None and is_result(report, trouble, is_late=is_late):
        return closing(edit)
    if conclusion is None and _is_over(edit, trouble, records, policy):
        # Where it can be asked to stop, perhaps nothing is billed.
        is_free = _stopped(edit, provider) is Cancellation.REMOVED
        conclusion = timed_out(edit, trouble, age=age, is_free=is_free)
    if conclusion is not None:
        return closing(records.conclude(edit, conclusion))
    wait = _wait(edit, report, trouble, policy, records)
    if cancelling in (AGREED, REMOVED):
        wait = min(wait, CANCEL_WAIT_SECONDS)  # nobody calls about an edit that was cancelled
    left = round(_seconds_left(edit, records))
    wait = max(wait, _shortest_wait(edit))
    step = waiting(edit, min(wait, left) if left > 0 else wait)
    return step.marked(_marker(trouble))


def _answered(
    edit: Edit, provider: Callable[[str], Provider]
) -> tuple[str | None, Report, str | None]:
    """What came of a wish to cancel, what the provider says, and the kind of trouble if it was
    never asked: a key that is missing or broken is waited for, the edit is paid for."""
    try:
        adapter = provider(edit.provider_key)
        cancelling = pass_on_cancel(edit, adapter)
        return cancelling, adapter.poll(task_of(edit)), None
    except Misconfigured as error:
        report = Report(verdict=Verdict.BAD_KEY, detail=str(error))
        return edit.cancel_outcome, report, NO_KEY


def _facts(
    edit: Edit,
    report: Report,
    trouble: Trouble | None,
    cancelling: str | None,
    records: Records,
) -> dict[str, Any]:
    now = records.now()
    told = facts_of_answer(edit, report, now=now, trouble=trouble, cancelling=cancelling)
    facts: dict[str, Any] = dict(told)
    if report.is_queued and _may_queue(edit, records):
        work = timedelta(seconds=edit.work_seconds or 0)
        facts["deadline_at"] = max(edit.deadline_at or "", timestamp(now + work))
    return facts


def _is_news(edit: Edit, facts: Mapping[str, Any]) -> bool:
    """Whether an answer says anything that is not on record: each write is billed, most say none.

    A call that came meanwhile is answered by this question, which has to be noted.
    """
    is_answered = edit.polled_seq == edit.callback_seq
    return not is_answered or any(getattr(edit, name) != fact for name, fact in facts.items())


def _may_queue(edit: Edit, records: Records) -> bool:
    since = moment(required(edit.submit_started_at))
    return (records.now() - since).total_seconds() < QUEUE_SECONDS


def _is_over(edit: Edit, trouble: Trouble | None, records: Records, policy: WaitPolicy) -> bool:
    """Whether the deadline ends the edit. It does so on an answer; while no question is answered
    the edit waits on, since what it brought may be there already."""
    if _seconds_left(edit, records) > 0:
        return False
    if trouble is None:
        return True
    return trouble.whole_seconds(records.now()) >= policy.longest_trouble_seconds


def _stopped(edit: Edit, provider: Callable[[str], Provider]) -> Cancellation:
    try:
        return provider(edit.provider_key).cancel(task_of(edit))
    except Misconfigured:
        return Cancellation.UNANSWERED


def _wait(
    edit: Edit, report: Report, trouble: Trouble | None, policy: WaitPolicy, records: Records
) -> int:
    now = records.now()
    if trouble is None and edit.listens:
        return guard_seconds(policy.max_poll_seconds)
    wait = wait_seconds(
        (now - moment(edit.submitted_at or edit.updated_at)).total_seconds(),
        first=policy.first_poll_seconds,
        maximum=policy.max_poll_seconds,
        eta_seconds=report.eta_seconds,
    )
    if trouble is None:
        return wait
    # Our own pace is the floor under whatever a provider asks for: -1, 0, or a date that is past.
    asked = min(report.retry_after_seconds or 0, 3 * TROUBLE_WAIT_SECONDS)
    grown = min(trouble.whole_seconds(now) / TROUBLE_FACTOR, TROUBLE_WAIT_SECONDS)
    return max(round(grown), wait, asked)


def _marker(trouble: Trouble | None) -> str | None:
    if trouble is None or trouble.count < ALARMING_COUNT:
        return None
    return f"unanswered: {trouble.kind}"


def _shortest_wait(edit: Edit) -> int:
    """Keeps the polls until the deadline below MAX_POLLS, whatever waits were asked for."""
    if edit.deadline_at is None or edit.submit_started_at is None:
        return 1
    whole = (moment(edit.deadline_at) - moment(edit.submit_started_at)).total_seconds()
    return ceil(whole / MAX_POLLS)


def _seconds_left(edit: Edit, records: Records) -> float:
    if edit.deadline_at is None:
        return 0
    return (moment(edit.deadline_at) - records.now()).total_seconds()
