"""Asking the provider how an edit stands, and when to ask again."""

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

from retake.catalog.models import MODELS
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import LostRace, Misconfigured, Unavailable
from retake.domain.stored import moment, required
from retake.domain.vocabulary import Reason, Status
from retake.providers.base import Provider
from retake.providers.contract import Cancellation, Report, Task, Verdict
from retake.records.store import Records, failed
from retake.steps.outcome import Next, Step, closing, waiting
from retake.steps.reconcile import find_lost_task, still_uncertain

LOST_GRACE_SECONDS = 300  # a provider may not know a fresh task at once
OUTAGE_SECONDS = 4 * 3600  # how long an outage of AWS itself is waited out before a submit
OUTAGE_WAIT_SECONDS = 60
LISTENING_FACTOR = 5
# Errors that ended a submit and say nothing about the edit: AWS was down, or the sandbox died.
RETRYABLE_ERRORS = frozenset(
    {Unavailable.__name__, "Sandbox.Timedout", "States.Timeout", "Lambda.Unknown"}
    | {"Lambda.ServiceException", "Lambda.AWSLambdaException"}
    | {"Lambda.SdkClientException", "Lambda.TooManyRequestsException"}
)
CANCEL_WAIT_SECONDS = 10
MAX_POLLS = 600  # an execution's history holds 25,000 events, and a poll makes about ten
EMPTY_RESULT_POLLS = 5  # a success without a usable link is asked again this often


def poll(
    edit: Edit,
    *,
    records: Records,
    provider: Callable[[str], Provider],
    first_poll_seconds: int,
    max_poll_seconds: int,
    on_uncertain: str = "fail",
    error: str | None = None,
) -> Step:
    """Write down what the provider says and decide: wait, or close.

    `on_uncertain` is what the deployment chose for a submit whose fate stays unknown: `fail` or
    `retry_once`. `error` names what ended a submit that left no verdict. Raises Unavailable when
    DynamoDB or Secrets Manager cannot answer; a provider that cannot is asked again later.
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
            edit = find_lost_task(edit, records, provider)
        if edit.status is Status.UNCERTAIN:
            return still_uncertain(
                edit,
                records,
                seconds_left=_seconds_left(edit, records),
                wait_seconds=max_poll_seconds,
                on_uncertain=on_uncertain,
            )
        return _ask(edit, records, provider, first_poll_seconds, max_poll_seconds)
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


def guard_seconds(maximum: int) -> int:
    """How long whoever is called waits before it asks all the same, in case the call was lost.

    Longer than edits take, by the stack's own settings five minutes: each needless question costs
    three transitions, which is a tenth of what orchestrating the whole edit does.
    """
    return LISTENING_FACTOR * maximum


def _never_sent(edit: Edit, records: Records, error: str | None) -> Step:
    """Submit ended before its intent was on record, so nothing was sent and it may be tried."""
    if error is None:
        return Step(edit.edit_id, Next.SUBMIT)
    if error in RETRYABLE_ERRORS:
        age = (records.now() - moment(edit.created_at)).total_seconds()
        if age < OUTAGE_SECONDS:
            return Step(edit.edit_id, Next.SUBMIT, OUTAGE_WAIT_SECONDS)
    reason = Reason.MISCONFIGURED if error == Misconfigured.__name__ else Reason.INTERNAL_ERROR
    sentence = {
        Reason.MISCONFIGURED: "The stack lacks something it needs to submit, most often the "
        "provider's key; the log of the submit function names it. Nothing was sent.",
        Reason.INTERNAL_ERROR: f"The submit function failed ({error}); nothing was sent.",
    }[reason]
    return closing(records.conclude(edit, failed(reason, sentence)))


def _shortest_wait(edit: Edit) -> int:
    """Keeps the polls until the deadline below MAX_POLLS, whatever waits were asked for."""
    if edit.deadline_at is None or edit.submit_started_at is None:
        return 1
    whole = (moment(edit.deadline_at) - moment(edit.submit_started_at)).total_seconds()
    return ceil(whole / MAX_POLLS)


def _ask(
    edit: Edit,
    records: Records,
    provider: Callable[[str], Provider],
    first_poll_seconds: int,
    max_poll_seconds: int,
) -> Step:
    adapter = provider(edit.provider or "")
    cancelling = _cancelling(edit, adapter)
    report = adapter.poll(task_of(edit))
    decide = DECISIONS.get(report.verdict)
    if cancelling == AGREED and report.verdict in STOPPED:
        decide = _cancelled
    age = (records.now() - moment(edit.submitted_at or edit.updated_at)).total_seconds()
    facts: dict[str, Any] = {
        "provider_status": report.provider_status or edit.provider_status,
        "progress_percent": max(report.progress_percent or 0, edit.progress_percent),
        "poll_failures": edit.poll_failures + 1 if _is_fruitless(report) else 0,
        "cancel_outcome": cancelling,
    }
    edit = records.record_poll(edit, **facts)
    conclusion = decide(edit, report, age) if decide else None
    if report.verdict is Verdict.SUCCEEDED and conclusion is None and report.video_url:
        return closing(edit)
    if conclusion is None and _seconds_left(edit, records) <= 0:
        adapter.cancel(task_of(edit))  # where it can be asked to stop, perhaps nothing is billed
        conclusion = failed(
            Reason.TIMED_OUT,
            f"{edit.provider} had not finished after {age:,.0f} s, the longest this stack waits; "
            f"it may still bill ${edit.quoted_usd or 0:.2f}.",
            at_risk=True,
        )
    if conclusion is not None:
        return closing(records.conclude(edit, conclusion))
    wait = report.retry_after_seconds or (
        guard_seconds(max_poll_seconds)
        if edit.listens
        else wait_seconds(
            age, first=first_poll_seconds, maximum=max_poll_seconds, eta_seconds=report.eta_seconds
        )
    )
    if cancelling == AGREED:
        wait = min(wait, CANCEL_WAIT_SECONDS)  # nobody calls about an edit that was cancelled
    left = max(1, round(_seconds_left(edit, records)))
    return waiting(edit, min(max(wait, _shortest_wait(edit)), left))


def task_of(edit: Edit) -> Task:
    """The provider's job of a running edit."""
    return Task(task_id=required(edit.provider_task_id), urls=edit.provider_urls)


