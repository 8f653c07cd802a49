"""The day and the month that money is spent in, as they are in the zone that the budget names."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from retake.domain.values import dataclass

DAY, MONTH = "day", "month"
KEPT_DAYS = {DAY: 400, MONTH: 1200}  # how long a sum is kept after its period began


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days and months in one zone of the IANA database."""

    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Raises ValueError for a zone that does not exist."""
        try:
            self._zone()
        except (LookupError, ValueError, OSError):
            raise ValueError(f"there is no time zone {self.zone!r}") from None

    def _zone(self) -> tzinfo:
        if self.zone == "UTC":
            return UTC
        from zoneinfo import ZoneInfo  # few stacks name a zone, and loading it costs 1 % of a start

        return ZoneInfo(self.zone)

    def periods(self, at: datetime) -> Mapping[str, str]:
        """The periods that a moment lies in, by kind: `2026-11-28` and `2026-11`."""
        local = at.astimezone(self._zone())
        return {DAY: f"{local:%Y-%m-%d}", MONTH: f"{local:%Y-%m}"}

    def next_begins(self, kind: str, at: datetime) -> datetime:
        """When the next period of this kind begins, in UTC."""
        zone = self._zone()
        day = at.astimezone(zone).date()
        if kind == MONTH:
            day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        else:
            day += timedelta(days=1)
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


IN_UTC = Calendar()
