"""Whether what is counted for a provider is what the records say, after a single write."""

from collections.abc import Iterator, Sequence

from retake.aws.dynamodb import First
from retake.aws.dynamodb_values import from_item
from retake.domain.provider_keys import key_of
from retake.domain.vocabulary import Status
from retake.records.keys import IN_LINE

from virtual.memory_table import MemoryTable

MOST = 10_000
MAY_RUN = frozenset({Status.SUBMITTING, Status.UNCERTAIN, Status.RUNNING})


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


def misplaced(table: MemoryTable, keys: Sequence[str]) -> Iterator[str]:
    """Attempts that may run without a slot of their key, and slots of what cannot run."""
    for key in keys:
        if not key.startswith("edit#"):
            continue
        edit = from_item(table.items[key])
        is_over = bool({"conclusion", "said_done_at", "finished_at"} & edit.keys())
        line = edit.get("line", "")
        own = f"holds#{key_of(edit.get('provider', ''), edit.get('key_name'))}"
        if edit["status"] in MAY_RUN and not is_over and line != own:
            yield f"{key} may run with {own}, and stands in {line or 'no line'}"
        if is_over and line:
            yield f"{key} is over, and stands in {line}"
