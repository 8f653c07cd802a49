"""P6: whether an edit costs the same alone and among many."""

import statistics

from bench import prices
from bench.crowd import QUERIES, READS, Crowd
from bench.figures import Figure, Goal, Part, Row
from bench.observed import record_units
from bench.orchestration import dynamodb_usd, lambda_usd
from bench.stored import SIZES, at_sizes
from virtual.recorded import edits_in

QUEUED = (1, 10, 100, 1000)
MOST_REQUESTS = 14  # to DynamoDB, of an edit alone
PUTS = ("s3.save", "s3.put", "s3.put_tagged")
MEASURED = 50  # edits in all for each size, so that one alone is no accident


def measure(quick: bool) -> Part:
    Crowd(1)  # imports and compiles what every later one finds ready
    rows = _in_memory(QUEUED[:-1] if quick else QUEUED, quick)
    rows += at_sizes(SIZES[:2] if quick else SIZES)
    notes: tuple[str, ...] = (
        "At once, in memory: the real handlers and the real state machine between stores in "
        "memory, in virtual time, all clips dropped at the same moment. DynamoDB requests are "
        "those of the functions and the two of the workflow itself; own CPU is the code's own, "
        "botocore and the handling of HTTP not in it.",
        "The price counts what grows with an edit: transitions, calls of functions (their seconds "
        f"assumed), and DynamoDB but for places in indexes, at the prices of {prices.AS_OF}.",
    )
    notes += (
        "With so many records: counted over a table that makes its items when asked, at what "
        "DynamoDB bills (units of 1 KB written and 4 KB read, indexes too). Pages are those of "
        "a list or of the inbox; for the sweep, the runs until each open edit had its turn, or the "
        "records that it passed over. A lap is a day of 288 runs, its ratio that of requests to "
        "the table: the smaller the inbox, the more often it is gone through.",
    )
    reference = "itself alone (ratio of the price; by size, of DynamoDB requests)"
    return Part("p6", "One edit among many", reference, rows, notes)


def _in_memory(sizes: tuple[int, ...], quick: bool) -> list[Row]:
    rows: list[Row] = []
    alone = usd_alone = 0.0
    for many in sizes:
        crowds = [Crowd(many) for _ in range(1 if quick else max(1, MEASURED // many))]
        crowd, usd = crowds[0], _usd(crowds[0])
        alone, usd_alone = alone or crowd.table_requests, usd_alone or usd
        within = max(abs(crowd.table_requests / alone - 1), abs(usd / usd_alone - 1)) <= 0.1
        figures: dict[str, Figure | float | str] = {
            "DynamoDB requests": round(crowd.table_requests, 2),
            "of these scans and queries": round(crowd.each(*QUERIES), 2),
            "S3 requests": round(crowd.each("s3.head", "s3.read", *PUTS), 2),
            "transitions": round(crowd.transitions, 2),
            "requests to the provider": round(crowd.each("seller.post", "seller.ask"), 2),
            "price of 1,000": f"${usd * 1000:.3f}",
            "own CPU": Figure.of([each.own_ms / many for each in crowds], "ms"),
        }
        goal = Goal("± 10 %", within)
        if many == 1:
            goal = Goal(f"≤ {MOST_REQUESTS} requests", crowd.table_requests <= MOST_REQUESTS)
        rows.append(Row(f"{many:,} at once, in memory", figures, usd / usd_alone, goal))
    return rows


def _usd(crowd: Crowd) -> float:
    """What grows with an edit, for one of them."""
    calls = {
        name.capitalize(): crowd.each(f"lambda.{name}")
        for name in ("validate", "submit", "poll", "persist")
    } | {"Intake": 1.0, "Callback": crowd.each("states.wake")}
    requests = {"UpdateItem": crowd.each("table.write"), "GetItem": crowd.each(*READS)}
    own = crowd.each("listen.update", "confirm.update")
    # Each as if it wrote the finished record: it is the same for one edit and for a thousand.
    whole = statistics.mean(record_units(edit) for edit in edits_in(crowd.stage).values())
    units = whole * (requests["UpdateItem"] + own)
    return (
        crowd.transitions * prices.TRANSITION
        + lambda_usd(calls)
        + dynamodb_usd(units, requests["GetItem"])
        + crowd.each(*PUTS) * prices.S3_PUT
        + crowd.each("s3.head", "s3.read") * prices.S3_GET
    )
