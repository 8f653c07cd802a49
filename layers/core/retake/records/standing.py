"""What an edit waits for and how far it has come in its line, for whoever asks."""

from dataclasses import replace
from datetime import datetime, timedelta

from retake.domain.edit import WAITS, Edit
from retake.domain.stored import timestamp
from retake.domain.vocabulary import WaitsFor
from retake.domain.waits import Wait
from retake.records.line import Line
from retake.records.pool import Pool

LOOKED_THROUGH = 1000  # of a line: the places beyond are not counted out
TYPICAL_SECONDS = 180  # of a slot, until some have been given back
# What is waited for in the line of a provider, where the order matters.
OF_A_KEY = frozenset(
    {
        *(WaitsFor.SLOT, WaitsFor.RATE),
        *(WaitsFor.NO_CREDIT, WaitsFor.BAD_KEY, WaitsFor.OUTAGE),
    }
)


def wait_of(edit: Edit) -> Wait | None:
    """The wait that is on record; None for an edit that waits for nothing any more."""
    if edit.waits_for is None or edit.must_be_concluded:
        return None
    return Wait(
        waits_for=edit.waits_for,
        since=edit.waits_since or edit.line_since or edit.updated_at,
        provider=edit.provider,
        next_try_at=edit.submit_not_before,
        until=edit.waits_until,
    )


def standing_of(edit: Edit, line: Line) -> Wait | None:
    """The same with its place in line, from 1, and when its turn should come; without a place for
    one that is far behind. It may wait for more than when it joined: its keys may be held since.

    Raises Unavailable.
    """
    wait, provider = wait_of(edit), edit.waits_in
    if wait is None or provider is None or edit.line_place is None:
        return wait
    if edit.waits_for not in OF_A_KEY:
        return wait
    before = line.first(WAITS + provider, limit=LOOKED_THROUGH)
    ids = [edit_id for edit_id, _ in before]
    pool = line.pool(provider)
    wait = _as_held(wait, edit, pool)
    if edit.edit_id not in ids:
        return wait
    position = ids.index(edit.edit_id) + 1
    if pool.is_held:
        return replace(wait, position=position)
    seconds = position * (pool.mean_seconds() or TYPICAL_SECONDS) / pool.limit()
    return replace(wait, position=position, expected_start_at=_later(line.now(), seconds))


def _as_held(wait: Wait, edit: Edit, pool: Pool) -> Wait:
    """The wait for what its keys are held for, where none takes anybody."""
    why = pool.held_for()
    if why is None:
        return wait
    _, first = pool.held()[0]
    since = wait.since if why is wait.waits_for else first.held_since or wait.since
    return replace(
        wait,
        waits_for=why,
        since=max(since, edit.created_at),
        next_try_at=first.held_until,
    )


def _later(now: datetime, seconds: float) -> str:
    return timestamp(now + timedelta(seconds=seconds))
