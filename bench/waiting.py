"""P9: what a wait for a provider that runs few at once costs, and what the guard before it does.

Counted over stores in memory, with time that does not pass; the two beside it are reckoned for the
same waits.
"""

import statistics

from bench import prices
from bench.figures import Figure, Goal, Part, Row
from bench.observed import record_units
from bench.orchestration import FUNCTIONS
from tests.faults.checker import edits_in
from tests.faults.crowds import CLIP_SECONDS, Crowded, crowd
from tests.faults.whole_stack import Stage

LIMIT = 4
SEMAPHORE_SECONDS = 3  # the usual example of a semaphore in Step Functions waits so long
SEMAPHORE_STATES = 3  # try to take it, look whether that worked, wait
GUARD_GOAL = 0.03


def measure(quick: bool) -> Part:
    rows = []
    free_stage, free = crowd(10, runs_at_once=10, told="novita=10")
    alone = free.requests
    rows.append(_row("10 edits, a slot for each", free_stage, free, free, 10, alone))
    waited = 0.0
    for many in (20, 60) if quick else (20, 200, 1000):
        stage, seen = crowd(
            many, runs_at_once=LIMIT, told=f"novita={LIMIT}", sweeps_apart=4 * 3600.0
        )
        waited = (many - LIMIT) / LIMIT * CLIP_SECONDS / 2
        rows.append(_row(f"{many:,} edits for {LIMIT} slots", stage, seen, free, many, alone))
    asked = waited / SEMAPHORE_SECONDS
    semaphore = asked * (SEMAPHORE_STATES * prices.TRANSITION + prices.DYNAMODB_WRITE)
    figures = {"waits": f"{waited / 60:.0f} min", "guard, 1,000": f"${semaphore * 1000:.2f}"}
    rows.append(Row(f"a semaphore asked every {SEMAPHORE_SECONDS} s, for the last row", figures))
    rows.append(
        Row(
            "tries at 0, 30, 90, 210, 450, 930 s, for the last row",
            {"waits": "16 min at most", "guard, 1,000": "$0.45 and five posts in vain each"},
        )
    )
    notes = (
        "Slots busy: of the time in which somebody waits, by the provider's own ledger. Guard: the "
        "writes by which an edit takes a slot and gives it back, and, where it waits, all that an "
        "edit with a slot at once does not do: three states more, one of them Submit, its place, "
        "and its turn.",
        f"Prices of us-east-1 as of {prices.AS_OF} (bench/prices.py), no free tier.",
    )
    return Part("p9", "A crowd that waits", "edits with a slot at once", rows, notes)


def _row(what: str, stage: Stage, seen: Crowded, free: Crowded, many: int, alone: float) -> Row:
    usd = _guard_usd(stage, seen, free)
    figures: dict[str, Figure | float | str] = {
        "transitions": round(seen.transitions, 2),
        "DynamoDB requests": round(seen.requests, 1),
        "posts in vain": seen.refused,
        "slots busy": f"{min(1.0, seen.busy):.1%}",
        "guard, 1,000": f"${usd * 1000:.3f}",
    }
    goal = Goal(
        f"≤ 12 transitions, ≤ ${GUARD_GOAL:.2f}",
        seen.transitions <= 12 and usd * 1000 <= GUARD_GOAL,
        "a turn is three states more, at $0.025 per 1,000 each",
    )
    return Row(what, figures, seen.requests / alone, goal)


def _guard_usd(stage: Stage, seen: Crowded, free: Crowded) -> float:
    """Of one edit: a slot's two transactions, and what a wait adds to it."""
    record = statistics.mean(record_units(edit) for edit in edits_in(stage).values())
    # In a transaction a write costs twice; the count is one unit, and so is a place in the index.
    slot = 2 * (record + 2) + 2
    states = max(0.0, seen.transitions - free.transitions)
    turns = states / 3
    memory_gb, seconds = FUNCTIONS["Submit"]
    # Its place and the token are written each by itself, the turn in a transaction.
    wait = turns * (2 * record + 2 * (record + 1) + 4) * prices.DYNAMODB_WRITE
    wait += turns * (prices.LAMBDA_REQUEST + memory_gb * 0.1 * seconds * prices.LAMBDA_GB_SECOND)
    return slot * prices.DYNAMODB_WRITE + states * prices.TRANSITION + wait
