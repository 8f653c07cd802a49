"""The one paid call: intent on record, one POST, verdict on record.

Whoever enters here again (a retried state, a redriven execution, a second Lambda) finds the
intent and never sends a second time.
"""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec

from retake.aws.s3 import Storage
from retake.catalog.models import MODELS
from retake.catalog.schema import Model
from retake.domain.conclusions import rejection
from retake.domain.edit import Edit
from retake.domain.errors import LostRace, Refused
from retake.domain.source import Source
from retake.domain.stored import moment, required
from retake.domain.vocabulary import Status
from retake.providers.base import Provider
from retake.providers.contract import Order
from retake.records.callback_proof import CallbackProof
from retake.records.store import Records
from retake.records.transitions import NoRoom
from retake.steps.outcome import Next, Step, closing, waiting
from retake.steps.pieces import turn
from retake.steps.policy import CLIP_LINK_SECONDS, SubmitPolicy
from retake.steps.reconcile import attempt_mark
from retake.steps.spending_guard import SpendingGuard
from retake.steps.submit_verdict import record_verdict
from retake.steps.submit_writing import SubmitContext
from retake.steps.turns import admitted, kept_in_line, waiting_for_settings, waiting_to_try

P = ParamSpec("P")
# A clip that was found so long before the paid call is looked for again: it may be gone.
FRESH_SECONDS = 60


def _submitted_again(
    step: Callable[Concatenate[Edit, P], Step],
) -> Callable[Concatenate[Edit, P], Step]:
    """The same step, that begins anew where another worker has changed the record meanwhile: what
    that wrote is looked at first."""

    @wraps(step)
    def begun(edit: Edit, /, *given: P.args, **options: P.kwargs) -> Step:
        try:
            return step(edit, *given, **options)
        except LostRace:
            return Step(edit.edit_id, Next.SUBMIT, 1)

    return begun


@_submitted_again
def submit(  # noqa: PLR0913  the record, and one collaborator for each thing it may touch
    edit: Edit,
    *,
    records: Records,
    storage: Storage,
    provider: Callable[[str], Provider],
    policy: SubmitPolicy,
    spending: SpendingGuard,
    callback_url: Callable[[Edit], str] | None = None,
    proof: CallbackProof | None = None,
    enqueue: Callable[[str], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Step:
    """Send the edit if it was never sent, and say where the workflow goes.

    `spending` says whether it may be paid for. `callback_url` makes the address a provider shall
    call; only one that has called before, as `proof` knows, is relied on to. `enqueue` has the
    pieces of a film begin. Raises Misconfigured and Unavailable before the intent is written, and
    Unavailable when the verdict cannot be recorded however long it is insisted on.
    """
    if edit.must_be_concluded:
        return closing(edit)
    if edit.film is not None:
        return turn(
            edit,
            records=records,
            enqueue=required(enqueue),
            admitted=lambda film: spending.admitted(film, MODELS[film.model or ""]),
        )
    if edit.status is not Status.RECEIVED:
        return waiting(edit, policy.first_wait_seconds)
    if edit.validated_at is None and edit.fit_planned_at is not None:
        return Step(edit.edit_id, Next.FIT)
    if edit.validated_at is None:
        return waiting_for_settings(edit, policy.settle_seconds, records)
    wait = _seconds_until(edit.submit_not_before, records)
    if wait > 0:
        return waiting_to_try(edit, wait, records)
    model = MODELS[edit.model or ""]
    context = SubmitContext(records, policy, sleep)
    purchase = spending.admitted(edit, model)
    if isinstance(purchase, Step):
        return purchase
    edit = purchase.edit or edit
    its_turn = admitted(edit, model, context, provider(model.provider).key_names)
    if isinstance(its_turn, Step):
        return its_turn
    gone = _gone_meanwhile(edit, storage, records)
    if gone is not None:
        return closing(records.conclude(edit, rejection(gone)))
    adapter = provider(its_turn.key)
    is_given = model.calls_back and model.provider in policy.callback_providers
    call_back = callback_url(edit) if callback_url and is_given else None
    mark = attempt_mark(edit, edit.attempt + 1, policy.stack_mark)
    envelope = adapter.prepare(_order(edit, model, storage, call_back, mark, policy))
    try:
        edit = records.begin_submit(
            edit,
            deadline=timedelta(seconds=policy.deadline_seconds or model.deadline_seconds),
            mark=mark,
            listens=call_back is not None and proof is not None and proof.holds(model.provider),
            turn=its_turn,
            purchase=purchase,
        )
    except NoRoom as refusal:
        # Somebody else took the last slot, or the last of a budget, in this very moment.
        refused = spending.refused(edit, purchase, refusal.keys)
        return refused or kept_in_line(edit, model, context)
    except LostRace:
        # Another worker holds the attempt. Its verdict is on the record, or will be.
        return waiting(edit, policy.first_wait_seconds)
    is_called = edit.listens and policy.listen_seconds
    first_wait_seconds = policy.listen_seconds if is_called else policy.first_wait_seconds
    submission = adapter.send(envelope)
    try:
        return record_verdict(edit, submission, context, first_wait_seconds)
    except LostRace:
        # Another worker wrote first about this very attempt; what it wrote is carried on.
        return waiting(edit, first_wait_seconds)


def _gone_meanwhile(edit: Edit, storage: Storage, records: Records) -> Refused | None:
    """Why what the edit needs cannot be read any more, looked for again after any wait.

    A provider bills for an order whose clip it cannot fetch, or refuses it in words of its own.
    """
    if _seconds_since(required(edit.validated_at), records) < FRESH_SECONDS:
        return None
    try:
        for source in _sources(edit):
            storage.head(source)
    except Refused as refusal:
        return refusal
    return None


def _sources(edit: Edit) -> Iterator[Source]:
    if edit.clip is not None:
        yield edit.clip
    yield from edit.shown
    for key, version_id in edit.pictures.items():
        yield Source(bucket=edit.bucket, key=key, version_id=version_id or None)


def _order(
    edit: Edit,
    model: Model,
    storage: Storage,
    callback_url: str | None,
    nonce: str,
    policy: SubmitPolicy,
) -> Order:
    request = required(edit.request)
    source = edit.clip
    bucket = edit.bucket
    clip_url = storage.link(source, seconds=CLIP_LINK_SECONDS, nonce=nonce) if source else None

    def link(key: str) -> str:
        version_id = edit.pictures.get(key) or None
        picture = Source(bucket=bucket, key=key, version_id=version_id)
        return storage.link(picture, seconds=CLIP_LINK_SECONDS)

    return Order(
        model=model,
        prompt=request.prompt,
        video_url=clip_url,
        image_urls=(
            *(link(key) for key in request.images),
            *(storage.link(each, seconds=CLIP_LINK_SECONDS) for each in edit.shown),
        ),
        elements=tuple(
            {"frontal": link(e.frontal), "references": [link(key) for key in e.references]}
            for e in request.elements
        ),
        keep_audio=request.keep_audio,
        aspect_ratio=request.aspect_ratio,
        duration_seconds=request.duration_seconds,
        resolution=request.resolution,
        fast=request.fast,
        callback_url=callback_url,
        idempotency_key=".".join(filter(None, (edit.edit_id, policy.stack_mark))),
    )


def _seconds_since(text: str, records: Records) -> float:
    return (records.now() - moment(text)).total_seconds()


def _seconds_until(text: str | None, records: Records) -> int:
    left = (moment(text) - records.now()).total_seconds() if text else 0.0
    return max(0, int(left + 0.999))
