"""Time that stands still until it is moved."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Both clocks, the calendar and the monotonic one, stand still until they are moved."""

    def __init__(self, at: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)) -> None:
        self._at = at
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._at

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks; fits wherever a `sleep` is asked for."""
        self._at += timedelta(seconds=seconds)
        self._monotonic += seconds

    def set(self, at: datetime) -> None:
        """Move the calendar only, as a corrected system clock does."""
        self._at = at
