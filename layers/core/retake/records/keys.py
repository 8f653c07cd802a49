"""Every key and index of the one table: what is found where.

Each item has the partition key `pk`, and no other key. What is written so stays so: data outlives
code.
"""

from retake.domain.edit import Edit

SWEEP_KEY = "sweep#inbox"
OPEN_EDITS = "open-edits"  # by `open_shard` and `updated_at`: what the sweep looks at
OPEN_SHARDS = 10  # spreads the index of open edits, so that it has no hot partition
LATE_SHARD = "LATE"  # in that index, a part of its own: the late results that are to be looked for
IN_LINE = "in-line"  # by `line` and `line_place`: who waits, in which order, and who holds a slot
BUDGET_LINES = "budget-lines"  # the lines in which edits wait for a budget, by name
EDITS_BY_TIME = "edits-by-time"  # by `listing_day` and `listing_key`: lists, newest first
LISTS_KEY = "lists"  # since when the lists beside that of all edits are whole


def edit_key(edit_id: str) -> str:
    return f"edit#{edit_id}"


def batch_key(batch_id: str) -> str:
    return f"batch#{batch_id}"


def task_key(edit: Edit, task_id: str) -> str:
    """Whose a provider's task is."""
    return f"task#{edit.provider}#{task_id}"


def late_key(edit_id: str) -> str:
    """When the late result of an edit is to be looked for."""
    return f"late#{edit_id}"


def list_entry_key(edit_id: str, part: str) -> str:
    """One entry of an edit in a list beside that of all. It names no tag: erasures take those."""
    return f"list#{edit_id}#{part}"


def slots_key(provider_key: str) -> str:
    """How many run with a key of a provider, and whether it is held."""
    return f"slots#{provider_key}"


def flow_key(provider: str, flow: str) -> str:
    """How far a folder or caller has come in the line of a provider."""
    return f"flow#{provider}#{flow}"


def spent_key(scope: str, period: str) -> str:
    """What was spent by whom in a day (`2026-11-28`) or a month (`2026-11`)."""
    return f"spent#{scope}#{period}"


def is_spent(key: str) -> bool:
    """Whether an item is a sum of money."""
    return key.startswith("spent#")


def period_in(key: str) -> str:
    """The period that a sum is of; the name of a scope may hold any character."""
    return key.rpartition("#")[2]


def equal_key(fingerprint: str) -> str:
    """Which of all edits that ask for the same pays for it."""
    return f"equal#{fingerprint}"


def receiver_key(digest: str) -> str:
    """How the receiver of webhooks at an address stands."""
    return f"webhook#{digest}"


def callbacks_key(provider: str) -> str:
    """Whether a provider has ever called."""
    return f"callbacks#{provider}"


def edit_id_in(key: str) -> str:
    """The edit that a key of its record, or of its late result, is about."""
    return key.partition("#")[2]


def shard(number: int) -> str:
    """One part of the index of open edits."""
    return f"OPEN#{number}"


def open_shard(edit: Edit) -> str:
    """The part of the index of open edits that an edit belongs to."""
    return shard(int.from_bytes(edit.edit_id[-2:].encode(), "big") % OPEN_SHARDS)


def listing_day(created_at: str) -> str:
    return created_at[:10]


def pieces_day(created_at: str) -> str:
    """The list of a day's pieces of films, which no other list names."""
    return f"pieces#{listing_day(created_at)}"


def listing_key(created_at: str, edit_id: str) -> str:
    """Unique, and in the order of time."""
    return f"{created_at}#{edit_id}"
