"""The sums that money is counted in: one item for each scope and period.

They are changed in the very write that changes a record, by what the record holds before and after
it, so that a sum is never anything but the sum of what the records say. No arithmetic is possible
in a condition of DynamoDB: what is compared with a cap stands there as one number.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from retake.aws.dynamodb import ConditionFailed, Table
from retake.aws.dynamodb_changes import ABSENT, AtMost, Change
from retake.domain.charges import Charge
from retake.domain.edit import Edit
from retake.domain.money import usd_e4
from retake.domain.periods import DAY, KEPT_DAYS, MONTH, Calendar
from retake.domain.pieces import to_buy
from retake.domain.spending_caps import STACK, Cap
from retake.domain.stored import timestamp
from retake.domain.values import dataclass
from retake.records.keys import BUDGET_LINES, period_in, spent_key

COMMITTED, EDITS, BILLED_SECONDS = "committed", "edits", "billed_seconds"
MEASURES = (COMMITTED, EDITS, BILLED_SECONDS)
# By the key of a sum: what each of its numbers may be at most before the charge joins it.
Limits = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Purchase:
    """What buying an edit depends on beside a slot: the caps that must have room for it, and what
    is written in the same write as the intent. `edit` is as it was left by asking, where that has
    changed it."""

    caps: Sequence[Cap] = ()
    beside: Sequence[Change] = ()
    edit: Edit | None = None


FREELY = Purchase()


def charge_of(
    edit: Edit,
    caps: Sequence[Cap],
    calendar: Calendar,
    now: datetime,
    *,
    key_name: str | None = None,
) -> Charge:
    """What the next attempt of an edit reserves, and in which sums: those of the stack's day and
    month always, others where there is a cap."""
    periods, quoted_usd_e4 = calendar.periods(now), usd_e4(edit.quoted_usd or 0)
    sums = [(STACK, DAY), (STACK, MONTH), *((cap.scope, cap.period) for cap in caps)]
    return Charge(
        attempt=edit.attempt + 1,
        usd_e4=quoted_usd_e4,
        quoted_usd_e4=quoted_usd_e4,
        billed_seconds=edit.quoted_seconds or 0,
        day=periods[DAY],
        counters=tuple(dict.fromkeys(spent_key(scope, periods[kind]) for scope, kind in sums)),
        model=edit.model,
        key_name=key_name,
    )


def limits_of(charge: Charge, caps: Sequence[Cap], calendar: Calendar, now: datetime) -> Limits:
    """How far the sums may have gone for the charge to have room; of two caps the tighter."""
    periods = calendar.periods(now)
    limits: dict[str, dict[str, int]] = {}
    for cap in caps:
        bound = limits.setdefault(spent_key(cap.scope, periods[cap.period]), {})
        left = cap.limit - amounts(charge)[cap.measure]
        bound[cap.measure] = min(left, bound.get(cap.measure, left))
    return limits


def amounts(charge: Charge) -> Mapping[str, int]:
    """What a charge adds to each number of a sum."""
    return {COMMITTED: charge.usd_e4, EDITS: 1, BILLED_SECONDS: charge.billed_seconds}


def needs_of(edit: Edit) -> Mapping[str, int]:
    """What buying an edit adds to each number of a sum; all of a film's pieces at once."""
    return {
        COMMITTED: usd_e4(edit.quoted_usd or 0),
        EDITS: len(to_buy(edit.film, edit.edit_id)) if edit.film else 1,
        BILLED_SECONDS: edit.quoted_seconds or 0,
    }


def sum_changes(before: Edit, after: Edit, limits: Limits) -> list[Change]:
    """The writes that keep the sums true while a record changes from one state to the other."""
    if before.charges == after.charges:
        return []
    had, has = totals(before.charges), totals(after.charges)
    changes = []
    for key in sorted(had.keys() | has.keys()):
        more = {
            name: has.get(key, _NOTHING)[name] - had.get(key, _NOTHING)[name] for name in MEASURES
        }
        if any(more.values()):
            changes.append(
                Change(
                    key=key,
                    set={"expires_at": expiry_of(key)},
                    add={name: number for name, number in more.items() if number},
                    where={name: AtMost(most) for name, most in limits.get(key, {}).items()},
                )
            )
    return changes


