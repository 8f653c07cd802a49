"""What an answer says of a wait."""

from pydantic import BaseModel, Field

from retake.domain.vocabulary import WaitsFor
from retake.domain.waits import Wait


class WaitingView(BaseModel):
    """What an edit waits for before it may be sent. It costs nothing there, and a cancel ends it at
    once."""

    waits_for: WaitsFor
    message: str = Field(
        examples=[
            "Waits for credit at fal since 1 March, 14:02 UTC, until 2 March, 14:02 UTC, when it "
            "is given up; tried again at 1 March, 14:07 UTC."
        ],
        description="All of it as a sentence for a person; it may change",
    )
    since: str
    next_try_at: str | None = Field(None, description="When what is missing is looked for again")
    until: str | None = Field(
        None,
        description="When the wait ends by itself: the edit is given up or refused, goes on "
        "without its settings, or the next period of the budget begins",
    )
    position: int | None = Field(
        None, description="Its place in the line, from 1; only where one edit is asked for"
    )
    expected_start_at: str | None = Field(
        None, description="A guess by how long slots were held so far; absent: nobody can tell"
    )

    @classmethod
    def of(cls, wait: Wait | None) -> "WaitingView | None":
        if wait is None:
            return None
        return cls(
            waits_for=wait.waits_for,
            message=wait.sentence,
            since=wait.since,
            next_try_at=wait.next_try_at,
            until=wait.until,
            position=wait.position,
            expected_start_at=wait.expected_start_at,
        )
