"""Whether what is counted for a provider is what the records say, after a single write."""

from collections.abc import Iterator, Sequence

from retake.aws.dynamodb import First
from retake.records.keys import IN_LINE

from tests.support.fakes import MemoryTable

MOST = 10_000


def miscounted(table: MemoryTable, keys: Sequence[str]) -> Iterator[str]:
    """What does not hold of those of the items that count slots."""
    for key in keys:
        name = key.partition("slots#")[2]
        if not name:
            continue
        taken = int(table.items[key].get("taken", {"N": "0"})["N"])
        line = ("line", f"holds#{name}")
        holding = len(table.first(First(index=IN_LINE, hash=line, range="line_place", limit=MOST)))
        if taken != holding:
            yield f"{key} counts {taken}, and {holding} records hold a slot"
