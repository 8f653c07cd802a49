"""P9: what a wait for a provider that runs few at once costs, and what the guard before it does.

Counted over stores in memory, with time that does not pass; the two beside it are reckoned for the
same waits.
"""

import statistics

from retake.domain.budgets import Budgets
from retake.domain.spending_caps import STACK, caps_of

from bench import prices
from bench.counting import CountingTable
from bench.figures import Figure, Goal, Part, Row
from bench.observed import record_units
from bench.orchestration import FUNCTIONS
from virtual.crowds import CLIP_SECONDS, Crowded, crowd
from virtual.recorded import edits_in
from virtual.scene import Scene
from virtual.whole_stack import Stage

# How many edits, and for how many slots: 1, 16, 100, 996 and 9,995 of them wait.
QUICK = ((5, 4), (20, 4))
CROWDS = ((5, 4), (104, 4), (1000, 4), (10_000, 5))
SEMAPHORE_SECONDS = 3  # the usual example of a semaphore in Step Functions waits so long
SEMAPHORE_STATES = 3  # try to take it, look whether that worked, wait
GUARD_GOAL = 0.03
BUDGETS = {"daily_usd": 1000, "monthly_usd": 9000, "daily_edits": 500}
MOST_TRANSITIONS = 12
FLAT = 3  # so many requests more than where one waits


def measure(quick: bool) -> Part:
    free_stage, free = crowd(10, runs_at_once=10, told="novita=10")
    rows = [_row("10 edits, a slot for each", free, free)]
    stage, seen, waited, most = free_stage, free, 0.0, 0.0
    for many, limit in QUICK if quick else CROWDS:
        stage, seen = crowd(
            many, runs_at_once=limit, told=f"novita={limit}", sweeps_apart=4 * 3600.0
        )
        waited = (many - limit) / limit * CLIP_SECONDS / 2
        each = (seen.requests * many - free.requests * limit) / (many - limit)
        most = most or each + FLAT
        what = f"{many:,} edits for {limit} slots"
        rows.append(_row(what, seen, free, of_waiting=each, is_flat=each <= most))
    rows.append(_cost("the guard, with a slot at once", free_stage, free, free))
    rows.append(_cost("the guard, of the last row", stage, seen, free))
    rows.append(_money())
    asked = waited / SEMAPHORE_SECONDS
    semaphore = asked * (SEMAPHORE_STATES * prices.TRANSITION + prices.DYNAMODB_WRITE)
    figures = {"waits": f"{waited / 3600:.1f} h", "1,000 edits": f"${semaphore * 1000:,.2f}"}
    rows.append(Row(f"a semaphore asked every {SEMAPHORE_SECONDS} s, for the last row", figures))
    rows.append(
        Row(
            "tries at 0, 30, 90, 210, 450, 930 s, for the last row",
            {"waits": "16 min at most", "1,000 edits": "$0.45 and five posts in vain each"},
        )
    )
    notes = (
        "Of one that waits: the requests that are left of all when those with a slot at once made "
        "as many as in the first row; flat, if they are no more than where one waits.",
        "Slots busy: of the time in which somebody waits, by the provider's own ledger; so is how "
        "many were open there at once. The sweep comes every four hours and is not counted.",
        "The guard: the writes by which an edit takes a slot and gives it back, and, where it "
        "waits, all that an edit with a slot at once does not do: three states more, one of them "
        "Submit, its place, and its turn.",
        f"Prices of us-east-1 as of {prices.AS_OF} (bench/prices.py), no free tier.",
    )
    return Part("p9", "A crowd that waits", "edits with a slot at once", rows, notes)


def _row(
    what: str,
    seen: Crowded,
    free: Crowded,
    *,
    of_waiting: float | None = None,
    is_flat: bool = True,
) -> Row:
    figures: dict[str, Figure | float | str] = {
        "transitions": round(seen.transitions, 2),
        "DynamoDB requests": round(seen.requests, 1),
        "of one that waits": round(of_waiting, 1) if of_waiting else "",
        "posts": seen.posts,
        "in vain": seen.refused,
        "most open": seen.most_open,
        "slots busy": f"{min(1.0, seen.busy):.1%}",
    }
    goal = Goal(
        f"≤ {MOST_TRANSITIONS} transitions, requests flat",
        seen.transitions <= MOST_TRANSITIONS and is_flat,
    )
    return Row(what, figures, seen.requests / free.requests, goal)


def _cost(what: str, stage: Stage, seen: Crowded, free: Crowded) -> Row:
    usd = _guard_usd(stage, seen, free) * 1000
    goal = Goal(
        f"≤ ${GUARD_GOAL:.2f}",
        usd <= GUARD_GOAL,
        "a turn is three states more, at $0.025 per 1,000 each",
    )
    return Row(what, {"1,000 edits": f"${usd:.3f}"}, None, goal)


def _money() -> Row:
    """What budgets cost an edit: one number of each sum in the write of its intent, in which a unit
    is billed twice, and one look at them before it."""
    reads = []
    for caps in ((), caps_of(STACK, BUDGETS)):
        scene = Scene(table=CountingTable(), budgets=Budgets(stack=caps))
        scene.provider.submissions = [scene.accepting(f"task-{number}") for number in range(9)]
        scene.running("first.mp4")
        edit, before = scene.validated("second.mp4"), scene.table.counts["read"]  # type: ignore[attr-defined]  # it counts
        scene.submit(edit)
        reads.append(scene.table.counts["read"] - before)  # type: ignore[attr-defined]
        sums = sum(key.startswith("spent#") for key in scene.table.items)
    usd = 2 * sums * prices.DYNAMODB_WRITE + (reads[1] - reads[0]) * prices.DYNAMODB_READ
    goal = Goal(f"≤ ${GUARD_GOAL:.2f}", usd * 1000 <= GUARD_GOAL)
    return Row(
        "the guard of money, a day's and a month's budget",
        {"1,000 edits": f"${usd * 1000:.4f}"},
        None,
        goal,
    )


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
