"""Where the workflow goes after a step, as the function that took it says."""

import math
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from retake.domain.edit import Edit
from retake.domain.stored import moment
from retake.domain.values import dataclass
from retake.domain.vocabulary import WaitsFor

LOOK_SECONDS = 25 * 3600  # an edit that waits a day, for credit, has no look in between
# For a slot ten thousand may wait for days; the sweep sees to each whose turn it is.
TURN_LOOK_SECONDS = 7 * 86_400


class Next(StrEnum):
    """Where the workflow goes after a step; `Is It Done?` reads it."""

    SUBMIT = "SUBMIT"
    TURN = "TURN"
    WAIT = "WAIT"
    LISTEN = "LISTEN"
    PERSIST = "PERSIST"
    SETTLE = "SETTLE"
    FIT = "FIT"


@dataclass(frozen=True, slots=True)
class Step:
    """The answer of a step: no more than ids and the way on travel between states.

    `log_marker` is for the log, where the stack's alarms look for it: a word, and perhaps why.
    `provider` tells Submit what else it needs to read; what holds is on the record.
    """

    edit_id: str
    next: Next
    wait_seconds: int = 0
    log_marker: str | None = None
    provider: str | None = None

    def for_workflow(self) -> dict[str, Any]:
        told = {"edit_id": self.edit_id, "next": self.next, "wait_seconds": self.wait_seconds}
        return told | ({"provider": self.provider} if self.provider else {})

    def marked(self, log_marker: str | None) -> "Step":
        """The same way on, with a word for the log."""
        return replace(self, log_marker=log_marker)


def waiting(edit: Edit, seconds: int) -> Step:
    """Until the next poll: listening where the provider calls back, sleeping where it does not."""
    return Step(edit.edit_id, Next.LISTEN if edit.listens else Next.WAIT, seconds)


def in_line(edit: Edit, seconds: int = TURN_LOOK_SECONDS) -> Step:
    """Until somebody gives the edit its turn; it looks by itself after so long, in case the word
    was lost twice, by who should have said it and by the sweep."""
    most = TURN_LOOK_SECONDS if edit.waits_for is WaitsFor.SLOT else LOOK_SECONDS
    return Step(edit.edit_id, Next.TURN, max(1, min(seconds, most)))


def seconds_to_settle(edit: Edit, settle_seconds: int, now: datetime) -> int:
    """How long an edit may still wait for its clip's settings, in whole seconds, rounded up."""
    left = settle_seconds - (now - moment(edit.created_at)).total_seconds()
    return max(0, math.ceil(left))


def closing(edit: Edit) -> Step:
    """Everything is decided; Persist carries it out."""
    return Step(edit.edit_id, Next.PERSIST)
