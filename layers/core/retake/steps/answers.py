"""What an answer about a running edit means: nothing yet, a trouble to wait out, or its end.

One odd answer ends no edit that is paid for. Whatever may be an accident has to be said again, so
often and for so long as its row says; what the provider says for certain ends the edit at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from retake.catalog.models import MODELS
from retake.domain.billing import billing
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.patterns import pattern
from retake.domain.stored import timestamp
from retake.domain.trouble import Trouble, met
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import Report, Verdict
from retake.steps.policy import WaitPolicy

LOST, NO_LINK, RESULT_REFUSED, NO_KEY = "LOST", "NO_LINK", "RESULT_REFUSED", "NO_KEY"
# A failure that names no task, a result beside an unknown word, a result that is not there, and a
# question that is refused for good.
UNNAMED, DOUBTED_LINK = "UNNAMED_FAILURE", "DOUBTED_LINK"
RESULT_GONE, QUESTION_REFUSED = "RESULT_GONE", "QUESTION_REFUSED"
SEEN_AGAIN = 2
# What is worth an alarm when it is met again and again: somebody may have to mend it.
ALARMING_COUNT = 3
# How a provider refuses a result without meaning it: locks, limits, and gateways' troubles.
NEVER_FINAL = frozenset({401, 402, 403, 404, 408, 409, 425, 429, 499, 502})


@dataclass(frozen=True, slots=True)
class Ending:
    """How often in a row, and in which share of the stack's patience, an answer must come."""

    count: int
    share: float
    conclusion: Callable[[Edit, Report], Conclusion]


def trouble_in(
    report: Report, before: Trouble | None, *, now: datetime, kind: str | None = None
) -> Trouble | None:
    """The trouble that an answer is; None for one that tells how the edit stands."""
    kind = kind or _kind_of(report)
    if kind is None:
        return None
    words = report.detail or SENTENCES.get(kind, "no answer that can be read")
    if before is not None and kind == QUESTION_REFUSED and _gist(before.message) != _gist(words):
        before = replace(before, kind="")  # something else is wrong now
    return met(before, kind, words, now=now, http_status=report.http_status)


def is_result(report: Report, trouble: Trouble | None, *, is_late: bool) -> bool:
    """Whether there is a result to be fetched: a link, and if its status is no known word, one
    that is seen again, or seen when the time is over."""
    if report.verdict is not Verdict.SUCCEEDED or report.video_url is None:
        return False
    is_seen_again = trouble is not None and trouble.count >= SEEN_AGAIN
    return report.is_certain or is_seen_again or is_late


def conclusion_of(
    edit: Edit, report: Report, trouble: Trouble | None, *, policy: WaitPolicy, now: datetime
) -> Conclusion | None:
    """How the edit ends by this answer, or None while it does not."""
    if trouble is None:
        ending = ENDINGS.get(report.verdict)
        return ending.conclusion(edit, report) if ending and report.is_certain else None
    ending = ENDINGS.get(trouble.kind)
    if ending is None or trouble.count < ending.count:
        return None
    if trouble.seconds(now) < ending.share * policy.patience_seconds:
        return None
    if trouble.kind == RESULT_REFUSED and not _is_an_answer(report):
        return None
    return ending.conclusion(edit, report)


def timed_out(edit: Edit, trouble: Trouble | None, *, age: float, is_free: bool) -> Conclusion:
    """The end of an edit at its deadline, with what was answered last."""
    if is_free:
        sentence = (
            f"{edit.provider} had not begun after {age:,.0f} s; the edit was taken out of its "
            "queue, and nothing is billed."
        )
        return failed(Reason.TIMED_OUT, sentence)
    if trouble is None:
        sentence = (
            f"{edit.provider} had not finished after {age:,.0f} s, the longest this stack waits; "
            f"{billing(edit)}."
        )
    else:
        sentence = (
            f"{edit.provider} answered {trouble.sentence} since {trouble.began}; "
            f"{_standing(edit)}; {billing(edit)}."
        )
    said = trouble.message if trouble else None
    return failed(Reason.TIMED_OUT, sentence, provider_said=said, at_risk=True)


def _standing(edit: Edit) -> str:
    if edit.said_done_at is not None:
        return "the edit itself had completed"
    return "how the edit itself stands was not learnt"


def _kind_of(report: Report) -> str | None:
    if report.verdict is Verdict.SUCCEEDED:
        doubt = None if report.is_certain else DOUBTED_LINK
        return doubt if report.video_url else NO_LINK
    if report.verdict in (Verdict.FAILED, Verdict.MODERATION):
        unsure = report.verdict.value if report.names_task else UNNAMED
        return None if report.is_certain else unsure
    if report.verdict in UNKNOWN:
        return RESULT_GONE if report.says_done else LOST
    if report.verdict is Verdict.TRANSIENT and report.says_done:
        return RESULT_REFUSED
    if report.verdict is Verdict.TRANSIENT and _is_for_good(report):
        return QUESTION_REFUSED
    return None if report.verdict is Verdict.RUNNING else report.verdict.value


