"""What the answer to the paid call does to an edit: accepted, in doubt, tried anew, parked, over.

The verdict goes on record, and that write is insisted on; the call itself is never made again here.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from retake.catalog.admission import quote
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import LostRace, Unavailable
from retake.domain.footage import Footage
from retake.domain.stored import moment, required, timestamp
from retake.domain.trouble import Trouble, met
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import Submission, Task, Verdict
from retake.providers.failover import FAILOVER_VERDICTS, next_model
from retake.records.circuit_breaker import Circuits
from retake.records.store import Records, TaskTaken, failed
from retake.steps.outcome import Next, Step, closing, waiting
from retake.steps.policy import CIRCUIT_SECONDS, SubmitPolicy

T = TypeVar("T")
# How often, and how far apart in seconds, an attempt that was certainly not accepted is made anew.
UNSENT_TRIES = 6
UNSENT_WAIT_SECONDS = 30
RATE_WAIT_SECONDS = 30
MAX_RATE_WAIT_SECONDS = 900  # whatever a provider asks for: it may have meant a date


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a refusal at the provider's door means for the edit."""

    reason: Reason
    sentence: str


REFUSALS = {
    Verdict.REFUSED: Refusal(Reason.PROVIDER_REFUSED, "{provider} refused the request"),
    Verdict.MODERATION: Refusal(Reason.MODERATION, "{provider} refused the content"),
    Verdict.NO_CREDIT: Refusal(Reason.NO_CREDIT, "The account at {provider} has no credit left"),
    Verdict.BAD_KEY: Refusal(Reason.BAD_KEY, "{provider} does not accept the key"),
    Verdict.GONE: Refusal(Reason.MODEL_GONE, "{provider} does not offer this model"),
    Verdict.RATE_LIMITED: Refusal(Reason.RATE_LIMITED, "{provider} kept asking to wait"),
    Verdict.NOT_SENT: Refusal(Reason.PROVIDER_UNREACHABLE, "{provider} could not be reached"),
}
UNCLEAR_ANSWER = "UNCLEAR_ANSWER"
SUBMITTED = frozenset({Status.SUBMITTING, Status.UNCERTAIN})
ACCEPT_TRIES = 3
# What is wrong with the account, not with the edit: it waits until somebody mends it.
PARKING_REASONS = {Verdict.NO_CREDIT: Reason.NO_CREDIT, Verdict.BAD_KEY: Reason.BAD_KEY}
PARKING_VERDICTS = {reason: verdict for verdict, reason in PARKING_REASONS.items()}
# After the POST: the record is worth waiting for, within what is left of the function's minute.
WRITE_RETRY_SECONDS = (0.5, 1, 2, 4, 6, 8)


@dataclass(frozen=True, slots=True)
class SubmitContext:
    """What writing a verdict down needs."""

    records: Records
    circuits: Circuits
    policy: SubmitPolicy
    sleep: Callable[[float], None]

    def retry_write(self, write: Callable[[], T]) -> T:
        """Repeat a write that the table cannot take now; raises Unavailable in the end."""
        for wait in WRITE_RETRY_SECONDS:
            try:
                return write()
            except Unavailable:
                self.sleep(wait)
        return write()


def parked(edit: Edit, why: Reason, context: SubmitContext) -> Step:
    """Keep the edit until its provider takes edits again, or as long as the stack allows."""
    if _is_parked_out(edit, context):
        said = Submission(verdict=PARKING_VERDICTS[why])
        return closing(
            context.retry_write(lambda: context.records.conclude(edit, refusal(edit, said)))
        )
    wait = _spread(context.policy.circuit_seconds)
    context.retry_write(lambda: context.records.park(edit, why, wait_seconds=wait))
    return Step(edit.edit_id, Next.SUBMIT, wait, log_marker=f"parked: {why}")


def _is_parked_out(edit: Edit, context: SubmitContext) -> bool:
    """Whether the edit has waited as long as the stack allows."""
    if edit.parked_since is None:
        return context.policy.park_seconds == 0
    waited = _seconds_since(edit.parked_since, context.records)
    return waited >= context.policy.park_seconds


