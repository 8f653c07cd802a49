"""The one paid call: intent on record, one POST, verdict on record.

Whoever enters here again (a retried state, a redriven execution, a second Lambda) finds the
intent and never sends a second time.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from retake.aws.s3 import Storage
from retake.catalog.admission import quote
from retake.catalog.models import MODELS
from retake.catalog.schema import Model
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import LostRace, Unavailable
from retake.domain.footage import Footage
from retake.domain.source import Source
from retake.domain.stored import moment, required
from retake.domain.vocabulary import Reason, Status
from retake.providers.base import Provider
from retake.providers.contract import Order, Submission, Task, Verdict
from retake.providers.failover import FAILOVER_VERDICTS, next_model
from retake.records.circuit_breaker import Circuit, Circuits
from retake.records.store import Records, TaskTaken, failed
from retake.steps.outcome import Next, Step, closing, seconds_to_settle, waiting
from retake.steps.reconcile import attempt_mark

T = TypeVar("T")
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
SUBMITTED = frozenset({Status.SUBMITTING, Status.UNCERTAIN})
ACCEPT_TRIES = 3
# What is wrong with the account, not with the edit: it waits until somebody mends it.
PARKING_REASONS = {Verdict.NO_CREDIT: Reason.NO_CREDIT, Verdict.BAD_KEY: Reason.BAD_KEY}
PARKING_VERDICTS = {reason: verdict for verdict, reason in PARKING_REASONS.items()}
CIRCUIT_SECONDS = 300  # how often, at most, one of the waiting edits tries the provider again
PARKED_TRIES = 12  # how often at least within the time an edit may wait
# After the POST: the record is worth waiting for, within what is left of the function's minute.
WRITE_RETRY_SECONDS = (0.5, 1, 2, 4, 6, 8)
RETRY_DELAYS = {Verdict.RATE_LIMITED: RATE_WAIT_SECONDS, Verdict.NOT_SENT: UNSENT_WAIT_SECONDS}


@dataclass(frozen=True, slots=True)
class SubmitContext:
    """What writing a verdict down needs."""

    records: Records
    circuits: Circuits
    model_order: Sequence[str]
    sleep: Callable[[float], None]
    park_seconds: int

    @property
    def circuit_seconds(self) -> int:
        """How long a provider that refused is left alone."""
        return max(1, min(CIRCUIT_SECONDS, self.park_seconds // PARKED_TRIES))

    def retry_write(self, write: Callable[[], T]) -> T:
        """Repeat a write that the table cannot take now; raises Unavailable in the end."""
        for wait in WRITE_RETRY_SECONDS:
            try:
                return write()
            except Unavailable:
                self.sleep(wait)
        return write()


def submit(  # noqa: PLR0913  the record, and one collaborator for each thing it may touch
    edit: Edit,
    *,
    records: Records,
    circuits: Circuits,
    storage: Storage,
    provider: Callable[[str], Provider],
    first_wait_seconds: int,
    listen_seconds: int = 0,
    deadline_seconds: int = 0,
    model_order: Sequence[str] = (),
    callback_url: Callable[[Edit], str] | None = None,
    park_seconds: int = 0,
    settle_seconds: int = 0,
    sleep: Callable[[float], None] = time.sleep,
) -> Step:
    """Send the edit if it was never sent, and say where the workflow goes.

    `listen_seconds` is the first wait where the provider calls back, if that differs.
    `deadline_seconds` overrides the model's own when it is not 0; `model_order` names the models
    to fail over to; `callback_url` makes the address a provider shall call; for `park_seconds` an
    edit waits for credit or a good key, and for `settle_seconds` for the settings of its clip,
    which Validate then looks for again. Raises Misconfigured and Unavailable before the intent is
    written, and Unavailable when the verdict cannot be recorded however long it is insisted on.
    """
    if edit.must_be_concluded:
        return closing(edit)
    if edit.status is not Status.RECEIVED:
        return waiting(edit, first_wait_seconds)
    if edit.validated_at is None and edit.fit_planned_at is not None:
        return Step(edit.edit_id, Next.FIT)
    if edit.validated_at is None:
        left = seconds_to_settle(edit, settle_seconds, records.now())
        return Step(edit.edit_id, Next.SETTLE, max(1, left))
    wait = _seconds_until(edit.submit_not_before, records)
    if wait > 0:
        return Step(edit.edit_id, Next.SUBMIT, wait)
    model = MODELS[edit.model or ""]
    context = SubmitContext(records, circuits, model_order, sleep, park_seconds)
    circuit = _open_circuit(edit, model, context)
    if circuit is not None:
        return _parked(edit, circuit.why, context)
    adapter = provider(model.provider)
    call_back = callback_url(edit) if callback_url and model.calls_back else None
    envelope = adapter.prepare(_order(edit, model, storage, call_back))
    try:
        edit = records.begin_submit(
            edit,
            deadline=timedelta(seconds=deadline_seconds or model.deadline_seconds),
            listens=call_back is not None,
        )
    except LostRace:
        # Another worker holds the attempt. Its verdict is on the record, or will be.
        return waiting(edit, first_wait_seconds)
    if edit.listens and listen_seconds:
        first_wait_seconds = listen_seconds
    submission = adapter.send(envelope)
    try:
        return _record(edit, submission, context, first_wait_seconds)
    except LostRace:
        # Another worker wrote first about this very attempt; what it wrote is carried on.
        return waiting(edit, first_wait_seconds)


def _open_circuit(edit: Edit, model: Model, context: SubmitContext) -> Circuit | None:
    """The circuit that keeps this edit from its provider now.

    An edit that another model may take is offered all the same: its refusal is what lets it go on
    there. Of all that wait, one at a time tries whether the provider takes edits again.
    """
    circuit = context.circuits.of(model.provider) if context.park_seconds else None
    if circuit is None or next_model(edit, context.model_order) is not None:
        return None
    if _seconds_until(circuit.until, context.records) > 0:
        return circuit
    is_chosen = context.circuits.try_again(model.provider, circuit, seconds=context.circuit_seconds)
    return None if is_chosen else circuit


def _parked(edit: Edit, why: Reason, context: SubmitContext) -> Step:
    """Keep the edit until its provider takes edits again, or as long as the stack allows."""
    since = moment(edit.parked_since) if edit.parked_since else context.records.now()
    if (context.records.now() - since).total_seconds() >= context.park_seconds:
        said = Submission(verdict=PARKING_VERDICTS[why])
        return closing(
            context.retry_write(lambda: context.records.conclude(edit, refusal(edit, said)))
        )
    # Spread, so that a queue of a thousand does not come back in one second.
    wait = context.circuit_seconds + random.randint(0, context.circuit_seconds // 5)
    context.retry_write(lambda: context.records.park(edit, why, wait_seconds=wait))
    return Step(edit.edit_id, Next.SUBMIT, wait, log_marker=f"parked: {why}")


def _record(
    edit: Edit, submission: Submission, context: SubmitContext, first_wait_seconds: int
) -> Step:
    """Put the verdict on record. The write is insisted on; the POST never is."""
    records = context.records
    if submission.verdict is Verdict.ACCEPTED and submission.task is not None:
        _accept(edit, submission.task, context)
        if edit.parked_since is not None:
            context.circuits.close(edit.provider or "")
        return waiting(edit, first_wait_seconds)
    if submission.verdict is Verdict.AMBIGUOUS:
        context.retry_write(lambda: records.mark_uncertain(edit))
        return replace(waiting(edit, first_wait_seconds), log_marker="uncertain")
    tries = 1 + sum(each["model"] == edit.model for each in edit.attempts)
    if submission.verdict in RETRY_DELAYS and tries < UNSENT_TRIES:
        wait = submission.retry_after_seconds or RETRY_DELAYS[submission.verdict] * 2 ** (tries - 1)
        context.retry_write(
            lambda: records.not_accepted(edit, submission.verdict, wait_seconds=wait)
        )
        return Step(edit.edit_id, Next.SUBMIT, wait)
    other = (
        next_model(edit, context.model_order) if submission.verdict in FAILOVER_VERDICTS else None
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
    why = PARKING_REASONS.get(submission.verdict)
    if why is not None and context.park_seconds:
        seconds = context.circuit_seconds
        context.retry_write(
            lambda: context.circuits.open(edit.provider or "", why, seconds=seconds)
        )
        unsent = context.retry_write(
            lambda: records.not_accepted(edit, submission.verdict, wait_seconds=seconds)
        )
        return _parked(unsent, why, context)
    return closing(context.retry_write(lambda: records.conclude(edit, refusal(edit, submission))))


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


def _order(edit: Edit, model: Model, storage: Storage, callback_url: str | None) -> Order:
    request = required(edit.request)
    nonce = attempt_mark(edit, edit.attempt + 1)
    source = edit.clip
    bucket = edit.bucket

    def link(key: str) -> str:
        version_id = edit.pictures.get(key) or None
        return storage.link(Source(bucket=bucket, key=key, version_id=version_id))

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
        callback_url=callback_url,
        idempotency_key=edit.edit_id,
    )


def _seconds_until(text: str | None, records: Records) -> int:
    left = (moment(text) - records.now()).total_seconds() if text else 0.0
    return max(0, int(left + 0.999))
