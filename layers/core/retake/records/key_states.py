"""How it stands with each key of a provider, and the writes by which it is held and let go."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from retake.aws.dynamodb import ConditionFailed, Table
from retake.aws.dynamodb_changes import ABSENT, Change
from retake.domain.edit import Edit
from retake.domain.stored import timestamp
from retake.domain.vocabulary import WaitsFor
from retake.records.keys import slots_key
from retake.records.slots import Rooms, Slots


class KeyStates:
    """The writes to the items of the keys, over any Table."""

    def __init__(self, table: Table, *, rooms: Rooms, now: Callable[[], datetime]) -> None:
        self._table = table
        self.rooms = rooms
        self.now = now

    def let_go(self, key: str, edit_id: str) -> None:
        """An edit does not try the key any more; another one will. Raises Unavailable."""
        gone = Change(key=slots_key(key), set={"prober": None}, where={"prober": edit_id})
        with suppress(ConditionFailed):
            self._table.write(gone)

    def recount(self, key: str, slots: Slots, taken: int) -> None:
        """So many hold a slot, by their records, unless that has changed. Raises Unavailable."""
        changed_at = slots.changed_at or ABSENT
        with suppress(ConditionFailed):
            self._table.write(
                Change(key=slots_key(key), set={"taken": taken}, where={"changed_at": changed_at})
            )

    def opened(self, key: str) -> Change:
        """The write by which a key is held no more."""
        names = ("held_until", "held_for", "held_since", "held_tries", "tried_at", "prober")
        return Change(key=slots_key(key), set=dict.fromkeys(names))

    def held(self, key: str, edit: Edit, slots: Slots, why: WaitsFor, until: datetime) -> Change:
        """The write by which nobody but this edit is sent before it has tried again."""
        return Change(
            key=slots_key(key),
            set={
                "held_until": timestamp(until),
                "held_for": why,
                "held_since": slots.held_since or edit.updated_at,
                "held_tries": slots.held_tries + 1,
                "tried_at": edit.submit_started_at or edit.updated_at,
                "prober": edit.edit_id,
            },
            where={"prober": slots.prober or ABSENT},
        )

    def met(self, key: str, slots: Slots, running: int) -> Change:
        """The write by which no more run with a key than do, until that is tried again."""
        limit = min(running, slots.limit(self.rooms.of(key)))
        met_at = timestamp(self.now())
        return Change(key=slots_key(key), set={"working_limit": limit, "limit_met_at": met_at})


def held_since(edit: Edit, slots: Slots) -> str | None:
    """Since when an edit waits for what its key is held for; None where that is not held."""
    if slots.held_since is None or slots.held_until is None:
        return None
    return max(slots.held_since, edit.validated_at or edit.created_at)
