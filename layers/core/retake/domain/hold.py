"""A time for work on the inbox by hand: what is put there meanwhile starts no edit."""

from datetime import datetime
from typing import Self

from retake.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Hold:
    """From one moment to another, both with their zone."""

    begins: datetime
    ends: datetime

    @classmethod
    def parse(cls, text: str) -> Self:
        """Two moments of ISO 8601 with a slash between. Raises ValueError."""
        begins, _, ends = text.partition("/")
        hold = cls(datetime.fromisoformat(begins), datetime.fromisoformat(ends))
        if hold.begins.tzinfo is None or hold.ends.tzinfo is None or hold.begins >= hold.ends:
            raise ValueError("it is no time that has an end after its beginning")
        return hold

    def covers(self, moment: datetime) -> bool:
        return self.begins <= moment <= self.ends
