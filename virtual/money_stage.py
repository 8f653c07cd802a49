"""What a stack in memory knows of money: budgets, and somebody who answers questions."""

from collections.abc import Callable, Mapping
from typing import Any

from retake.domain.approval import Approval, approval_path
from retake.domain.edit import Edit
from retake.domain.folders import Walls
from retake.domain.signed_links import Signer
from retake.records.store import Records
from retake.settings import Settings
from retake.steps.approval_desk import ApprovalDesk
from retake.steps.budget_lines import BudgetLines
from retake.steps.spending_guard import SpendingGuard

from virtual.lambdas import Lambdas


class MoneyStage:
    """A part of the stage, which says what is behind it."""

    storage_door: Any
    lambdas: Lambdas
    settings: Callable[[], Settings]
    records: Callable[[], Records]
    signer: Callable[[], Signer]
    publish: Callable[[Mapping[str, Any]], None]
    says = "yes"
    answer_delays: tuple[float, ...] = (60.0, 61.0)

    def storage(self) -> Any:
        return self.storage_door

    def spending_guard(self) -> SpendingGuard:
        return SpendingGuard(
            records=self.records(),
            storage=self.storage_door,
            budgets=self.settings().budgets,
            walls=Walls(),
            publish=self.publish,
            approval_url=self._asked,
        )

    def _asked(self, edit: Edit, asked: Approval) -> str:
        """The link of a question; whoever gets the message looks at it and answers, twice."""
        path = approval_path(edit.edit_id, asked, self.signer())
        _, edit_id, token = path.split("/")
        for method, delay in (("GET", 20.0), *(("POST", each) for each in self.answer_delays)):
            call = {
                "httpMethod": method,
                "pathParameters": {"edit_id": edit_id, "token": token},
                "body": f"answer={self.says}",
            }
            self.lambdas.summon("approve", call, after=delay)
        return path

    def approval_desk(self) -> ApprovalDesk:
        return ApprovalDesk(records=self.records(), signer=self.signer())

    def budget_lines(self) -> BudgetLines:
        storage: Any = self.storage_door
        return BudgetLines(self.records(), storage, self.settings().budgets, Walls(), "inbox")