def _spread(seconds: int) -> int:
    """A little later, so that a queue of a thousand does not come back in one second."""
    return seconds + random.randint(0, max(1, seconds // 5))


def record_verdict(
    edit: Edit, submission: Submission, context: SubmitContext, first_wait_seconds: int
) -> Step:
    """Put the verdict on record. The write is insisted on; the POST never is."""
    records = context.records
    if submission.verdict is Verdict.ACCEPTED and submission.task is not None:
        _accept(edit, submission.task, context)
        if edit.parked_since is not None:
            context.circuits.close(edit.provider or "")
        return replace(waiting(edit, first_wait_seconds), log_marker="accepted")
    if submission.verdict is Verdict.AMBIGUOUS:
        said = unclear_answer(submission, records)
        context.retry_write(lambda: records.mark_uncertain(edit, said))
        return replace(waiting(edit, first_wait_seconds), log_marker="uncertain")
    tries = 1 + sum(
        (each["model"], each["ended"]) == (edit.model, submission.verdict) for each in edit.attempts
    )
    if submission.verdict is Verdict.NOT_SENT and tries < UNSENT_TRIES:
        return _offered_again(edit, submission, UNSENT_WAIT_SECONDS * 2 ** (tries - 1), context)
    if submission.verdict is Verdict.RATE_LIMITED and tries < UNSENT_TRIES:
        return _offered_again(edit, submission, _rate_wait(submission, tries), context)
    other = (
        next_model(edit, context.policy.model_order)
        if submission.verdict in FAILOVER_VERDICTS
        else None
    )
    if other is not None:
        clip = Footage(**edit.footage) if edit.footage else None
        context.retry_write(
            lambda: records.not_accepted(
                edit,
                submission.verdict,
                wait_seconds=0,
                model=other.key,
                provider=other.provider,
                quoted_usd=quote(other, required(edit.request), clip),
                warnings=(*edit.warnings, f"{edit.model} did not take it: {submission.verdict}."),
            )
        )
        return Step(edit.edit_id, Next.SUBMIT)
    if submission.verdict is Verdict.RATE_LIMITED and not _is_parked_out(edit, context):
        return _offered_again(edit, submission, _rate_wait(submission, tries), context)
    why = PARKING_REASONS.get(submission.verdict)
    if why is not None and context.policy.park_seconds:
        seconds = context.policy.circuit_seconds
        context.retry_write(
            lambda: context.circuits.open(edit.provider or "", why, seconds=seconds)
        )
        unsent = context.retry_write(
            lambda: records.not_accepted(edit, submission.verdict, wait_seconds=seconds)
        )
        return parked(unsent, why, context)
    return closing(context.retry_write(lambda: records.conclude(edit, refusal(edit, submission))))


def unclear_answer(submission: Submission, records: Records) -> Trouble | None:
    """What came in place of a verdict, for whoever must find out what became of the edit."""
    if submission.detail is None:
        return None
    return met(None, UNCLEAR_ANSWER, submission.detail, now=records.now())


def _offered_again(
    edit: Edit, submission: Submission, wait_seconds: int, context: SubmitContext
) -> Step:
    """An attempt that was certainly not accepted is made anew after a wait."""
    since = edit.parked_since
    if since is None and submission.verdict is Verdict.RATE_LIMITED:
        since = timestamp(context.records.now())  # the time that it may wait begins
    context.retry_write(
        lambda: context.records.not_accepted(
            edit, submission.verdict, wait_seconds=wait_seconds, parked_since=since
        )
    )
    return Step(edit.edit_id, Next.SUBMIT, wait_seconds)


def _rate_wait(submission: Submission, tries: int) -> int:
    """Our own pace is the floor under whatever a provider asks for: -1, 0, or a date that is past.

    Spread, because all who are refused at once would come back at once.
    """
    own = _spread(min(RATE_WAIT_SECONDS * 2 ** min(tries - 1, 10), CIRCUIT_SECONDS))
    return max(own, min(submission.retry_after_seconds or 0, MAX_RATE_WAIT_SECONDS))


def _accept(edit: Edit, task: Task, context: SubmitContext) -> None:
    """Write down the task, also when a poll meanwhile doubted this very attempt.

    A later attempt's record is left alone: this worker is then a zombie, and its write loses.
    """

    def write() -> Edit:
        current = edit
        for _ in range(ACCEPT_TRIES):
            try:
                return context.records.accept(current, task.task_id, task.urls)
            except LostRace:
                current = context.records.get(edit.edit_id)
                if current.attempt_id != edit.attempt_id or current.status not in SUBMITTED:
                    return current
            except TaskTaken:
                return context.records.mark_uncertain(current)
        return current

    context.retry_write(write)


def refusal(edit: Edit, submission: Submission) -> Conclusion:
    """A submit the provider certainly did not take, as the end of an edit: nothing is billed."""
    meaning = REFUSALS[submission.verdict]
    sentence = meaning.sentence.format(provider=edit.provider)
    return failed(
        meaning.reason,
        f"{sentence}: {submission.detail}" if submission.detail else f"{sentence}.",
        provider_said=submission.detail,
    )


def _seconds_since(text: str, records: Records) -> float:
    return (records.now() - moment(text)).total_seconds()
