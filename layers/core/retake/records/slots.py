"""Slots: how many edits may run at once with one key of a provider, and whether it is held.

One item per key counts what the records say: an edit holds a slot from the intent to submit it, or
from the moment it is its turn, until the provider is proven done with it. The count changes in the
very write that changes the record, so the two cannot drift apart.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime
from typing import Any, ClassVar, Self

from retake.aws.dynamodb_changes import ABSENT, Below, Change
from retake.domain.edit import HOLDS, Edit
from retake.domain.provider_keys import DEFAULT, key_name_of, provider_of
from retake.domain.stored import Part, Readers, moment, timestamp
from retake.domain.values import dataclass
from retake.domain.vocabulary import Status, WaitsFor
from retake.records.keys import slots_key

FIRST_LIMIT = 4  # of a key whose limit nobody knows: few are refused where fewer may run
RAISE_SECONDS = 600  # a limit that was found is tried one higher so long after it was met

SLOWER = 1.3  # than the mean, by so much
MOST = 1000  # are found out by themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many may run at once, and be sent in a minute; None where nobody has said."""

    running: int | None = None
    per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class Rooms:
    """The room of each key: what the stack says of it, or of all keys of its provider, else what
    the provider's pages do."""

    running: Mapping[str, int] = field(default_factory=dict)
    per_minute: Mapping[str, int] = field(default_factory=dict)

    def of(self, key: str) -> Room:
        provider = provider_of(key)
        own = f"{provider}/{key_name_of(key) or DEFAULT}"
        running = self.running.get(own) or self.running.get(provider) or _documented(provider)
        per_minute = self.per_minute.get(own) or self.per_minute.get(provider)
        return Room(running=running, per_minute=per_minute)


def _documented(provider: str) -> int | None:
    """How many a new account runs at once, by the provider's own pages."""
    # Every function imports the records; few need the catalog when they start.
    from retake.catalog.models import MODELS

    found = [each.runs_at_once for each in MODELS.values() if each.provider == provider]
    return min((each for each in found if each is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots(Part):
    """The item of one key. Times are ISO 8601 text.

    `working_limit` is what was found by itself, `limit_met_at` when it was last met. While the key
    is held, `prober` alone may be sent. `served` is the stamp of the last who had its turn, by
    priority. Of `released` slots, `held_seconds` is how long all were held together. The item that
    goes by the provider alone says who was `served`, and the `key_names` of all its keys: none is
    the default one alone.
    """

    readers: ClassVar[Readers] = {"held_for": WaitsFor, "key_names": tuple}

    taken: int = 0
    changed_at: str | None = None
    working_limit: int | None = None
    limit_met_at: str | None = None
    held_until: str | None = None
    held_for: WaitsFor | None = None
    held_since: str | None = None
    held_tries: int = 0
    tried_at: str | None = None
    prober: str | None = None
    minute: str | None = None
    minute_count: int = 0
    served_0: int = 0
    served_1: int = 0
    served_2: int = 0
    released: int = 0
    held_seconds: int = 0
    key_names: tuple[str, ...] = ()

    def limit(self, room: Room) -> int:
        """How many may run at once now."""
        if room.running is None:
            return self.working_limit or FIRST_LIMIT
        return min(room.running, self.working_limit or room.running)

    def free(self, room: Room) -> int:
        return max(0, self.limit(room) - self.taken)

    def served(self, rank: int) -> int:
        return (self.served_0, self.served_1, self.served_2)[rank]

    def with_one_more(self, now: datetime) -> Self:
        """The same after one more was given a slot."""
        minute = _minute(now)
        count = self.minute_count + 1 if self.minute == minute else 1
        return replace(self, taken=self.taken + 1, minute=minute, minute_count=count)

    def is_due(self, now: datetime) -> bool:
        """Whether a held key may be tried again."""
        return self.held_until is not None and moment(self.held_until) <= now

    @property
    def mean_seconds(self) -> float | None:
        """How long a slot is held on average."""
        return self.held_seconds / self.released if self.released else None


@dataclass(frozen=True, slots=True)
class Turn:
    """It is an edit's turn: with which key, what must hold of which item when its intent is
    written, and the key that it tries for all who wait."""

    key: str
    guards: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    probes: str | None = None


def settled(edit: Edit) -> Edit:
    """The edit without the slot, the place in line or the wait that it needs no more: its end is
    decided, the provider has said that it is done, or its settings were found. A wait that begins
    is given its time."""
    is_over = edit.must_be_concluded or edit.said_done_at is not None
    if is_over or edit.status is Status.SAVING:
        edit = replace(edit, line=None, line_since=None, waits_for=None, probes=None)
    if edit.waits_for is WaitsFor.SETTINGS and (edit.validated_at or edit.fit_planned_at):
        edit = replace(edit, waits_for=None)
    if edit.waits_for is None:
        return replace(edit, waits_since=None, waits_until=None)
    return replace(edit, waits_since=edit.waits_since or edit.updated_at)


def slot_changes(
    before: Edit, after: Edit, guards: Mapping[str, Mapping[str, Any]], now: datetime
) -> list[Change]:
    """What a change of a record does to the counts; `guards` are what must hold of an item, by its
    key, for a slot to be taken there."""
    if before.slot == after.slot:
        return []
    changes = []
    if before.slot is not None:
        held = (now - moment(before.line_since or before.updated_at)).total_seconds()
        was_used = before.attempt_id is not None and after.status is not Status.RECEIVED
        told = {"released": 1, "held_seconds": round(held)} if was_used else {}
        changes.append(
            Change(
                key=slots_key(before.slot),
                set={"changed_at": timestamp(now)},
                add={"taken": -1, **told},
            )
        )
    if after.slot is not None:
        key = slots_key(after.slot)
        guard = dict(guards.get(key, {}))
        changes.append(
            Change(
                key=key,
                set={"changed_at": timestamp(now), **guard.pop("set", {})},
                add={"taken": 1, **guard.pop("add", {})},
                where=guard,
            )
        )
    return changes


def holding(key: str) -> str:
    """What `line` says of an edit that holds a slot of this key."""
    return HOLDS + key


def guard_of(slots: Slots, room: Room, now: datetime, *, is_probing: bool) -> dict[str, Any]:
    """What must hold of the item for one more slot to be taken, and what that writes beside."""
    guard: dict[str, Any] = {"taken": Below(slots.limit(room))}
    if not is_probing:
        guard["held_until"] = ABSENT
    if room.per_minute is None:
        return guard
    minute = _minute(now)
    if slots.minute == minute:
        guard |= {"minute": minute, "minute_count": Below(room.per_minute)}
        return guard | {"add": {"minute_count": 1}}
    guard["minute"] = slots.minute or ABSENT
    return guard | {"set": {"minute": minute, "minute_count": 1}}


def has_rate(slots: Slots, room: Room, now: datetime) -> bool:
    """Whether one more may be sent in this minute."""
    if room.per_minute is None or slots.minute != _minute(now):
        return True
    return slots.minute_count < room.per_minute


def may_be_raised(slots: Slots, room: Room, now: datetime, took_seconds: float | None) -> bool:
    """Whether a limit that was found by itself may be tried one higher, by one who has just been
    finished in so long."""
    if took_seconds is None or slots.limit(room) >= (room.running or MOST):
        return False
    # Slower than usual: a provider that refuses nobody has begun to queue.
    if took_seconds > SLOWER * (slots.mean_seconds or took_seconds):
        return False
    met_at = slots.limit_met_at
    return met_at is None or (now - moment(met_at)).total_seconds() >= RAISE_SECONDS


def _minute(now: datetime) -> str:
    return timestamp(now)[:16]
