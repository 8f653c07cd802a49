"""What one attempt of an edit holds of the budgets."""

from typing import ClassVar

from retake.domain.provider_keys import key_of
from retake.domain.stored import Part, Readers
from retake.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge(Part):
    """One paid call in the sums: reserved with the intent, settled when the record closes.

    `usd_e4` is what it counts for now and `quoted_usd_e4` what was quoted, in $0.0001; `counters`
    are the keys of the sums that hold it, `day` the day of the intent in the budget's zone. An
    attempt that certainly cost nothing has none. `key_name` is the edit's, of that attempt.
    """

    readers: ClassVar[Readers] = {"counters": tuple}

    attempt: int
    usd_e4: int
    quoted_usd_e4: int
    billed_seconds: int
    day: str
    counters: tuple[str, ...]
    model: str | None = None
    key_name: str | None = None

    @property
    def key(self) -> str | None:
        """The provider's key that the call was made with; None where an old record does not say."""
        return key_of(self.model.partition("/")[0], self.key_name) if self.model else None
