"""What was spent, summed from the records, and whether the sums that budgets go by agree.

Records are listed by the day on which they were asked for, and money counts on the day of its
intent: so the days before those that are asked about are read too, as far as LOOK_BACK_DAYS.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from retake.api.problems import Problem
from retake.aws.dynamodb import BATCH_KEYS
from retake.domain.charges import Charge
from retake.domain.edit import Edit
from retake.domain.periods import DAY
from retake.domain.spending_caps import STACK, Cap
from retake.domain.vocabulary import Status
from retake.records.keys import pieces_day, spent_key
from retake.records.spending import COMMITTED
from retake.records.store import Records

MAX_RECORDS = 5000  # read for one answer
MAX_DAYS = 31
LOOK_BACK_DAYS = 35  # an edit may wait for the budget of the next month


@dataclass(slots=True)
class Sum:
    """Money in $0.0001. What is billed, at risk and reserved makes what the budgets count."""

    attempts: int = 0
    quoted: int = 0
    billed: int = 0
    at_risk: int = 0
    reserved: int = 0

    def add(self, edit: Edit, charge: Charge) -> None:
        """One paid call: reserved while it is out, at risk where its fate was never learnt."""
        is_last = charge.attempt == edit.attempt
        self.attempts += 1
        self.quoted += charge.quoted_usd_e4
        if is_last and edit.status is Status.SUCCEEDED:
            self.billed += charge.usd_e4
        elif is_last and not edit.is_finished:
            self.reserved += charge.usd_e4
        else:
            self.at_risk += charge.usd_e4

    @property
    def counted(self) -> int:
        return self.billed + self.at_risk + self.reserved


@dataclass(frozen=True, slots=True)
class Check:
    """One day of the stack: what its records say, and what its sum does."""

    day: str
    recorded: int
    counted: int


@dataclass(frozen=True, slots=True)
class Costs:
    """The sums by one word, and all together; `checks` is None where not all records were read."""

    since: str
    until: str
    by: str
    lines: Mapping[str, Sum]
    total: Sum
    records_read: int
    is_complete: bool
    checks: Sequence[Check] | None = None
    caps: Sequence[tuple[Cap, int]] = field(default_factory=tuple)


def days_asked(since: str | None, until: str | None, today: date) -> tuple[date, date]:
    """The first and the last day; without a word the month so far. Raises Problem."""
    try:
        last = date.fromisoformat(until) if until else today
        first = date.fromisoformat(since) if since else last.replace(day=1)
    except ValueError:
        raise _bad_days("A day is written as 2026-11-28.", f"{since}/{until}") from None
    if first > last or (last - first).days >= MAX_DAYS:
        raise _bad_days(f"The days are at most {MAX_DAYS}, in order.", f"{first}/{last}")
    return first, last


def _bad_days(sentence: str, found: str) -> Problem:
    return Problem("INVALID_PARAMETER", sentence, field="since", found=found[:50])


def costs(  # noqa: PLR0913  the days, what is summed by, and who asks
    first: date,
    last: date,
    by: str,
    *,
    records: Records,
    word: Callable[[Edit, Charge], str],
    sees: Callable[[Edit], bool],
    is_confined: bool,
    caps: Sequence[Cap],
) -> Costs:
    """The sums over the attempts of these days. Raises Unavailable."""
    lines: dict[str, Sum] = {}
    total, per_day = Sum(), {_text(day): 0 for day in _days(first, last)}
    ids, is_whole = _listed(first - timedelta(days=LOOK_BACK_DAYS), last, records)
    for edit in _read(ids, records):
        for charge in edit.charges:
            if charge.day not in per_day or not sees(edit):
                continue
            lines.setdefault(word(edit, charge), Sum()).add(edit, charge)
            total.add(edit, charge)
            per_day[charge.day] += charge.usd_e4
    is_checked = is_whole and not is_confined
    return Costs(
        since=_text(first),
        until=_text(last),
        by=by,
        lines=dict(sorted(lines.items())),
        total=total,
        records_read=len(ids),
        is_complete=is_whole,
        checks=_checks(per_day, records) if is_checked else None,
        caps=() if is_confined else [*records.spending.spent(caps, records.now()).items()],
    )


def _checks(recorded: Mapping[str, int], records: Records) -> list[Check]:
    sums = records.spending.of(spent_key(STACK, day) for day in recorded)
    return [
        Check(day, amount, sums[spent_key(STACK, day)][COMMITTED])
        for day, amount in recorded.items()
    ]


def _listed(first: date, last: date, records: Records) -> tuple[list[str], bool]:
    """Ids of what was asked for in these days, newest first, and whether that is all. Of a film its
    pieces are paid for, and never it.

    A day of the budget's zone may begin and end in the neighbouring days of UTC.
    """
    found: list[str] = []
    for day in reversed(list(_days(first - timedelta(days=1), last + timedelta(days=1)))):
        for name in (_text(day), pieces_day(_text(day))):
            before = None
            while keys := records.listed(
                name, before=before, limit=min(1000, MAX_RECORDS + 1 - len(found))
            ):
                found += [key.rpartition("#")[2] for key in keys]
                before = keys[-1]
                if len(found) > MAX_RECORDS:
                    return found[:MAX_RECORDS], False
    return found, True


def _read(ids: Sequence[str], records: Records) -> Iterable[Edit]:
    for start in range(0, len(ids), BATCH_KEYS):
        yield from records.get_many(ids[start : start + BATCH_KEYS]).values()


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _text(day: date) -> str:
    return day.isoformat()


def today_in(records: Records) -> date:
    """The day in the zone of the budgets."""
    now: datetime = records.now().astimezone(UTC)
    return date.fromisoformat(records.spending.calendar.periods(now)[DAY])
