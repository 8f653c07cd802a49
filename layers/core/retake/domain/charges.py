"""What one attempt of an edit holds of the budgets."""

from typing import ClassVar

from retake.domain.stored import Part, Readers
from retake.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge(Part):
    """One paid call in the sums: reserved with the intent, settled when the record closes.

    `usd_e4` is what it counts for now and `quoted_usd_e4` what was quoted, in $0.0001; `counters`
    are the keys of the sums that hold it, `day` the day of the intent in the budget's zone. An
    attempt that certainly cost nothing has none.
    """

    readers: ClassVar[Readers] = {"counters": tuple}

    attempt: int
    usd_e4: int
    quoted_usd_e4: int
    billed_seconds: int
    day: str
    counters: tuple[str, ...]
    model: str | None = None
