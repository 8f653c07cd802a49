"""What the sweep does for the line: turns that nobody took, lost words, counts that are off.

Everything here repairs what a worker left behind that died between two writes. It looks at who
holds a slot and at who tries a held key, never at all who wait, so that its work does not grow with
them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta

from retake.domain.edit import WAITS, Edit
from retake.domain.errors import LostRace, RetakeError
from retake.domain.stored import moment
from retake.domain.vocabulary import Status
from retake.records.approvals import LINE as APPROVALS
from retake.records.slots import Slots, holding
from retake.records.store import Records
from retake.steps.measures import WAITED

RANKS = (None, "1", "2")  # behind whom in a line those of each priority begin
AT_ONCE = 100  # records read together
HOLDERS = 1000  # looked at for one key; who runs more at once has its counts left alone
LATE = timedelta(minutes=2)  # longer than it takes from a turn to the intent to submit


def mended_line(
    records: Records, providers: Sequence[str], mend: Callable[[Edit], str]
) -> Counter[str]:
    """What was done, counted; `mend` sees to an edit whose execution may have died."""
    done: Counter[str] = Counter()
    for provider in providers:
        with suppress(RetakeError):
            for key, slots in records.line.pool(provider).keys.items():
                done.update(_of_key(records, key, slots, mend))
            if records.line.fill(provider):
                done["filled"] += 1
    return done


def longest_wait(records: Records, providers: Sequence[str]) -> Counter[str]:
    """How long those have waited who are the next in their lines, of each priority: for their turn
    at a provider, or for a yes. A budget has a message and an alarm of its own."""
    found: Counter[str] = Counter()
    with suppress(RetakeError):
        heads = [it for name in (*providers, APPROVALS) for it in _heads(WAITS + name, records)]
        for edit in records.get_many(list(dict.fromkeys(heads))).values():
            if edit.waits_for is not None and edit.line_since is not None:
                waited = records.now() - moment(edit.line_since)
                found[WAITED] = max(found[WAITED], round(waited.total_seconds()))
    return +found


def _heads(line: str, records: Records) -> Iterator[str]:
    """Who is first in a line, of each priority; behind a place where nobody stands is nobody."""
    for rank in RANKS:
        first = records.line.first(line, limit=1, after=rank)
        if not first:
            return
        yield first[0][0]


def _of_key(records: Records, key: str, slots: Slots, mend: Callable[[Edit], str]) -> Iterator[str]:
    line = records.line
    holders = [edit_id for edit_id, _ in line.first(holding(key), limit=HOLDERS)]
    late = records.now() - LATE
    for start in range(0, len(holders), AT_ONCE):
        for edit in records.get_many(holders[start : start + AT_ONCE]).values():
            if edit.status is Status.RECEIVED and moment(edit.updated_at) < late:
                yield from _reminded(edit, records, mend)
    if slots.prober is not None:
        yield from _of_prober(slots.prober, records, key, mend)
    if len(holders) < HOLDERS and len(holders) != slots.taken and _is_quiet(slots, records):
        line.recount(key, slots, len(holders))
        yield "recounted"


def _reminded(edit: Edit, records: Records, mend: Callable[[Edit], str]) -> Iterator[str]:
    """Somebody's turn that nobody took: the word was lost, or the execution is dead."""
    with suppress(RetakeError):
        if edit.turn_token is not None:
            records.line.remind(edit.turn_token)
            yield "reminded"
    with suppress(RetakeError):
        yield mend(edit)


def _of_prober(
    edit_id: str, records: Records, key: str, mend: Callable[[Edit], str]
) -> Iterator[str]:
    edit = records.get_many([edit_id]).get(edit_id)
    if edit is None or edit.probes != key:
        records.line.let_go(key, edit_id)
        yield "let go"
        return
    due = moment(edit.submit_not_before or edit.updated_at)
    if edit.status is Status.RECEIVED and due < records.now() - LATE:
        with suppress(LostRace):
            yield from _reminded(edit, records, mend)


def _is_quiet(slots: Slots, records: Records) -> bool:
    """Whether nothing has changed lately, so that the index must have caught up."""
    return slots.changed_at is None or moment(slots.changed_at) < records.now() - LATE
