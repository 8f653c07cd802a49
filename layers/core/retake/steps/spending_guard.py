"""What an edit passes before it may cost anything: a price that is known, a yes, a budget.

Whoever does not pass waits in a line of its own, where it costs nothing, or is refused. That a
budget has room is looked up here; that it still has, the write of the intent makes sure.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from retake.aws.dynamodb_changes import Change
from retake.aws.s3 import Storage
from retake.catalog.models import AS_OF
from retake.catalog.schema import Model
from retake.domain.approval import Approval
from retake.domain.budgets import REFUSE, Budgets
from retake.domain.conclusions import rejection
from retake.domain.edit import Edit
from retake.domain.errors import Refused, RetakeError
from retake.domain.folders import Walls, folder_of_edit
from retake.domain.money import usd_e4
from retake.domain.spending_caps import Cap
from retake.domain.stored import moment, timestamp
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason, WaitsFor
from retake.presentation.spending_messages import (
    notification_of_full_budget,
    notification_of_question,
)
from retake.records.approvals import denied
from retake.records.keys import is_spent
from retake.records.places import place_of
from retake.records.spending import Purchase, needs_of
from retake.records.store import Records
from retake.request.folder_budgets import folder_caps
from retake.steps.batching import publish_or_less
from retake.steps.outcome import Next, Step, closing, in_line
from retake.steps.reuse import Reuse


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingGuard:
    """The stack's word about money, over its collaborators.

    `approval_url` signs the link of a question, None where pages have no address.
    """

    records: Records
    storage: Storage
    budgets: Budgets
    walls: Walls
    publish: Callable[[Mapping[str, Any]], None]
    approval_url: Callable[[Edit, Approval], str | None] = lambda edit, asked: None

    def admitted(self, edit: Edit, model: Model) -> Purchase | Step:
        """What the intent must keep within, or the edit's way into a wait, to a copy of what was
        bought already, or to its end. A film is asked about as a whole, before any piece of it is.

        Raises Unavailable; LostRace when another worker has changed the record.
        """
        now = self.records.now()
        beside: Sequence[Change] = ()
        if self.budgets.reuses(edit) and not edit.attempts:
            bought = Reuse(self.records, self.storage, self.walls).instead(edit)
            if isinstance(bought, Step):
                return bought
            edit, beside = bought.edit, bought.changes
        try:
            check_price(edit, model, today=now.date(), price_days=self.budgets.price_days)
            caps = self._caps(edit)
        except Refused as refusal:
            return closing(self.records.conclude(edit, rejection(refusal)))
        asking = self._asked(edit)
        if asking is not None:
            return asking
        if caps and self._full(edit, caps):
            return self.over_budget(edit, caps)
        return Purchase(caps, beside, edit)

    def _full(self, edit: Edit, caps: Sequence[Cap]) -> list[tuple[Cap, int]]:
        """The caps that have no room for the edit now, with what is spent of each."""
        return self.records.spending.full(needs_of(edit), caps, self.records.now())

    def refused(self, edit: Edit, purchase: Purchase, keys: Sequence[str]) -> Step | None:
        """The way of an edit whose intent these items refused in the last moment; None where none
        of them is about money."""
        if any(is_spent(key) for key in keys):
            return self.over_budget(self.records.get(edit.edit_id), purchase.caps)
        if any(change.key in keys for change in purchase.beside):
            return Step(edit.edit_id, Next.SUBMIT, 1)  # an equal edit is being paid for
        return None

    def _caps(self, edit: Edit) -> tuple[Cap, ...]:
        """Raises Refused, Unavailable."""
        own = self.budgets.of_caller(edit.caller)
        folder = folder_of_edit(edit, self.walls)
        its = folder_caps(folder, edit.bucket, self.storage, self.walls.prefix) if folder else ()
        return (*self.budgets.stack, *own, *its)

    # ------------------------------------------------ asking first

    def _asked(self, edit: Edit) -> Step | None:
        """The way of an edit that somebody must say yes to; None once it was said, or need not, or
        was said to the film that it is a piece of."""
        if edit.parent_id is not None:
            return None
        cost, asked, now = usd_e4(edit.quoted_usd or 0), edit.approval, self.records.now()
        limit = self.budgets.approve_above_usd_e4
        is_dear = limit is not None and cost > limit
        wants_it = edit.request is not None and bool(edit.request.approve)
        if not (is_dear or wants_it) or (asked is not None and asked.covers(cost)):
            return None
        if asked is not None and asked.answer is None and asked.usd_e4 == cost:
            left = (moment(asked.expires_at) - now).total_seconds()
            if left <= 0:
                return closing(self.records.conclude(edit, denied(asked)))
            return in_line(edit, round(left) + 1)
        question = self.records.approvals.next_question(edit, seconds=self.budgets.approval_seconds)
        # Told before it is written: a question that nobody heard of would wait in vain.
        url = self.approval_url(edit, question)
        publish_or_less(notification_of_question(edit, question, url), self.publish)
        asking = self.records.approvals.ask(edit, question)
        return in_line(asking, self.budgets.approval_seconds + 1).marked("asks first")

    # ------------------------------------------------ a budget that is full

    def over_budget(self, edit: Edit, caps: Sequence[Cap]) -> Step:
        """The edit waits for the next period or a higher cap, or is refused. Raises LostRace."""
        now, calendar = self.records.now(), self.budgets.calendar
        full = self._full(edit, caps)
        if not full:
            return Step(edit.edit_id, Next.SUBMIT, 1)  # there is room again
        costs = needs_of(edit)
        cap, spent = next(
            ((cap, spent) for cap, spent in full if costs[cap.measure] > cap.limit), full[0]
        )
        begins = timestamp(calendar.next_begins(cap.period, now))
        is_too_dear = costs[cap.measure] > cap.limit
        # There was room for all of a film when it began: what is paid of it is not given up.
        refuses = self.budgets.on_full == REFUSE and edit.parent_id is None
        waits = not refuses and not is_too_dear
        self._tell(cap, spent, edit, begins, waits=waits)
        if not waits:
            refusal = _over(cap, spent, costs[cap.measure], begins, is_too_dear=is_too_dear)
            return closing(self.records.conclude(edit, rejection(refusal)))
        name = budget_line(cap.scope)
        self.records.spending.note_line(name, now)
        place = place_of(edit, 0, moment(edit.created_at))
        waiting = self.records.line.join_at(edit, name, WaitsFor.OVER_BUDGET, place, until=begins)
        return in_line(waiting).marked(f"over budget: {cap.name}")

    def _tell(self, cap: Cap, spent: int, edit: Edit, begins: str, *, waits: bool) -> None:
        """Once for each period and cap; what cannot be told now is told with the next edit."""
        spending, now = self.records.spending, self.records.now()
        if not spending.claim_telling(cap, now):
            return
        told = notification_of_full_budget(cap, spent, edit, begins=begins, waits=waits)
        try:
            publish_or_less(told, self.publish)
        except RetakeError:
            with suppress(RetakeError):
                spending.forget_telling(cap, now)


def check_price(edit: Edit, model: Model, *, today: date, price_days: int) -> None:
    """Refuse an edit whose cost nobody knows: no budget could hold it. Raises Refused.

    `price_days` is how old the catalog's prices may be; 0 lets them be of any age.
    """
    if not edit.quoted_usd or edit.quoted_usd < 0:
        raise Refused(
            Reason.PRICE_UNKNOWN,
            f"What {model.key} bills for this edit is not known, so nothing was sent.",
            field="model",
            found=edit.quoted_usd or 0,
            allowed="a model whose price is known",
        )
    age = (today - date.fromisoformat(AS_OF)).days
    if price_days and age > price_days:
        raise Refused(
            Reason.PRICE_UNKNOWN,
            f"The prices of this deployment are of {AS_OF}, {age} days old; this stack spends by "
            f"prices of at most {price_days} days. Deploy a newer version, or raise PriceDays.",
            field="model",
            found=AS_OF,
            allowed=f"at most {price_days} days old",
        )


def budget_line(scope: str) -> str:
    """The line of those for whom the sums of this scope have no room."""
    return f"budget#{scope}"


def _over(cap: Cap, spent: int, cost: int, begins: str, *, is_too_dear: bool) -> Refused:
    """The refusal of an edit that finds no room."""
    so_far = (
        "which no period has room for"
        if is_too_dear
        else f"and {cap.told(spent)} are spent or reserved; the next period begins at {begins}"
    )
    return Refused(
        Reason.OVER_BUDGET,
        f"It takes {cap.told(cost)} of {cap.sentence}, {so_far}. Raise the cap, or send it again "
        "later.",
        field=cap.name,
        found=cap.told(cost),
        allowed=cap.told(max(0, cap.limit - spent)),
    )
