"""Providers that refuse everything: remembered for all edits, so that a queue does not find out
one by one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from retake.aws.dynamodb import Change, ConditionFailed, Table
from retake.domain.stored import Part, Readers, timestamp
from retake.domain.vocabulary import Reason
from retake.records.keys import circuit_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit(Part):
    """A provider that takes nothing now: why, and when it may be tried again (ISO 8601)."""

    readers: ClassVar[Readers] = {"why": Reason}

    why: Reason
    until: str


class Circuits:
    """One item per provider in the table of the records."""

    def __init__(
        self, table: Table, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._table = table
        self._now = now

    def of(self, provider: str) -> Circuit | None:
        """The provider's open circuit; None if all is well. Raises Unavailable."""
        stored = self._table.get(circuit_key(provider))
        return Circuit.from_mapping(stored) if stored and "until" in stored else None

    def open(self, provider: str, why: Reason, *, seconds: int) -> None:
        """Keep every edit from the provider for so long."""
        self._table.write(
            Change(key=circuit_key(provider), set={"why": why, "until": self._later(seconds)})
        )

    def try_again(self, provider: str, found: Circuit, *, seconds: int) -> bool:
        """Whether this worker is the one that may offer the provider an edit now."""
        change = Change(
            key=circuit_key(provider),
            set={"until": self._later(seconds)},
            where={"until": found.until},
        )
        try:
            self._table.write(change)
        except ConditionFailed:
            return False
        return True

    def close(self, provider: str) -> None:
        """The provider takes edits again."""
        self._table.write(Change(key=circuit_key(provider), set={"why": None, "until": None}))

    def _later(self, seconds: int) -> str:
        return timestamp(self._now() + timedelta(seconds=seconds))
