"""The writes by which a key of a provider is held, is held no more, or takes fewer at once."""

from datetime import datetime

from retake.aws.dynamodb_changes import ABSENT, Change
from retake.domain.edit import Edit
from retake.domain.stored import timestamp
from retake.domain.vocabulary import WaitsFor
from retake.records.keys import slots_key
from retake.records.slots import Slots

_OF_A_HOLD = ("held_until", "held_for", "held_since", "held_tries", "tried_at", "prober")


def opened(key: str) -> Change:
    """A key is held no more."""
    return Change(key=slots_key(key), set=dict.fromkeys(_OF_A_HOLD))


def held(
    key: str, edit: Edit, slots: Slots, why: WaitsFor, until: datetime, *, prober: str | None
) -> Change:
    """A key takes nobody before it has been tried again, by the prober where there is one."""
    return Change(
        key=slots_key(key),
        set={
            "held_until": timestamp(until),
            "held_for": why,
            "held_since": slots.held_since or edit.updated_at,
            "held_tries": slots.held_tries + 1,
            "tried_at": edit.submit_started_at or edit.updated_at,
            "prober": prober,
        },
        where={"prober": slots.prober or ABSENT},
    )


def prober_named(key: str, edit: Edit, slots: Slots) -> Change:
    """An edit tries a key that is held, when it may be tried."""
    return Change(
        key=slots_key(key),
        set={"prober": edit.edit_id},
        where={"prober": ABSENT, "held_until": slots.held_until},
    )


def due(key: str, slots: Slots, now: datetime) -> Change:
    """A key that is held may be tried at once."""
    return Change(
        key=slots_key(key),
        set={"held_until": timestamp(now)},
        where={"held_until": slots.held_until, "prober": slots.prober or ABSENT},
    )


def met(key: str, limit: int, now: datetime) -> Change:
    """No more run with a key than do, until that is tried again."""
    return Change(key=slots_key(key), set={"working_limit": limit, "limit_met_at": timestamp(now)})
