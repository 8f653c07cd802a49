"""P3: what the orchestration of 1,000 edits costs, counted from executions on the local engine."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench import prices
from bench.figures import Goal, Part, Row
from bench.observed import CALLED, POLLED, Observed, observed, record_units

# Everything runs ten times as fast as in real life: jobs of 60 to 300 s take 6 to 30.
SPEED = 10
PARAMETERS = {
    "FirstPollSeconds": "5",
    "MaxPollSeconds": "6",
    "MaxRunning": "novita=99,evolink=99,aimlapi=99,fal=99",  # what a line costs is "waiting"'s part
}
# The guard on money at work, with room for all; and the model for which no list is kept.
GUARDED = {"DailyBudgetUsd": "10000", "MonthlyBudgetUsd": "100000", "DefaultModel": CALLED}
DYNAMODB = ("GetItem", "BatchGetItem", "Query", "UpdateItem", "TransactWriteItems")
# Billed per call: assumed, warm, on arm64 with the template's memory; the copy of a result is not
# orchestration, so Persist counts without it.
FUNCTIONS = {
    "Intake": (0.25, 0.10),
    "Validate": (0.5, 0.40),
    "Submit": (0.25, 0.80),
    "Poll": (0.25, 0.25),
    "Persist": (0.5, 0.60),
    "Callback": (0.25, 0.10),
}
LOG_BYTES = 1300  # Lambda's three lines and one of ours
TRACES = 3  # Intake, the workflow with its functions, the callback
LOOP_SECONDS = 10


def measure(quick: bool) -> Part:
    many = 3 if quick else 9
    lengths = [(60 + 240 * n / (many - 1)) / SPEED for n in range(many)]
    with observed(parameters=PARAMETERS | GUARDED) as seen:
        for model in (CALLED, POLLED):
            seen.run(model, [1])  # so that no measured edit waits for a first start
        rows = [
            _ours("Retake, called back", seen, CALLED, lengths, 0.25),
            _ours("Retake, asking only", seen, POLLED, lengths, 0.75),
            _loop("a loop: wait 10 s, ask", lengths),
        ]
    notes = (
        f"{many} edits each whose jobs take 60 to 300 s, evenly; everything at {SPEED} times the "
        "speed (waits and settings divided alike, FirstPollSeconds 50, MaxPollSeconds 60), so the "
        "engine's own delays count ten times: real edits make no more transitions than these.",
        f"Prices of us-east-1 as of {prices.AS_OF} (bench/prices.py), no free tier. Not in it: "
        "the provider, storage, traffic, and copying the result. Logs and traces stand beside "
        f"it: {LOG_BYTES:,} bytes for each call of a function and {TRACES} traces, all recorded "
        "(assumed).",
        "The guard on slots and on money is in it, with a day's and a month's budget: the look at "
        "them, the transaction that writes the intent, and the one that gives the slot back.",
        "Transitions are states entered in the histories; requests to DynamoDB, S3 and Secrets "
        "Manager are counted on the wire; the seconds of each function are assumed "
        "(bench/orchestration.py). A write takes the units of the larger of the item before and "
        "after it, and one for each place in an index that it makes or takes; in a transaction "
        'twice as many. Requests to DynamoDB are more than of one edit alone ("One edit among '
        'many"): the look at budgets, and a look into the line while others run.',
        "The loop is counted: it submits, waits, asks and saves as one would write it by hand, one "
        "function to ask, no records, no retries, and no delay of its own.",
    )
    return Part(
        "p3",
        "Orchestration of 1,000 edits",
        "a loop that waits 10 s and asks",
        [
            Row(r.what, r.figures, float(str(r.figures["total"])) / _total(rows[-1]), r.goal)
            for r in rows
        ],
        notes,
    )


def _total(row: Row) -> float:
    return float(str(row.figures["total"]))


def _ours(what: str, seen: Observed, model: str, lengths: Sequence[float], most: float) -> Row:
    before, tally = seen.tally.counts.copy(), seen.tally
    written, read = tally.write_units, tally.read_units
    edits = seen.run(model, lengths)
    counts = tally.counts - before
    per_edit = {name: number / len(edits) for name, number in counts.items()}
    transitions = statistics.mean(edit.transitions for edit in edits)
    called = sum(edit.states["Wait For Callback"] for edit in edits) / len(edits)
    calls = {
        name: statistics.mean(edit.states[name] for edit in edits)
        for name in ("Validate", "Submit", "Poll", "Persist")
    } | {"Intake": 1.0, "Callback": per_edit.get("SendTaskSuccess", 0.0)}
    # The state machine's own writes: the token, and that it was told of, which leaves an index.
    own = statistics.mean(record_units(edit.record) for edit in edits) * (1 + called) + 1
    writes = (tally.write_units - written) / len(edits) + own
    reads = (tally.read_units - read) / len(edits)
    requests = sum(per_edit.get(name, 0.0) for name in DYNAMODB) + 1 + called
    return _row(
        what,
        transitions,
        calls,
        per_edit | {"DynamoDB": requests},
        dynamodb_usd(writes, reads),
        most,
    )


def dynamodb_usd(write_units: float, read_units: float) -> float:
    return write_units * prices.DYNAMODB_WRITE + read_units * prices.DYNAMODB_READ


def lambda_usd(calls: Mapping[str, float]) -> float:
    """One edit's calls of functions."""
    gb_seconds = sum(n * FUNCTIONS[name][0] * FUNCTIONS[name][1] for name, n in calls.items())
    return gb_seconds * prices.LAMBDA_GB_SECOND + sum(calls.values()) * prices.LAMBDA_REQUEST


def _row(
    what: str,
    transitions: float,
    calls: Mapping[str, float],
    per_edit: Mapping[str, float],
    dynamodb: float,
    most: float | None,
) -> Row:
    usd = {
        "Step Functions": transitions * prices.TRANSITION,
        "Lambda": lambda_usd(calls),
        "DynamoDB": dynamodb,
        "S3": per_edit.get("S3 PUT", 0) * prices.S3_PUT
        + (per_edit.get("S3 GET", 0) + per_edit.get("S3 HEAD", 0)) * prices.S3_GET,
        "other": prices.SNS_PUBLISH
        + 3 * prices.SQS_REQUEST
        + calls.get("Callback", 0) * prices.API_CALL
        + per_edit.get("GetSecretValue", 0) * prices.SECRET_CALL,
    }
    thousand = {name: round(each * 1000, 3) for name, each in usd.items()}
    total = round(sum(thousand.values()), 3)
    why = f"${thousand['Step Functions']:.2f} of it are transitions, three for each guard poll"
    goal = Goal(f"≤ ${most:.2f}", total <= most, why) if most else None
    figures: dict[str, Any] = {"transitions per edit": round(transitions, 1)}
    requests = round(per_edit.get("DynamoDB", 0), 1)
    figures |= {"polls per edit": round(calls["Poll"], 1), "DynamoDB requests": requests}
    figures |= {**thousand, "total": total}
    figures["logs, beside it"] = round(1000 * sum(calls.values()) * LOG_BYTES * prices.LOG_BYTE, 3)
    figures["traces, beside it"] = round(1000 * TRACES * prices.TRACE, 3)
    return Row(what, figures, None, goal)


def _loop(what: str, lengths: Sequence[float]) -> Row:
    """Submit; wait, ask and choose until it is done; save and tell: counted, not run."""
    polls = statistics.mean(math.ceil(each * SPEED / LOOP_SECONDS) for each in lengths)
    calls = {"Submit": 1.0, "Poll": polls, "Persist": 1.0}
    return _row(what, 3 + 3 * polls, calls, {}, 0, None)
