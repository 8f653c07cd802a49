"""What the board shows of slots, lines and budgets, as plain data for its page."""

from collections.abc import Mapping
from typing import Any

from retake.domain.spending_caps import Cap
from retake.domain.vocabulary import WaitsFor
from retake.records.line_counts import COUNTED, LineCounts

# What so many edits wait for, behind their number.
REASONS: Mapping[WaitsFor, str] = {
    WaitsFor.SLOT: "for their turn at a provider",
    WaitsFor.RATE: "for their turn at a provider",
    WaitsFor.NO_CREDIT: "for credit at a provider",
    WaitsFor.BAD_KEY: "for a key that a provider accepts",
    WaitsFor.OUTAGE: "until a provider can be reached",
    WaitsFor.OVER_BUDGET: "for room in a budget",
    WaitsFor.APPROVAL: "for approval",
    WaitsFor.TWIN: "for an equal edit",
}


def line_data(counts: LineCounts) -> dict[str, Any]:
    """As {"slots": […], "waiting": […], "budgets": […]}; each empty where there is nothing."""
    many: dict[str, int] = {}
    for why, number in counts.waiting.items():
        sentence = REASONS.get(why, "in line")
        many[sentence] = many.get(sentence, 0) + number
    return {
        "slots": [
            {"key": each.key, "taken": each.taken, "limit": each.limit}
            | ({"held_for": each.held_for} if each.held_for else {})
            for each in counts.keys
        ],
        "waiting": [
            {"number": _counted(number), "why": sentence} for sentence, number in many.items()
        ],
        "budgets": [_budget(cap, spent) for cap, spent in counts.caps],
    }


def _counted(number: int) -> str:
    return f"more than {COUNTED}" if number > COUNTED else str(number)


def _budget(cap: Cap, spent: int) -> dict[str, Any]:
    # What is full is shown as full, also by a cent over it after a cap was lowered.
    percent = 100 if spent >= cap.limit else 100 * spent // cap.limit
    so_far, _, _ = cap.told(spent).partition(" ")
    told = f"{so_far} of {cap.told(cap.limit)} this {cap.period}"
    return {"told": told, "percent": percent, "is_full": spent >= cap.limit}
