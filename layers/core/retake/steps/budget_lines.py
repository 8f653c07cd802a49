"""Those who wait for a budget are given their turn, first come, first served, where there is room.

The sweep does it: the next period begins by itself, and who raises a cap tells nobody.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from retake.aws.s3 import Storage
from retake.domain.budgets import Budgets
from retake.domain.edit import WAITS
from retake.domain.errors import LostRace, RetakeError
from retake.domain.folders import Walls
from retake.domain.spending_caps import STACK, Cap
from retake.domain.values import dataclass
from retake.records.equal_edits import TWINS
from retake.records.spending import needs_of
from retake.records.store import Records
from retake.request.folder_budgets import caps_of_folder
from retake.steps.spending_guard import budget_line

TURNS = 100  # of one line and run


@dataclass(frozen=True, slots=True)
class BudgetLines:
    """The lines of all budgets, over the records and the stack's word about money."""

    records: Records
    storage: Storage
    budgets: Budgets
    walls: Walls
    inbox_bucket: str

    def run(self) -> Counter[str]:
        """How many were given their turn. One line's trouble does not stop the others."""
        done: Counter[str] = Counter()
        for name, since in self.records.spending.lines().items():
            with suppress(RetakeError):
                if name.startswith(TWINS):
                    done["given a copy"] += self._serve_twins(name, since)
                else:
                    done["given a budget"] += self._serve(name, since)
        return +done

    def _serve(self, name: str, since: str) -> int:
        waiting = self.records.line.first(WAITS + name, limit=TURNS)
        if not waiting:
            self.records.spending.forget_line(name, since)
            return 0
        scope = name.removeprefix(budget_line(""))
        caps = self._caps(scope)
        left, served = self._left(caps), 0
        for edit_id, _ in waiting:
            edit = self.records.get(edit_id)
            if edit.waits_in != name:
                continue  # the index lags
            costs = needs_of(edit)
            if any(costs[cap.measure] > left[cap] for cap in caps):
                break
            with suppress(LostRace):
                # Its place was one in this line; in the next it comes as one who is new there.
                self.records.line.leave(edit, line_place=None)
                served += 1
                left = {cap: room - costs[cap.measure] for cap, room in left.items()}
        return served

    def _serve_twins(self, name: str, since: str) -> int:
        """Those who wait for an equal edit, where nobody woke them when it ended."""
        if not self.records.line.first(WAITS + name, limit=1):
            self.records.spending.forget_line(name, since)
            return 0
        fingerprint = name.removeprefix(TWINS)
        equal = self.records.equal
        payer = equal.payer(equal.claimed_by(fingerprint))
        return equal.wake(fingerprint) if payer is None or payer.is_finished else 0

    def _caps(self, scope: str) -> tuple[Cap, ...]:
        """As they are now; none where there are none any more. Raises Refused, Unavailable."""
        if scope == STACK:
            return self.budgets.stack
        kind, _, name = scope.partition(":")
        if kind == "caller":
            return self.budgets.of_caller(name)
        return caps_of_folder(name, self.inbox_bucket, self.storage, self.walls.prefix)

    def _left(self, caps: Sequence[Cap]) -> dict[Cap, int]:
        spent = self.records.spending.spent(caps, self.records.now())
        return {cap: cap.limit - so_far for cap, so_far in spent.items()}
