"""Which providers have called this stack back: only those are relied on to.

Whether a provider honours the address that it is given for a model is not always documented. Until
it has called once, with proof, its edits are asked about at the ordinary pace.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from retake.aws.dynamodb import Table
from retake.aws.dynamodb_changes import Change
from retake.domain.stored import timestamp
from retake.records.keys import callbacks_key


class CallbackProof:
    """One item per provider in the table of the records. What was proven once is remembered."""

    def __init__(
        self,
        table: Table,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        item: Callable[[str], Mapping[str, Any] | None] | None = None,
    ) -> None:
        self._table = table
        self._now = now
        self._item = item or table.get
        self._known: set[str] = set()

    def holds(self, provider: str) -> bool:
        """Whether the provider has ever called. Raises Unavailable."""
        if provider not in self._known:
            stored = self._item(callbacks_key(provider))
            if stored is not None and "called_at" in stored:
                self._known.add(provider)
        return provider in self._known

    def note(self, provider: str) -> None:
        """A proven call came. Written once per process, since nothing more is told by the second.

        Raises Unavailable.
        """
        if provider not in self._known:
            self._table.write(
                Change(key=callbacks_key(provider), set={"called_at": timestamp(self._now())})
            )
            self._known.add(provider)