def _is_an_answer(report: Report) -> bool:
    """Whether a refused result was refused by the provider itself, and not by what stands before
    it: a JSON error, not a page, with a status that speaks of the result."""
    words = report.detail or ""
    return (
        report.http_status is not None
        and report.http_status not in NEVER_FINAL
        and not words.startswith("HTTP ")
    )


def _is_for_good(report: Report) -> bool:
    """Whether a question was refused as no later one can be answered: by a 4xx of its own kind."""
    return _is_an_answer(report) and 400 <= (report.http_status or 0) < 500


def _gist(words: str) -> str:
    """What an answer says without the numbers of calls, tasks and times in it."""
    return _NUMBERED.sub("#", words)


def _failed_there(edit: Edit, report: Report) -> Conclusion:
    reason, sentence = FAILURES[report.verdict]
    bills = MODELS[edit.model or ""].bills_failures
    return failed(
        reason,
        sentence.format(provider=edit.provider) + (f": {report.detail}" if report.detail else "."),
        provider_said=report.detail,
        at_risk=bills is not False or not report.is_certain,
        is_doubted=not report.is_certain,
    )


def _lost(edit: Edit, report: Report) -> Conclusion:
    return failed(
        Reason.TASK_LOST,
        f"{edit.provider} no longer knows the task it accepted; {billing(edit)}.",
        provider_said=report.detail,
        at_risk=True,
    )


def _without_video(edit: Edit, report: Report) -> Conclusion:
    return failed(
        Reason.BAD_RESULT,
        f"{edit.provider} says the edit is done but names no video; {billing(edit)}.",
        at_risk=True,
    )


def _result_refused(edit: Edit, report: Report) -> Conclusion:
    return failed(
        Reason.BAD_RESULT,
        f"{edit.provider} says the edit is done and answers HTTP {report.http_status} where its "
        f"result should be: {report.detail}; {billing(edit)}.",
        provider_said=report.detail,
        at_risk=True,
    )


def _question_refused(edit: Edit, report: Report) -> Conclusion:
    return failed(
        Reason.TASK_LOST,
        f"{edit.provider} answers HTTP {report.http_status} whenever it is asked about the edit: "
        f"{report.detail}; {_standing(edit)}; {billing(edit)}.",
        provider_said=report.detail,
        at_risk=True,
    )


_NUMBERED = pattern(r"\w*\d[\w-]*")
# How a provider says that it does not know the task.
UNKNOWN = frozenset({Verdict.LOST, Verdict.GONE, Verdict.REFUSED})
# How a provider shows an edit that it has stopped: no documented word says so.
STOPPED = UNKNOWN | {Verdict.FAILED}
FAILURES = {
    Verdict.FAILED: (Reason.PROVIDER_FAILED, "{provider} could not make the edit"),
    Verdict.MODERATION: (Reason.MODERATION, "{provider} refused the content"),
}
SENTENCES = {
    LOST: "that it does not know the task",
    NO_LINK: "that the edit is done, without a link to a video",
    DOUBTED_LINK: "with a link to a video, and with a status that is in no table",
}
# What ends an edit, by verdict or kind of trouble; what is not here means: keep waiting.
ENDINGS: Mapping[str, Ending] = {
    Verdict.FAILED: Ending(2, 0, _failed_there),
    Verdict.MODERATION: Ending(2, 0, _failed_there),
    # From the first time that the task was unknown, not from the submit: five minutes of fifteen.
    LOST: Ending(3, 1 / 3, _lost),
    NO_LINK: Ending(5, 1, _without_video),
    RESULT_REFUSED: Ending(5, 1, _result_refused),
    RESULT_GONE: Ending(5, 1, _result_refused),
    UNNAMED: Ending(3, 1 / 3, _failed_there),
    QUESTION_REFUSED: Ending(5, 1 / 3, _question_refused),
}


def cancelled(edit: Edit, *, is_free: bool) -> Conclusion:
    """The end of an edit that its provider has stopped on request."""
    sentence = (
        f"The edit was taken out of {edit.provider}'s queue on request; nothing is billed."
        if is_free
        else f"The edit was cancelled at {edit.provider} on request; what it had begun may still "
        f"be billed: {billing(edit)}."
    )
    return Conclusion(
        status=Status.CANCELLED, reason=Reason.CANCELLED, message=sentence, at_risk=not is_free
    )


def facts_of_answer(
    edit: Edit,
    report: Report,
    *,
    now: datetime,
    trouble: Trouble | None = None,
    cancelling: str | None = None,
) -> Mapping[str, Any]:
    """The attributes that change; `cancelling` is what came of a wish to cancel."""
    is_success = report.verdict is Verdict.SUCCEEDED and report.is_certain
    says_done = report.says_done or is_success
    facts: dict[str, Any] = {
        "provider_status": report.provider_status or edit.provider_status,
        "progress_percent": max(report.progress_percent or 0, edit.progress_percent),
        "poll_failures": edit.poll_failures + 1 if trouble else 0,
        "trouble": trouble,
        "said_done_at": edit.said_done_at or (timestamp(now) if says_done else None),
        "cancel_outcome": cancelling,
    }
    if report.billed is not None:
        facts["provider_usage"] = {k: v for k, v in asdict(report.billed).items() if v is not None}
    return facts
