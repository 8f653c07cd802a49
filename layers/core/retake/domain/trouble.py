"""What keeps an edit from going on: counted and told while it lasts, gone when it is over."""

from datetime import datetime
from typing import ClassVar

from retake.domain.stored import Part, Readers, moment, timestamp
from retake.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble(Part):
    """One thing that goes wrong again and again. Times are ISO 8601 text.

    `kind` says what it is, in the words of whoever met it; `count` and `since` are of this kind in
    a row, `began` of whatever went wrong in a row before and with it. `message` and `http_status`
    are the last ones.
    """

    readers: ClassVar[Readers] = {"count": int}

    kind: str
    began: str
    since: str
    count: int = 1
    message: str = ""
    http_status: int | None = None

    @property
    def sentence(self) -> str:
        """What was answered, for a person, as the end of a sentence that names who answered."""
        answer = f"HTTP {self.http_status}" if self.http_status else ""
        words = self.message.rstrip(".")
        if not answer or words.startswith(answer):
            return words
        return f"{answer}: {words or 'no word'}"

    def seconds(self, now: datetime) -> float:
        """How long it has been of this kind."""
        return (now - moment(self.since)).total_seconds()

    def whole_seconds(self, now: datetime) -> float:
        """How long nothing has gone right."""
        return (now - moment(self.began)).total_seconds()


def met(
    before: Trouble | None,
    kind: str,
    message: str,
    *,
    now: datetime,
    http_status: int | None = None,
) -> Trouble:
    """A trouble met now, as the continuation of the one before it."""
    at = timestamp(now)
    is_same = before is not None and before.kind == kind
    return Trouble(
        kind=kind,
        began=before.began if before else at,
        since=before.since if before and is_same else at,
        count=before.count + 1 if before and is_same else 1,
        message=message,
        http_status=http_status,
    )
