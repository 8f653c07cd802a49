"""How it stands with all slots and lines of a stack at once, for whoever watches it.

It reads two times, a third time for several keys of one provider, and counts no line to its end, so
that a board may ask every few seconds.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from retake.aws.dynamodb import Table
from retake.domain.edit import WAITS
from retake.domain.periods import Calendar
from retake.domain.spending_caps import Cap
from retake.domain.values import dataclass
from retake.domain.vocabulary import WaitsFor
from retake.records.approvals import LINE as APPROVALS
from retake.records.equal_edits import TWINS
from retake.records.keys import BUDGET_LINES, slots_key, spent_key
from retake.records.line import Line
from retake.records.pool import Pool, keys_of
from retake.records.slots import Slots

COUNTED = 100  # in each line: of more it is only said that there are


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCounts:
    """The slots of one provider's key; `held_for` is why nobody is sent with it now."""

    key: str
    taken: int
    limit: int
    held_for: WaitsFor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCounts:
    """The keys with which something runs or waits, or that are held; who waits, by what for; what
    is spent of caps.

    Where more than `COUNTED` wait in one line it counts as one more than that.
    """

    keys: Sequence[KeyCounts]
    waiting: Mapping[WaitsFor, int]
    caps: Sequence[tuple[Cap, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCounter:
    """Over the table: `providers` have keys, `caps` are those of the stack."""

    table: Table
    line: Line
    calendar: Calendar
    providers: Sequence[str]
    caps: Sequence[Cap]

    def counts(self, now: datetime) -> LineCounts:
        """Raises Unavailable."""
        periods = self.calendar.periods(now)
        sums = {cap: spent_key(cap.scope, periods[cap.period]) for cap in self.caps}
        slots_keys = [slots_key(name) for name in self.providers]
        found = self.table.get_many([*slots_keys, BUDGET_LINES, *sums.values()])
        pools = self._pools(found, now)
        waiting = {name: self._waiting(name) for name in pools}
        by_reason: Counter[WaitsFor] = Counter()
        for name, many in waiting.items():
            by_reason[pools[name].held_for() or WaitsFor.SLOT] += many
        names = [name for name in found.get(BUDGET_LINES, {}) if name != "pk"]
        for name, why in _reasons([APPROVALS, *names]):
            by_reason[why] += self._waiting(name)
        return LineCounts(
            keys=[
                KeyCounts(
                    key=key,
                    taken=slots.taken,
                    limit=slots.limit(self.line.rooms.of(key)),
                    held_for=slots.held_for,
                )
                for name, pool in pools.items()
                for key, slots in pool.keys.items()
                if slots.taken or waiting[name] or slots.held_for is not None
            ],
            waiting=+by_reason,
            caps=[(cap, int(found.get(key, {}).get(cap.measure, 0))) for cap, key in sums.items()],
        )

    def _pools(self, found: Mapping[str, Mapping[str, Any]], now: datetime) -> dict[str, Pool]:
        """The keys of each provider that the table knows anything of."""
        own = {
            name: Slots.from_mapping(found[slots_key(name)])
            for name in self.providers
            if slots_key(name) in found
        }
        keys = {name: keys_of(name, slots) for name, slots in own.items()}
        others = [slots_key(key) for name, each in keys.items() for key in each if key != name]
        known = {**found, **(self.table.get_many(others) if others else {})}
        return {
            name: Pool(
                name,
                slots,
                {key: Slots.from_mapping(known.get(slots_key(key), {})) for key in keys[name]},
                self.line.rooms,
                now,
            )
            for name, slots in own.items()
        }

    def _waiting(self, name: str) -> int:
        return len(self.line.first(WAITS + name, limit=COUNTED + 1))


def _reasons(names: Iterable[str]) -> Iterator[tuple[str, WaitsFor]]:
    """What is waited for in the lines that are no provider's."""
    for name in names:
        if name == APPROVALS:
            yield name, WaitsFor.APPROVAL
        else:
            yield name, WaitsFor.TWIN if name.startswith(TWINS) else WaitsFor.OVER_BUDGET