_NOTHING: Mapping[str, int] = dict.fromkeys(MEASURES, 0)


def totals(charges: Iterable[Charge]) -> dict[str, dict[str, int]]:
    """What charges come to in each of the sums that hold them."""
    found: dict[str, dict[str, int]] = {}
    for charge in charges:
        for key in charge.counters:
            total = found.setdefault(key, dict(_NOTHING))
            for name, number in amounts(charge).items():
                total[name] += number
    return found


def expiry_of(key: str) -> int:
    """When a sum is forgotten, in seconds since 1970: long after its last edit has ended."""
    period = period_in(key)
    kind = DAY if len(period) > len("2026-11") else MONTH
    began = datetime.fromisoformat(period if kind == DAY else f"{period}-01").replace(tzinfo=UTC)
    return int((began + timedelta(days=KEPT_DAYS[kind])).timestamp())


class Spending:
    """The sums as they stand, and who has been told that one is full."""

    def __init__(self, table: Table, calendar: Calendar) -> None:
        self._table = table
        self.calendar = calendar

    def of(self, keys: Iterable[str]) -> dict[str, Mapping[str, int]]:
        """What the sums of these keys have come to. Raises Unavailable."""
        wanted = list(keys)
        found = self._table.get_many(wanted)
        return {
            key: {name: int(found.get(key, {}).get(name, 0)) for name in MEASURES} for key in wanted
        }

    def spent(self, caps: Sequence[Cap], now: datetime) -> dict[Cap, int]:
        """What is spent of each cap in its period. Raises Unavailable."""
        keys = {cap: self._key(cap, now) for cap in caps}
        sums = self.of(sorted(set(keys.values()))) if keys else {}
        return {cap: sums[key][cap.measure] for cap, key in keys.items()}

    def full(
        self, needs: Mapping[str, int], caps: Sequence[Cap], now: datetime
    ) -> list[tuple[Cap, int]]:
        """The caps that have no room for so much now, with what is spent of each."""
        spent = self.spent(caps, now)
        return [(cap, spent[cap]) for cap in caps if spent[cap] + needs[cap.measure] > cap.limit]

    def _key(self, cap: Cap, now: datetime) -> str:
        return spent_key(cap.scope, self.calendar.periods(now)[cap.period])

    def note_line(self, name: str, now: datetime) -> None:
        """An edit is about to wait in the line of this name."""
        self._table.write(Change(key=BUDGET_LINES, set={name: timestamp(now)}))

    def lines(self) -> dict[str, str]:
        """The names of the lines in which edits may wait for a budget, and when one joined last."""
        found = self._table.get(BUDGET_LINES) or {}
        return {name: str(since) for name, since in found.items() if name != "pk"}

    def forget_line(self, name: str, since: str) -> None:
        """Nobody waits in it any more, unless somebody has joined meanwhile."""
        gone = Change(key=BUDGET_LINES, set={name: None}, where={name: since})
        with suppress(ConditionFailed):
            self._table.write(gone)

    def claim_telling(self, cap: Cap, now: datetime) -> bool:
        """Whether this worker is the one who tells that a cap is reached: once a period, and once
        more when it was changed."""
        key = self._key(cap, now)
        mark = f"told_{cap.name}_{cap.limit}"
        if (self._table.get(key) or {}).get(mark) is not None:
            return False
        told = Change(key=key, set={mark: timestamp(now)}, where={mark: ABSENT})
        try:
            self._table.write(told)
        except ConditionFailed:
            return False
        return True

    def forget_telling(self, cap: Cap, now: datetime) -> None:
        """It could not be told after all."""
        key = self._key(cap, now)
        self._table.write(Change(key=key, set={f"told_{cap.name}_{cap.limit}": None}))
