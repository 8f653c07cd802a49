"""The keys of one provider, and which of them an edit may be sent with.

Most providers have one. Of several each has slots and a hold of its own, and all have one line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from retake.domain.provider_keys import DEFAULT, key_of
from retake.domain.values import dataclass
from retake.domain.vocabulary import WaitsFor
from retake.records.slots import Rooms, Slots, has_rate


def keys_of(provider: str, slots: Slots) -> list[str]:
    """All keys of a provider, by what the item that goes by it alone says."""
    return [key_of(provider, name) for name in slots.key_names or (DEFAULT,)]


@dataclass(frozen=True, slots=True)
class Pool:
    """How the keys of a provider stand at a moment; `line` is who of its line was served."""

    provider: str
    line: Slots
    keys: Mapping[str, Slots]
    rooms: Rooms
    now: datetime

    def is_of(self, names: Sequence[str]) -> bool:
        """Whether these are the names of its keys."""
        return self.keys.keys() == {key_of(self.provider, name) for name in names}

    @property
    def open(self) -> Mapping[str, Slots]:
        """The keys that nothing holds."""
        return {key: slots for key, slots in self.keys.items() if slots.held_until is None}

    @property
    def is_held(self) -> bool:
        """Whether no key takes anybody."""
        return not self.open

    def is_open_beside(self, key: str) -> bool:
        """Whether another key than this one takes edits."""
        return bool(self.open.keys() - {key})

    def free(self, key: str) -> int:
        return self.keys[key].free(self.rooms.of(key))

    def has_rate(self, key: str) -> bool:
        return has_rate(self.keys[key], self.rooms.of(key), self.now)

    def freest(self, *, whatever_rate: bool = False) -> str | None:
        """The key with most free slots, of those that may be sent with now."""
        able = [key for key in self.open if self.free(key)]
        if not whatever_rate:
            able = [key for key in able if self.has_rate(key)]
        return max(able, key=self.free, default=None)

    def all_free(self) -> int:
        """The free slots of all keys that nothing holds."""
        return sum(self.free(key) for key in self.open)

    def taken(self) -> int:
        """How many may run with any of its keys."""
        return sum(slots.taken for slots in self.keys.values())

    def held(self) -> list[tuple[str, Slots]]:
        """The keys that are held, who is to be tried first before the others."""
        found = [(key, slots) for key, slots in self.keys.items() if slots.held_until is not None]
        return sorted(found, key=lambda each: str(each[1].held_until))

    def held_for(self) -> WaitsFor | None:
        """Why nobody is sent, where no key takes anybody: as the one that is tried first."""
        return self.held()[0][1].held_for if self.is_held else None

    def tried_at(self) -> str | None:
        """When a key was last tried while no key took anybody."""
        tries = [slots.tried_at for slots in self.keys.values() if slots.tried_at is not None]
        return max(tries, default=None)

    def limit(self) -> int:
        """How many may run at once with all that are not held."""
        return sum(slots.limit(self.rooms.of(key)) for key, slots in self.open.items())

    def mean_seconds(self) -> float | None:
        """How long a slot is held on average."""
        released = sum(slots.released for slots in self.keys.values())
        seconds = sum(slots.held_seconds for slots in self.keys.values())
        return seconds / released if released else None

    def with_slots(self, key: str, slots: Slots, served: Mapping[str, Any]) -> "Pool":
        """The same after one more has had its turn."""
        return replace(self, keys={**self.keys, key: slots}, line=replace(self.line, **served))
