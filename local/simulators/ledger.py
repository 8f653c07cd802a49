"""The ledger: everything the simulators accepted, billed, fetched and sent, as an oracle.

Tests and benchmarks read the truth here, never from the opinion of the code under test.
"""

import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from typing import Any


class LedgerKind(StrEnum):
    """What can be entered."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    REPLAYED = "replayed"
    BILLED = "billed"
    FINISHED = "finished"
    FETCHED = "fetched"
    POLLED = "polled"
    RESULT = "result"
    LISTED = "listed"
    CALLED_BACK = "called_back"
    CANCELLED = "cancelled"
    FORGOTTEN = "forgotten"
    DOWNLOADED = "downloaded"


TOTALS = {
    "accepted": LedgerKind.ACCEPTED,
    "refused": LedgerKind.REFUSED,
    "replayed": LedgerKind.REPLAYED,
    "billed": LedgerKind.BILLED,
    "finished": LedgerKind.FINISHED,
    "fetched": LedgerKind.FETCHED,
    "polls": LedgerKind.POLLED,
    "results": LedgerKind.RESULT,
    "listings": LedgerKind.LISTED,
    "callbacks": LedgerKind.CALLED_BACK,
    "cancelled": LedgerKind.CANCELLED,
    "forgotten": LedgerKind.FORGOTTEN,
    "downloads": LedgerKind.DOWNLOADED,
}


@dataclass(frozen=True)
class Entry:
    """One line: sequence number, Unix time in seconds, kind, provider, job and details."""

    number: int
    at: float
    kind: LedgerKind
    provider: str
    job_id: str | None
    details: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The line as one flat JSON object."""
        return {
            "number": self.number,
            "at": self.at,
            "kind": self.kind.value,
            "provider": self.provider,
            "job_id": self.job_id,
            **self.details,
        }


class Ledger:
    """An append-only list of entries, safe for many threads."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._number = 0
        self._lock = Lock()

    def enter(
        self, kind: LedgerKind, provider: str, job_id: str | None = None, **details: Any
    ) -> None:
        """Write one line."""
        with self._lock:
            self._number += 1
            self._entries.append(Entry(self._number, time.time(), kind, provider, job_id, details))

    def entries(
        self, provider: str | None = None, kind: str | None = None, job_id: str | None = None
    ) -> list[Entry]:
        """Lines in the order written, of one provider, kind or job where given."""
        with self._lock:
            lines = list(self._entries)
        return [
            line
            for line in lines
            if provider in (None, line.provider)
            and kind in (None, line.kind)
            and job_id in (None, line.job_id)
        ]

    def totals(self, provider: str | None = None) -> dict[str, float]:
        """Counts of each kind and `billed_usd`, for one provider or all."""
        lines = self.entries(provider)
        counts = Counter(line.kind for line in lines)
        usd = sum(line.details["usd"] for line in lines if line.kind is LedgerKind.BILLED)
        totals: dict[str, float] = {name: counts[kind] for name, kind in TOTALS.items()}
        return {**totals, "billed_usd": round(usd, 6)}

    def clear(self) -> None:
        """Forget all lines; numbers go on."""
        with self._lock:
            self._entries.clear()
