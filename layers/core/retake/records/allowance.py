"""How much callers may ask for in one minute, counted in what it may cost and not in calls.

API Gateway counts calls; one call may start a batch of twenty edits. One item for each minute
counts what was granted in it, so that all processes of the function share one count.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from retake.aws.dynamodb import Table
from retake.aws.dynamodb_changes import Change
from retake.domain.errors import RetakeError
from retake.domain.values import dataclass

KEPT = timedelta(hours=1)


class UsedUp(RetakeError):
    """So much is not granted any more in this minute."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many of one thing a minute, for all callers together; 0 is no limit."""

    table: Table
    what: str
    per_minute: int
    now: Callable[[], datetime]

    def take(self, count: int) -> None:
        """Raises UsedUp, and nothing is counted then; Unavailable.

        Counted first and read afterwards: two at the same moment may both be refused, but never
        both be granted what is there for one.
        """
        if not self.per_minute:
            return
        now = self.now()
        key = f"allowance#{self.what}#{now:%Y-%m-%dT%H:%M}"
        expires = {"expires_at": int((now + KEPT).timestamp())}
        self.table.write(Change(key=key, set=expires, add={"granted": count}))
        granted = int((self.table.get(key) or {}).get("granted", count))
        if granted > self.per_minute:
            self.table.write(Change(key=key, set=expires, add={"granted": -count}))
            left = max(0, self.per_minute - granted + count)
            raise UsedUp(
                f"This stack takes {self.per_minute} {self.what} a minute; {left} are left of "
                f"them, and {count} are asked for. Come again in a minute."
            )
