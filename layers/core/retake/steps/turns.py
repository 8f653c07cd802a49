"""Whether it is an edit's turn to be sent, and what it waits for where it is not.

A provider that takes nobody now holds its key for all: one edit tries again by a timer, backing
off, and all the others stand in the line, which costs nothing. Whatever the refusal was for, it is
not the edit's fault, and no edit is refused for it again and again.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from retake.aws.dynamodb_changes import Change
from retake.catalog.schema import Model
from retake.domain.edit import Edit
from retake.domain.errors import LostRace, RetakeError
from retake.domain.stored import moment, timestamp
from retake.domain.vocabulary import Status, WaitsFor
from retake.providers.contract import Submission, Verdict
from retake.providers.failover import next_model
from retake.records.key_holds import held, opened
from retake.records.line import KeyNames
from retake.records.pool import Pool
from retake.records.slots import Slots, Turn
from retake.records.store import Records
from retake.steps.outcome import Next, Step, closing, in_line, seconds_to_settle, waiting
from retake.steps.policy import CIRCUIT_SECONDS, TRY_SECONDS
from retake.steps.submit_writing import SubmitContext, refusal

# What a refusal holds a key for: what is wrong with the account, or on the way to it.
HOLDS_FOR = {
    Verdict.NO_CREDIT: WaitsFor.NO_CREDIT,
    Verdict.BAD_KEY: WaitsFor.BAD_KEY,
    Verdict.NOT_SENT: WaitsFor.OUTAGE,
    Verdict.RATE_LIMITED: WaitsFor.RATE,
}
REFUSED_AS = {why: verdict for verdict, why in HOLDS_FOR.items()}
# What somebody has to mend, and what may last so long that an edit is given up.
ACCOUNTS = frozenset({WaitsFor.NO_CREDIT, WaitsFor.BAD_KEY})
PARKING = ACCOUNTS | {WaitsFor.OUTAGE}
FIRST_PROBE_SECONDS = 30
OUTAGE_SECONDS = 600  # a provider that cannot be reached is waited for at least so long
MAX_RATE_WAIT_SECONDS = 900  # whatever a provider asks for: it may have meant a date
TRIES = 5  # others write to the same item


def admitted(edit: Edit, model: Model, context: SubmitContext, key_names: KeyNames) -> Turn | Step:
    """Whether the edit may be sent now, and with which of the keys, else its way into the line.

    An edit that another model may take is offered even where the key is held: its refusal is what
    lets it go on there. So is one now and then that has just come, and would stand in line
    otherwise: it costs nothing more, and may find the account mended.
    """
    line = context.records.line
    pool = line.pool(model.provider)
    if line.has_other_keys(pool, key_names):
        line.fill(model.provider)  # with a key that is new those go first who wait
        return Step(edit.edit_id, Next.SUBMIT, 1)
    turn = line.turn(
        edit,
        pool,
        is_offered_anyway=lambda: next_model(edit, context.policy.model_order) is not None,
        may_try=lambda pool: _may_try(edit, pool, context),
    )
    return turn or kept_in_line(edit, model, context, pool)


def _may_try(edit: Edit, pool: Pool, context: SubmitContext) -> bool:
    """Whether an edit that has just come may try a key that is held for what somebody mends."""
    tried_at = pool.tried_at()
    if edit.waits_for is not None or pool.held_for() not in PARKING or tried_at is None:
        return False
    since = (context.records.now() - moment(tried_at)).total_seconds()
    return since >= min(TRY_SECONDS, context.policy.longest_probe_seconds)


def kept_in_line(
    edit: Edit, model: Model, context: SubmitContext, pool: Pool | None = None
) -> Step:
    """The edit stands in line, or has stood there as long as the stack allows. Raises LostRace."""
    line = context.records.line
    pool = pool or line.pool(model.provider)
    why = pool.held_for() or WaitsFor.SLOT
    left = _seconds_left(edit, pool, context)
    if left is not None and left <= 0:
        verdict = REFUSED_AS[why]
        return closing(
            context.insist(lambda: context.records.conclude(edit, refusal(edit, verdict)))
        )
    wait = _wait_from(edit, pool, left)
    joined = context.insist(lambda: line.join(edit, pool, why, **wait))
    with suppress(RetakeError):  # the sweep looks too
        line.fill(pool.provider)
    step = in_line(joined) if left is None else in_line(joined, round(left) + 1)
    return step.marked(f"parked: {why}" if why in ACCOUNTS else None)


def waiting_to_try(edit: Edit, seconds: int, records: Records) -> Step:
    """So long until the edit may be sent: where it tries a key, in a wait that can be ended
    before, and else by a timer. Raises LostRace."""
    if edit.waits_for is None and edit.probes is not None:
        edit = records.line.wait_to_try(edit)
    return in_line(edit, seconds) if edit.waits_for else Step(edit.edit_id, Next.SUBMIT, seconds)


def _seconds_left(edit: Edit, pool: Pool, context: SubmitContext) -> float | None:
    """How long the edit may still wait for what its keys are held for, all of them; None: as long
    as it takes."""
    if not pool.is_held:
        return None
    left = [_left_for(edit, slots, context) for slots in pool.keys.values()]
    known = [each for each in left if each is not None]
    return max(known) if len(known) == len(left) else None


def _wait_from(edit: Edit, pool: Pool, left: float | None) -> dict[str, str | None]:
    """Since when an edit waits for what its keys are held for, and until when it may."""
    began = [it.held_since for it in pool.keys.values() if it.held_since is not None]
    until = None if left is None else timestamp(pool.now + timedelta(seconds=left))
    since = _since(edit, min(began)) if began and pool.is_held else None
    return {"since": since, "until": until}


def _since(edit: Edit, held_since: str) -> str:
    return max(held_since, edit.validated_at or edit.created_at)


def _left_for(edit: Edit, slots: Slots, context: SubmitContext) -> float | None:
    if slots.held_for not in PARKING or slots.held_since is None:
        return None
    since = _since(edit, slots.held_since)
    waited = (context.records.now() - moment(since)).total_seconds()
    return _longest_wait(slots.held_for, context) - waited


def _longest_wait(why: WaitsFor, context: SubmitContext) -> int:
    least = OUTAGE_SECONDS if why is WaitsFor.OUTAGE else 0
    return max(context.policy.park_seconds, least)


def has_waited_enough(edit: Edit, context: SubmitContext, pool: Pool) -> bool:
    """Whether an edit has waited for what its key is held for as long as the stack allows."""
    left = _left_for(edit, _slots_of(edit, context, pool), context)
    return context.policy.park_seconds == 0 if left is None else left <= 0


def waiting_for_settings(edit: Edit, settle_seconds: int, records: Records) -> Step:
    """A clip whose settings may still come."""
    left = max(1, seconds_to_settle(edit, settle_seconds, records.now()))
    if edit.waits_for is None:
        until = timestamp(records.now() + timedelta(seconds=left))
        with suppress(LostRace):  # settings came this moment: then it is not waited for them
            records.line.wait_for_settings(edit, until)
    return Step(edit.edit_id, Next.SETTLE, left)


def _slots_of(edit: Edit, context: SubmitContext, pool: Pool) -> Slots:
    """How it stands with the key of an edit, which the vault may have lost meanwhile."""
    key, line = edit.provider_key, context.records.line
    return pool.keys.get(key) or context.insist(lambda: line.slots(key))


def held_back(edit: Edit, submission: Submission, context: SubmitContext, pool: Pool) -> Step:
    """The provider asked to wait: because too many run there, or too many came in a short time.

    Where others run and it names no time, or was given the time that it named, too many run: as
    many as do are the limit from now on, and the edit goes back to the head of the line.
    """
    line, key = context.records.line, edit.provider_key
    slots = _slots_of(edit, context, pool)
    others = slots.taken - 1
    was_told_when = submission.retry_after_seconds is not None
    if others <= 0 or (was_told_when and edit.probes != key):
        return put_off(edit, submission, context, pool)
    changes = [line.met(key, slots, others)]
    if edit.probes == key:
        changes.append(opened(key))
    return _unsent(edit, submission, context, changes, line.back(edit))


def put_off(edit: Edit, submission: Submission, context: SubmitContext, pool: Pool) -> Step:
    """The key is held. The edit goes back to the head of the line where another key may take it, or
    where somebody else tries this one; else it tries again for all."""
    line, key = context.records.line, edit.provider_key
    why = HOLDS_FOR[submission.verdict]
    for _ in range(TRIES):
        slots = _slots_of(edit, context, pool)
        wait = _wait_seconds(submission, slots, context)
        until = context.records.now() + timedelta(seconds=wait)
        is_others = slots.prober not in (None, edit.edit_id)
        changes, facts = [], line.back(edit)
        if pool.is_open_beside(key) and not is_others:
            changes = [held(key, edit, slots, why, until, prober=None)]
        elif is_others:
            facts["waits_for"] = why
        else:
            changes = [held(key, edit, slots, why, until, prober=edit.edit_id)]
            until = min([until, *_due_before(pool, key, edit)])
            facts = {"probes": key, "submit_not_before": timestamp(until), "waits_for": why}
        if facts["waits_for"] is why:
            since = _since(edit, slots.held_since or edit.updated_at)
            facts["waits_since"] = since
            if why in PARKING:
                end = moment(since) + timedelta(seconds=_longest_wait(why, context))
                facts["waits_until"] = timestamp(end)
        try:
            return _unsent(edit, submission, context, changes, facts)
        except LostRace:
            current = context.insist(lambda: context.records.get(edit.edit_id))
            if current.attempt_id != edit.attempt_id or current.status is not Status.SUBMITTING:
                raise
            pool = context.insist(lambda: line.pool(edit.provider or ""))
    return waiting(edit, FIRST_PROBE_SECONDS)


def _due_before(pool: Pool, key: str, edit: Edit) -> Iterator[datetime]:
    """When the other keys may be tried that nobody else does."""
    for other, slots in pool.held():
        if other != key and slots.prober in (None, edit.edit_id) and slots.held_until is not None:
            yield max(moment(slots.held_until), pool.now + timedelta(seconds=FIRST_PROBE_SECONDS))


def _unsent(
    edit: Edit,
    submission: Submission,
    context: SubmitContext,
    changes: Sequence[Change],
    facts: Mapping[str, Any],
) -> Step:
    """Raises LostRace."""
    unsent = context.insist(
        lambda: context.records.not_accepted(edit, *changes, why=submission.verdict, **facts)
    )
    why = HOLDS_FOR[submission.verdict]
    marker = f"parked: {why}" if why in ACCOUNTS else None
    if unsent.submit_not_before is None:
        return in_line(unsent).marked(marker)
    left = (moment(unsent.submit_not_before) - context.records.now()).total_seconds()
    return in_line(unsent, max(1, round(left))).marked(marker)


def _wait_seconds(submission: Submission, slots: Slots, context: SubmitContext) -> int:
    """Our own pace, growing, is the floor under whatever a provider asks for: -1, 0, or a date.

    Spread, because stacks that are refused at once would come back at once.
    """
    own: int = FIRST_PROBE_SECONDS * 2 ** min(slots.held_tries, 10)
    if submission.verdict is not Verdict.RATE_LIMITED:
        return min(own, context.policy.longest_probe_seconds)
    own = min(own, CIRCUIT_SECONDS)
    own += random.randint(0, max(1, own // 5))
    return max(own, min(submission.retry_after_seconds or 0, MAX_RATE_WAIT_SECONDS))
