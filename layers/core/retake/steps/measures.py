"""What a step came to, as figures for alarms and dashboards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from retake.aws.metrics import COUNT, NO_UNIT, SECONDS, TO_BE_MENDED, USD, Measures
from retake.presentation.messages import message_in

OVERDUE = "inbox lap overdue"  # the sweep's words for it
WAITED = "longest wait in line, in seconds"
QUOTE_TOLERANCE = 0.01
# What alarms read that stand for several kinds, each of which is counted by its own name as well.
PROVIDER_TROUBLES = "ProviderTroubles"
TOLD_BY_MESSAGE = "ToldByMessage"
# By the first word of a step's remark: the kind, and what its alarm reads.
_OF_STEPS = {
    "parked": ("EditsParked", PROVIDER_TROUBLES),
    "uncertain": ("SubmitsUncertain", PROVIDER_TROUBLES),
    "unanswered": ("QuestionsRefused", PROVIDER_TROUBLES),
    "over budget": ("EditsOverBudget", TOLD_BY_MESSAGE),
}


def of_step(remark: str | None) -> Measures:
    """What a step came to that somebody should look at."""
    names = _OF_STEPS.get((remark or "").partition(":")[0], ())
    return dict.fromkeys(names, (COUNT, 1))


def of_sending(remark: str | None, quoted_usd: float | None) -> Measures:
    """What a paid call that was made, or may have been, is quoted at: without dimensions of its
    own, as an alarm needs it, and at the moment of spending."""
    is_sent = (remark or "").partition(":")[0] in ("accepted", "uncertain")
    return {"DollarsCommitted": (USD, quoted_usd)} if is_sent and quoted_usd else {}


def of_call(status: int) -> Measures:
    """What became of a call at the providers' door."""
    return {"CallsRefused": (COUNT, 1)} if status == 401 else {}


def of_webhook(outcome: str) -> Measures:
    """What became of a webhook; what is given up has an alarm, the others show on the dashboard."""
    return dict.fromkeys(_OF_WEBHOOKS.get(outcome, ()), (COUNT, 1))


_OF_WEBHOOKS = {
    "disabled": ("WebhooksGivenUp", TOLD_BY_MESSAGE),
    "given up": ("WebhooksGivenUp", TOLD_BY_MESSAGE),
    "failed": ("WebhookAttemptsFailed",),
    "delivered": ("WebhooksDelivered",),
}
# What the sweep counts by words that somebody should look at.
_OF_THE_SWEEP = {"closed": "EditsClosedBySweep", OVERDUE: "InboxLapsOverdue"}


def of_sweep(done: Mapping[str, int]) -> Measures:
    """Edits that the workflow could not end, closed with what is known, a lap of the inbox that
    takes too long, and how long somebody has waited in line."""
    found = {name: done.get(word, 0) for word, name in _OF_THE_SWEEP.items()}
    counts = {name: (COUNT, float(count)) for name, count in found.items() if count}
    counts |= TO_BE_MENDED if done.get(OVERDUE) else {}
    waited = done.get(WAITED, 0)
    # In the unit of the alarm's parameter; CloudWatch knows no hours.
    return counts | ({"HoursInLine": (NO_UNIT, round(waited / 3600, 2))} if waited else {})


def of_end(notification: Mapping[str, Any]) -> tuple[Measures, dict[str, str | None]]:
    """How an edit ended, by the message about it: dollars, seconds by phase, and its kind."""
    message = message_in(notification)
    cost = message.get("cost", {})
    measures = {"EditsEnded": (COUNT, 1.0)}
    for name, said in {
        "DollarsQuoted": cost.get("quoted_usd"),
        "DollarsBilled": cost.get("billed_usd"),
        "DollarsAtRisk": cost.get("at_risk_usd"),
    }.items():
        if said:
            measures[name] = (USD, float(said))
    for name, begin, end in (
        ("SecondsToSubmit", "created_at", "submitted_at"),
        ("SecondsToResult", "submitted_at", "finished_at"),
    ):
        if message.get(begin) and message.get(end):
            measures[name] = (SECONDS, _seconds(message[begin], message[end]))
    return measures, {"provider": message.get("provider"), "status": message["status"]}


def of_bill(notification: Mapping[str, Any]) -> Measures:
    """Whether a provider says that it took something else than it was quoted at: without
    dimensions of its own, as an alarm needs it."""
    message = message_in(notification)
    cost, usage = message.get("cost", {}), message.get("provider_usage", {})
    quoted, said = cost.get("quoted_usd"), usage.get("usd")
    if not quoted or said is None or not cost.get("billed_usd"):
        return {}
    is_missed = abs(said - quoted) > QUOTE_TOLERANCE * quoted
    return {"QuotesMissed": (COUNT, 1), **TO_BE_MENDED} if is_missed else {}


def _seconds(begin: str, end: str) -> float:
    between = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    return max(0.0, between.total_seconds())
