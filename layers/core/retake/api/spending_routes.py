"""The routes about money: what was spent, the answer to an edit that asks first, and the word that
an account is topped up."""

from collections.abc import Callable
from typing import Annotated

from retake.api import approvals
from retake.api.answering import Sent, said
from retake.api.callers import Sight
from retake.api.context import ApiContext
from retake.api.forms import ApprovalForm
from retake.api.parameters import By, EditId, ProviderName, in_query
from retake.api.views import EditView
from retake.domain.charges import Charge
from retake.domain.edit import Edit
from retake.domain.folders import folder_of_edit


class SpendingRoutes:
    """Part of `Api`, which says over which context, and who calls."""

    _context: Callable[[], ApiContext]
    _sight: Callable[[], Sight]

    def get_costs(
        self,
        since: Annotated[
            str | None, in_query(max_length=10, description="The first day; absent: of the month")
        ] = None,
        until: Annotated[
            str | None, in_query(max_length=10, description="The last day; absent: today")
        ] = None,
        by: By = "day",
    ) -> Sent:
        from retake.api.cost_views import CostsView
        from retake.api.costs import costs, days_asked, today_in

        context, sight = self._context(), self._sight()
        records, walls = context.records, context.counter.walls
        words: dict[str, Callable[[Edit, Charge], str]] = {
            "day": lambda edit, charge: charge.day,
            "model": lambda edit, charge: charge.model or "",
            "folder": lambda edit, charge: folder_of_edit(edit, walls),
            "caller": lambda edit, charge: edit.caller or "",
            "key": lambda edit, charge: charge.key or "",
        }
        first, last = days_asked(since, until, today_in(records))
        found = costs(
            first,
            last,
            by,
            records=records,
            word=words[by],
            sees=sight.sees,
            is_confined=bool(sight.caller.folder),
            caps=context.budgets.stack,
        )
        return said(200, CostsView.of(found, records.spending.calendar.zone))

    def try_provider(self, provider: ProviderName) -> Sent:
        from retake.api.trying import try_held_keys

        return said(200, try_held_keys(provider, self._context().records))

    def answer_approval(self, edit_id: EditId, body: ApprovalForm) -> Sent:
        sight = self._sight()
        edit = approvals.answer(edit_id, body.answer, quoted_usd=body.quoted_usd, sight=sight)
        return said(200, EditView.of(edit, sight.records.now()))
