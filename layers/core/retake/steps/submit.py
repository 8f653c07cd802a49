"""The one paid call: intent on record, one POST, verdict on record.

Whoever enters here again (a retried state, a redriven execution, a second Lambda) finds the
intent and never sends a second time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from retake.catalog import MODELS, Model
from retake.edits import Conclusion, Edit, Source, moment, written
from retake.errors import LostRace
from retake.providers.base import Order, Provider, Submission, Verdict
from retake.reasons import Reason, Status
from retake.records import Records, TaskTaken, failed
from retake.steps import Next, Step, closing
from retake.storage import Storage

# How often, and how far apart in seconds, an attempt that was certainly not accepted is made anew.
UNSENT_TRIES = 6
UNSENT_WAIT_SECONDS = 30
RATE_WAIT_SECONDS = 30


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
WAITS = {Verdict.RATE_LIMITED: RATE_WAIT_SECONDS, Verdict.NOT_SENT: UNSENT_WAIT_SECONDS}


def submit(
    edit: Edit,
    *,
    records: Records,
    storage: Storage,
    provider: Callable[[str], Provider],
    first_wait_seconds: int,
    deadline_seconds: int = 0,
) -> Step:
    """Send the edit if it was never sent, and say where the workflow goes.

    `deadline_seconds` overrides the model's own when it is not 0. Raises Misconfigured and
    Unavailable, both before the intent is written or after the verdict was: never in between.
    """
    if edit.must_be_concluded:
        return closing(edit)
    if edit.status is not Status.RECEIVED:
        return Step(edit.edit_id, Next.WAIT, first_wait_seconds)
    wait = _seconds_until(edit.submit_not_before, records)
    if wait > 0:
        return Step(edit.edit_id, Next.SUBMIT, wait)
    model = MODELS[edit.model or ""]
    seller = provider(model.provider)
    envelope = seller.prepare(_order(edit, model, storage))
    try:
        edit = records.begin_submit(
            edit, deadline=timedelta(seconds=deadline_seconds or model.deadline_seconds)
        )
    except LostRace:
        # Another worker holds the attempt. Its verdict is on the record, or will be.
        return Step(edit.edit_id, Next.WAIT, first_wait_seconds)
    submission = seller.send(envelope)
    return _record(edit, submission, records, first_wait_seconds)


def _record(edit: Edit, submission: Submission, records: Records, first_wait_seconds: int) -> Step:
    waiting = Step(edit.edit_id, Next.WAIT, first_wait_seconds)
    if submission.verdict is Verdict.ACCEPTED and submission.task is not None:
        try:
            records.accept(edit, submission.task.task_id, submission.task.urls)
        except TaskTaken:
            records.doubt(edit)
        return waiting
    if submission.verdict is Verdict.AMBIGUOUS:
        records.doubt(edit)
        return waiting
    tries_left = edit.attempt < UNSENT_TRIES
    if submission.verdict in WAITS and tries_left:
        wait = submission.retry_after_seconds or WAITS[submission.verdict] * 2 ** (edit.attempt - 1)
        records.not_accepted(edit, submission.verdict, wait_seconds=wait)
        return Step(edit.edit_id, Next.SUBMIT, wait)
    return closing(records.conclude(edit, refusal(edit, submission)))


def refusal(edit: Edit, submission: Submission) -> Conclusion:
    """A submit the provider certainly did not take, as the end of an edit: nothing is billed."""
    meaning = REFUSALS[submission.verdict]
    sentence = meaning.sentence.format(provider=edit.provider)
    return failed(
        meaning.reason,
        f"{sentence}: {submission.said}" if submission.said else f"{sentence}.",
        provider_said=submission.said,
    )


def _order(edit: Edit, model: Model, storage: Storage) -> Order:
    request = written(edit.request)
    nonce = f"{edit.edit_id}.{edit.attempt + 1}"
    source = edit.source
    bucket = source.bucket if source else ""

    def link(key: str) -> str:
        return storage.link(Source(bucket=bucket, key=key))

    return Order(
        model=model,
        prompt=request.prompt,
        video_url=storage.link(source, nonce=nonce) if source else None,
        image_urls=tuple(link(key) for key in request.images),
        elements=tuple(
            {"frontal": link(e.frontal), "references": [link(key) for key in e.references]}
            for e in request.elements
        ),
        keep_audio=request.keep_audio,
        aspect_ratio=request.aspect_ratio,
        duration_seconds=request.duration_seconds,
        fast=request.fast,
        idempotency_key=edit.edit_id,
    )


def _seconds_until(text: str | None, records: Records) -> int:
    if text is None:
        return 0
    left = (moment(text) - records.now()).total_seconds()
    return max(0, int(left + 0.999))
