"""How far the sweep has come in the inbox, and what a lap before has accounted for."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from retake.aws.dynamodb import Table
from retake.aws.dynamodb_changes import Change
from retake.domain.stored import moment, timestamp
from retake.domain.values import dataclass
from retake.records.keys import SWEEP_KEY

# From the beginning of a lap to that of the next: each costs a listing at least, and an event that
# never comes is rare.
REST = timedelta(hours=1)
LAP = timedelta(hours=12)  # from one end of the inbox to the other, however much is kept there
LAP_RUNS = 144  # of the sweep, every five minutes
OVERDUE = timedelta(hours=24)  # somebody should know
MOST = timedelta(days=10)  # a record is kept for 15 days at least, so that no upload starts twice
FEWEST_PAGES, FIRST_PAGES, MOST_PAGES = 2, 20, 100  # of a thousand versions, in one run


@dataclass(frozen=True, slots=True, kw_only=True)
class Lap:
    """One reading of the whole inbox, a few pages in each run.

    What was put there before `since` was accounted for by an earlier lap. `place` is where the next
    page begins; `pages` were read so far, `pages_before` in the whole lap before. It `is_whole` as
    long as nothing of it was put off.
    """

    began_at: datetime
    since: datetime
    place: str | None = None
    pages: int = 0
    pages_before: int | None = None
    is_whole: bool = True

    def pages_now(self, now: datetime) -> int:
        """How many pages this run reads, so that the lap ends in time."""
        if now - self.began_at > LAP:
            return MOST_PAGES
        if self.pages_before is None:
            return FIRST_PAGES
        return max(FEWEST_PAGES, min(MOST_PAGES, -(-self.pages_before // LAP_RUNS)))

    def is_overdue(self, now: datetime) -> bool:
        return now - self.began_at > OVERDUE

    def read_on(self, place: str | None, *, is_whole: bool) -> "Lap":
        """After one page more; `place` is None behind the last one."""
        whole = self.is_whole and is_whole
        return replace(self, place=place, pages=self.pages + 1, is_whole=whole)


class InboxLaps:
    """The lap that the sweep is on; one item of the table."""

    def __init__(self, table: Table, now: Callable[[], datetime]) -> None:
        self._table = table
        self._now = now

    def current(self) -> Lap | None:
        """The lap under way, or the one that begins now; None where the last one was whole and it
        is too soon for another."""
        item = self._table.get(SWEEP_KEY) or {}
        if item.get("place") and item.get("lap_began_at") and item.get("lap_since"):
            return Lap(
                began_at=moment(item["lap_began_at"]),
                since=moment(item["lap_since"]),
                place=item["place"],
                pages=int(item.get("lap_pages", 0)),
                pages_before=item.get("pages_before"),
                is_whole=not item.get("lap_is_broken"),
            )
        if item.get("done_since") and self._now() - moment(item["done_since"]) < REST:
            return None
        return self._begun(item)

    def _begun(self, item: Mapping[str, Any]) -> Lap:
        now = self._now()
        # An older version kept its place only: everything recent is looked at once more.
        since = max(now - MOST, moment(item["done_since"]) if item.get("done_since") else now - LAP)
        place = item.get("place")
        return Lap(began_at=now, since=since, place=place, pages_before=item.get("pages_before"))

    def keep(self, lap: Lap) -> None:
        """How far it has come; at its end what it has accounted for."""
        facts: dict[str, Any] = {
            "place": lap.place,
            "lap_began_at": timestamp(lap.began_at),
            "lap_since": timestamp(lap.since),
            "lap_pages": lap.pages,
            "lap_is_broken": None if lap.is_whole else True,
        }
        if lap.place is None:
            facts["done_since"] = timestamp(lap.began_at if lap.is_whole else lap.since)
            facts["pages_before"] = lap.pages
        self._table.write(Change(key=SWEEP_KEY, set=facts))