def _seconds_left(edit: Edit, records: Records) -> float:
    if edit.deadline_at is None:
        return 0
    return (moment(edit.deadline_at) - records.now()).total_seconds()


def _cancelling(edit: Edit, adapter: Provider) -> str | None:
    """Pass on the wish to cancel, once; what the provider said to it, None while it said nothing.

    An edit that goes on all the same is kept: it will be billed.
    """
    if edit.cancel_asked_at is None or edit.cancel_outcome is not None:
        return edit.cancel_outcome
    return CANCELLATIONS.get(adapter.cancel(task_of(edit)))


def _cancelled(edit: Edit, _report: Report, _age: float) -> Conclusion:
    return Conclusion(
        status=Status.CANCELLED,
        reason=Reason.CANCELLED,
        message=f"The edit was cancelled at {edit.provider} on request; what it had begun may "
        f"still be billed, at most ${edit.quoted_usd or 0:.2f}.",
        at_risk=True,
    )


def _failed_there(edit: Edit, report: Report, _age: float) -> Conclusion | None:
    reason, sentence = FAILURES[report.verdict]
    bills = MODELS[edit.model or ""].bills_failures
    return failed(
        reason,
        sentence.format(provider=edit.provider) + (f": {report.detail}" if report.detail else "."),
        provider_said=report.detail,
        at_risk=bills is not False,
    )


def _lost(edit: Edit, report: Report, age: float) -> Conclusion | None:
    if age < LOST_GRACE_SECONDS:
        return None
    return failed(
        Reason.TASK_LOST,
        f"{edit.provider} no longer knows the task it accepted; it may still bill "
        f"${edit.quoted_usd or 0:.2f}.",
        at_risk=True,
    )


def _without_video(edit: Edit, report: Report, _age: float) -> Conclusion | None:
    if report.video_url or edit.poll_failures < EMPTY_RESULT_POLLS:
        return None
    return failed(
        Reason.BAD_RESULT,
        f"{edit.provider} says the edit is done but names no video.",
        at_risk=True,
    )


def _is_fruitless(report: Report) -> bool:
    """Nothing usable was learnt, so the count of such polls goes on."""
    if report.verdict is Verdict.SUCCEEDED:
        return report.video_url is None
    return report.verdict in UNANSWERED


UNANSWERED = frozenset({Verdict.TRANSIENT, Verdict.BAD_KEY, Verdict.RATE_LIMITED, Verdict.LOST})
# How a provider shows an edit that it has stopped: no documented word says so.
STOPPED = frozenset({Verdict.FAILED, Verdict.LOST, Verdict.GONE, Verdict.REFUSED})
AGREED, TOO_LATE = "AGREED", "TOO_LATE"
# What stands on the record; an answer that is not here leaves the question open.
CANCELLATIONS = {
    Cancellation.REQUESTED: AGREED,
    Cancellation.REMOVED: AGREED,
    Cancellation.TOO_LATE: TOO_LATE,
    Cancellation.UNKNOWN_TASK: TOO_LATE,
    Cancellation.NOT_OFFERED: "NOT_OFFERED",
}
FAILURES = {
    Verdict.FAILED: (Reason.PROVIDER_FAILED, "{provider} could not make the edit"),
    Verdict.MODERATION: (Reason.MODERATION, "{provider} refused the content"),
}
# What ends an edit; a verdict that is not here means: keep waiting.
DECISIONS: Mapping[Verdict, Callable[[Edit, Report, float], Conclusion | None]] = {
    Verdict.FAILED: _failed_there,
    Verdict.MODERATION: _failed_there,
    Verdict.LOST: _lost,
    Verdict.GONE: _lost,
    Verdict.REFUSED: _lost,
    Verdict.SUCCEEDED: _without_video,
}
