"""P6: whether an edit costs the same alone and among many."""

import statistics

from bench.figures import Goal, Part, Row
from bench.observed import observed
from bench.orchestration import PARAMETERS

MODEL = "novita/kling-o1-edit"
DYNAMODB = ("GetItem", "UpdateItem", "TransactWriteItems", "Query", "Scan")


def measure(quick: bool) -> Part:
    rows: list[Row] = []
    alone = 0.0
    with observed(parameters=PARAMETERS) as seen:
        seen.run(MODEL, [1])
        for many in (1, 10) if quick else (1, 10, 40):
            before = seen.tally.counts.copy()
            edits = seen.run(MODEL, [5] * many, patience=600)
            counts = seen.tally.counts - before
            requests = sum(counts[name] for name in DYNAMODB) / many
            alone = alone or requests
            within = abs(requests / alone - 1) <= 0.1
            figures = {
                "DynamoDB requests": round(requests, 1),
                "of these scans and queries": counts["Scan"] + counts["Query"],
                "transitions": round(statistics.mean(e.transitions for e in edits), 1),
                "requests to the provider": round(
                    statistics.mean(e.provider_requests for e in edits), 1
                ),
            }
            why = "edits that wait for the engine are asked about more often"
            rows.append(
                Row(f"{many} at once", figures, requests / alone, Goal("± 10 %", within, why))
            )
    notes = (
        "Counted on the wire between the functions and the local engine; the workflow's own "
        "two writes "
        "to DynamoDB are not in it.",
        "Hundreds were not tried: the engine gives each execution a thread and runs four "
        "processes per function. The time an edit takes there says nothing of AWS and is left out.",
    )
    return Part(
        "p6", "One edit among many", "itself alone (ratio of DynamoDB requests)", rows, notes
    )
