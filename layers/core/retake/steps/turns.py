"""Whether it is an edit's turn to be sent, and what it waits for where it is not.

A provider that takes nobody now holds its key for all: one edit tries again by a timer, backing
off, and all the others stand in the line, which costs nothing. Whatever the refusal was for, it is
not the edit's fault, and no edit is refused for it again and again.
"""

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from retake.aws.dynamodb_changes import Change
from retake.catalog.schema import Model
from retake.domain.edit import Edit
from retake.domain.errors import LostRace, RetakeError
from retake.domain.stored import moment, timestamp
from retake.domain.vocabulary import Status, WaitsFor
from retake.providers.contract import Submission, Verdict
from retake.providers.failover import next_model
from retake.records.key_states import held_since
from retake.records.slots import Slots, Turn
from retake.records.store import Records
from retake.steps.outcome import Next, Step, closing, in_line, seconds_to_settle, waiting
from retake.steps.policy import CIRCUIT_SECONDS
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


def admitted(edit: Edit, model: Model, context: SubmitContext) -> Turn | Step:
    """Whether the edit may be sent now, else its way into the line.

    An edit that another model may take is offered even where the key is held: its refusal is what
    lets it go on there. So is one now and then that has just come, and would stand in line
    otherwise: it costs nothing more, and may find the account mended.
    """
    key, line = model.provider, context.records.line
    slots = line.slots(key)
    is_held = slots.held_until is not None
    turn = line.turn(
        edit,
        key,
        slots,
        is_offered_anyway=is_held and next_model(edit, context.policy.model_order) is not None,
        may_try=is_held and _may_try(edit, slots, context),
    )
    return turn or kept_in_line(edit, model, context, slots)


def _may_try(edit: Edit, slots: Slots, context: SubmitContext) -> bool:
    """Whether an edit that has just come may try a key that is held for what somebody mends."""
    if edit.waits_for is not None or slots.held_for not in PARKING or slots.tried_at is None:
        return False
    since = (context.records.now() - moment(slots.tried_at)).total_seconds()
    return since >= min(CIRCUIT_SECONDS, context.policy.longest_probe_seconds)


def kept_in_line(
    edit: Edit, model: Model, context: SubmitContext, slots: Slots | None = None
) -> Step:
    """The edit stands in line, or has stood there as long as the stack allows."""
    key, line = model.provider, context.records.line
    slots = slots or line.slots(key)
    why = _why(slots, context)
    left = _seconds_left(edit, slots, context)
    if left is not None and left <= 0:
        verdict = REFUSED_AS[why]
        return closing(
            context.retry_write(lambda: context.records.conclude(edit, refusal(edit, verdict)))
        )
    try:
        until = _given_up_at(left, context)
        joined = context.retry_write(lambda: line.join(edit, key, why, slots=slots, until=until))
    except LostRace:
        # Another worker has changed the record; what it wrote is looked at first.
        return Step(edit.edit_id, Next.SUBMIT, 1)
    with suppress(RetakeError):  # the sweep looks too
        line.fill(key)
    step = in_line(joined) if left is None else in_line(joined, round(left) + 1)
    return step.marked(f"parked: {why}" if why in ACCOUNTS else None)


def _why(slots: Slots, context: SubmitContext) -> WaitsFor:
    if slots.held_for is not None:
        return slots.held_for
    return WaitsFor.SLOT


def _seconds_left(edit: Edit, slots: Slots, context: SubmitContext) -> float | None:
    """How long the edit may still wait for what its key is held for; None: as long as it takes."""
    if slots.held_for not in PARKING or slots.held_since is None:
        return None
    since = held_since(edit, slots)
    waited = (context.records.now() - moment(since or slots.held_since)).total_seconds()
    return _longest_wait(slots.held_for, context) - waited


def _longest_wait(why: WaitsFor, context: SubmitContext) -> int:
    least = OUTAGE_SECONDS if why is WaitsFor.OUTAGE else 0
    return max(context.policy.park_seconds, least)


def _wait_of(
    edit: Edit, why: WaitsFor, slots: Slots, left: float | None, context: SubmitContext
) -> dict[str, Any]:
    """What a record says of a wait for what a key is held for; `left` seconds until it ends."""
    until = _given_up_at(left, context)
    return {"waits_for": why, "waits_since": held_since(edit, slots), "waits_until": until}


