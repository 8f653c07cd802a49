"""What was spent, as callers see it."""

from pydantic import Field

from retake.api.costs import Costs, Sum
from retake.api.part_views import View
from retake.domain.money import usd_of


class CostSumView(View):
    """Money in US dollars: what is billed, at risk and reserved makes what budgets count."""

    attempts: int = Field(description="Paid calls that were, or may have been, taken")
    quoted_usd: float
    billed_usd: float = Field(description="By what the provider says, else by the quote")
    at_risk_usd: float = Field(description="Nothing was delivered, yet so much may be billed")
    reserved_usd: float = Field(description="Of edits that are still out")

    @classmethod
    def fields_of(cls, total: Sum) -> dict[str, float]:
        money = {
            f"{name}_usd": usd_of(getattr(total, name))
            for name in ("quoted", "billed", "at_risk", "reserved")
        }
        return {"attempts": total.attempts, **money}


class CostLineView(CostSumView):
    """The part of one day, model, folder, caller or key of a provider."""

    name: str = Field(
        description="Which; empty for edits without a folder or a caller. A key goes by its "
        "provider and name, as `fal/team-b`; by the provider alone where it is the default"
    )


class CostCheckView(View):
    """One day: the records beside the sum that the budgets go by."""

    day: str
    recorded_usd: float
    counted_usd: float
    agrees: bool


class CapView(View):
    """A budget or cap of the stack, in the period that is now."""

    cap: str = Field(examples=["daily_usd"])
    limit: float = Field(description="US dollars, edits or billed seconds")
    spent: float


class CostsView(View):
    """What was spent in some days. Days are those of the budgets' zone, by the intent to submit."""

    since: str
    until: str
    time_zone: str
    by: str
    lines: list[CostLineView]
    total: CostSumView
    records_read: int
    is_complete: bool = Field(
        description="Whether all records of these days were read, and those of the 35 days before "
        "in which an edit may have been asked for; at most 5,000 are read"
    )
    agrees: bool | None = Field(
        None,
        description="Whether the records and the sums of the budgets say the same on every day; "
        "absent where not all records were read, and for callers confined to a folder. While edits "
        "move the two may differ for a moment",
    )
    checks: list[CostCheckView] | None = Field(None, description="Day by day")
    caps: list[CapView] = Field([], description="Those of the stack, as they stand now")

    @classmethod
    def of(cls, costs: Costs, time_zone: str) -> "CostsView":
        checks = None
        if costs.checks is not None:
            checks = [
                CostCheckView(
                    day=each.day,
                    recorded_usd=usd_of(each.recorded),
                    counted_usd=usd_of(each.counted),
                    agrees=each.recorded == each.counted,
                )
                for each in costs.checks
            ]
        return cls.model_validate(
            {
                "since": costs.since,
                "until": costs.until,
                "time_zone": time_zone,
                "by": costs.by,
                "lines": [
                    {"name": name, **CostSumView.fields_of(line)}
                    for name, line in costs.lines.items()
                ],
                "total": CostSumView.fields_of(costs.total),
                "records_read": costs.records_read,
                "is_complete": costs.is_complete,
                "agrees": all(each.agrees for each in checks) if checks is not None else None,
                "checks": checks,
                "caps": [
                    {
                        "cap": cap.name,
                        "limit": _in_unit(cap.name, cap.limit),
                        "spent": _in_unit(cap.name, spent),
                    }
                    for cap, spent in costs.caps
                ],
            }
        )


def _in_unit(name: str, number: int) -> float:
    return usd_of(number) if name.endswith("_usd") else number
