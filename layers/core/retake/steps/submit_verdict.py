"""What the answer to the paid call does to an edit: accepted, in doubt, tried anew, parked, over.

The verdict goes on record, and that write is insisted on; the call itself is never made again here.
"""

from retake.catalog.admission import quoted
from retake.domain.edit import Edit
from retake.domain.errors import LostRace
from retake.domain.footage import Footage
from retake.domain.stored import required
from retake.domain.trouble import Trouble, met
from retake.domain.vocabulary import Status
from retake.providers.contract import Submission, Task, Verdict
from retake.providers.failover import FAILOVER_VERDICTS, next_model
from retake.records.key_holds import opened
from retake.records.store import Records
from retake.records.transitions import TaskTaken
from retake.steps.outcome import Next, Step, closing, waiting
from retake.steps.submit_writing import SubmitContext, refusal
from retake.steps.turns import HOLDS_FOR, has_waited_enough, held_back, put_off

# How often an attempt that was certainly not accepted is made before another model is asked, or,
# where nothing came through at all and the stack does not wait, before the edit ends.
UNSENT_TRIES = 6
UNCLEAR_ANSWER = "UNCLEAR_ANSWER"
SUBMITTED = frozenset({Status.SUBMITTING, Status.UNCERTAIN})
ACCEPT_TRIES = 3
# What is tried again at the same provider before another one is asked.
AGAIN = frozenset({Verdict.RATE_LIMITED, Verdict.NOT_SENT})


def record_verdict(
    edit: Edit, submission: Submission, context: SubmitContext, first_wait_seconds: int
) -> Step:
    """Put the verdict on record. That is insisted on; the POST never is."""
    records = context.records
    if submission.verdict is Verdict.ACCEPTED and submission.task is not None:
        _accept(edit, submission.task, context)
        return waiting(edit, first_wait_seconds).marked("accepted")
    if submission.verdict is Verdict.AMBIGUOUS:
        said = unclear_answer(submission, records)
        context.insist(lambda: records.mark_uncertain(edit, said))
        return waiting(edit, first_wait_seconds).marked("uncertain")
    if submission.verdict not in HOLDS_FOR:
        return _refused(edit, submission, context)
    tries = 1 + sum(
        each.get("times", 1)
        for each in edit.attempts
        if (each["model"], each["ended"]) == (edit.model, submission.verdict)
    )
    is_tried_out = tries >= UNSENT_TRIES or submission.verdict not in AGAIN
    pool = context.insist(lambda: records.line.pool(edit.provider or ""))
    is_last_key = not pool.is_open_beside(edit.provider_key)
    if is_tried_out and is_last_key and next_model(edit, context.policy.model_order) is not None:
        return _refused(edit, submission, context)
    if submission.verdict is Verdict.RATE_LIMITED:
        return held_back(edit, submission, context, pool)
    if is_tried_out and is_last_key and has_waited_enough(edit, context, pool):
        return _refused(edit, submission, context)
    return put_off(edit, submission, context, pool)


def unclear_answer(submission: Submission, records: Records) -> Trouble | None:
    """What came in place of a verdict, for whoever must find out what became of the edit."""
    if submission.detail is None:
        return None
    return met(None, UNCLEAR_ANSWER, submission.detail, now=records.now())


def _refused(edit: Edit, submission: Submission, context: SubmitContext) -> Step:
    """On to another model where the refusal is this provider's own, else it is the end."""
    other = (
        next_model(edit, context.policy.model_order)
        if submission.verdict in FAILOVER_VERDICTS
        else None
    )
    if other is None:
        return closing(
            context.insist(
                lambda: context.records.conclude(
                    edit, refusal(edit, submission.verdict, submission)
                )
            )
        )
    clip = Footage(**edit.footage) if edit.footage else None
    context.insist(
        lambda: context.records.not_accepted(
            edit,
            why=submission.verdict,
            model=other.key,
            provider=other.provider,
            **quoted(other, required(edit.request), clip),
            warnings=(*edit.warnings, f"{edit.model} did not take it: {submission.verdict}."),
            line_place=None,
            probes=None,
        )
    )
    return Step(edit.edit_id, Next.SUBMIT)


def _accept(edit: Edit, task: Task, context: SubmitContext) -> None:
    """Write down the task, also when a poll meanwhile doubted this very attempt.

    A later attempt's record is left alone: this worker is then a zombie, and its write loses.
    """

    def write() -> Edit:
        current = edit
        for _ in range(ACCEPT_TRIES):
            try:
                also = (opened(edit.probes),) if edit.probes else ()
                return context.records.accept(current, task.task_id, task.urls, *also)
            except LostRace:
                current = context.records.get(edit.edit_id)
                if current.attempt_id != edit.attempt_id or current.status not in SUBMITTED:
                    return current
            except TaskTaken:
                return context.records.mark_uncertain(current)
        return current

    context.insist(write)