def _given_up_at(left_seconds: float | None, context: SubmitContext) -> str | None:
    if left_seconds is None:
        return None
    return timestamp(context.records.now() + timedelta(seconds=left_seconds))


def has_waited_enough(edit: Edit, context: SubmitContext) -> bool:
    """Whether an edit has waited for what its key is held for as long as the stack allows."""
    slots = context.records.line.slots(edit.provider or "")
    left = _seconds_left(edit, slots, context)
    return context.policy.park_seconds == 0 if left is None else left <= 0


def waiting_to_try(edit: Edit, seconds: int, records: Records) -> Step:
    """One that tries a key again for all others, before it is time: woken where it is cancelled."""
    if edit.waits_for is None:
        slots = records.line.slots(edit.probes or edit.provider or "")
        why = slots.held_for or WaitsFor.RATE
        try:
            edit = records.line.begin_wait(edit, why, since=held_since(edit, slots))
        except LostRace:
            return Step(edit.edit_id, Next.SUBMIT, 1)  # what the other worker wrote goes first
    return in_line(edit, seconds)


def waiting_for_settings(edit: Edit, settle_seconds: int, records: Records) -> Step:
    """A clip whose settings may still come."""
    left = max(1, seconds_to_settle(edit, settle_seconds, records.now()))
    if edit.waits_for is None:
        until = timestamp(records.now() + timedelta(seconds=left))
        with suppress(LostRace):  # settings came this moment: then it is not waited for them
            records.line.begin_wait(edit, WaitsFor.SETTINGS, since=edit.created_at, until=until)
    return Step(edit.edit_id, Next.SETTLE, left)


def held_back(edit: Edit, submission: Submission, context: SubmitContext) -> Step:
    """The provider asked to wait: because too many run there, or too many came in a short time.

    Where others run and it names no time, or was given the time that it named, too many run: as
    many as do are the limit from now on, and the edit goes back to the head of the line.
    """
    line, key = context.records.line, edit.provider or ""
    slots = line.slots(key)
    others = slots.taken - 1
    was_told_when = submission.retry_after_seconds is not None
    if others <= 0 or (was_told_when and edit.probes != key):
        return put_off(edit, submission, context)
    changes = [line.met(key, slots, others)]
    if edit.probes == key:
        changes.append(line.opened(key))
    return _unsent(edit, submission, context, changes, line.back(edit, key))


def put_off(edit: Edit, submission: Submission, context: SubmitContext) -> Step:
    """The key is held, and this edit tries again for all; or it waits behind the one who does."""
    line, key = context.records.line, edit.provider or ""
    why = HOLDS_FOR[submission.verdict]
    for _ in range(TRIES):
        slots = line.slots(key)
        if slots.prober not in (None, edit.edit_id):
            left = _seconds_left(edit, slots, context)
            facts = {**line.back(edit, key), **_wait_of(edit, why, slots, left, context)}
            return _unsent(edit, submission, context, [], facts)
        wait = _wait_seconds(submission, slots, context)
        until = context.records.now() + timedelta(seconds=wait)
        hold = line.held(key, edit, slots, why, until)
        left = _seconds_left(edit, slots, context)
        if left is None and why in PARKING:
            left = float(_longest_wait(why, context))
        facts = {"probes": key, "submit_not_before": timestamp(until)}
        facts |= _wait_of(edit, why, slots, left, context)
        try:
            return _unsent(edit, submission, context, [hold], facts)
        except LostRace:
            current = context.records.get(edit.edit_id)
            if current.attempt_id != edit.attempt_id or current.status is not Status.SUBMITTING:
                raise
    return waiting(edit, FIRST_PROBE_SECONDS)


def _unsent(
    edit: Edit,
    submission: Submission,
    context: SubmitContext,
    changes: Sequence[Change],
    facts: Mapping[str, Any],
) -> Step:
    """Raises LostRace."""
    unsent = context.retry_write(
        lambda: context.records.not_accepted(edit, *changes, why=submission.verdict, **facts)
    )
    why = HOLDS_FOR[submission.verdict]
    marker = f"parked: {why}" if why in ACCOUNTS else None
    if unsent.submit_not_before is None:
        return in_line(unsent).marked(marker)
    left = (moment(unsent.submit_not_before) - context.records.now()).total_seconds()
    return in_line(unsent, round(left)).marked(marker)


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
