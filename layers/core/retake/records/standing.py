"""How far an edit has come in its line, for whoever asks."""

from datetime import datetime, timedelta

from retake.domain.edit import WAITS, Edit
from retake.domain.stored import timestamp
from retake.domain.values import dataclass
from retake.domain.vocabulary import WaitsFor
from retake.records.line import Line

LOOKED_THROUGH = 1000  # of a line: the places beyond are not counted out
TYPICAL_SECONDS = 180  # of a slot, until some have been given back


@dataclass(frozen=True, slots=True)
class Standing:
    """What it waits for now, which may be more than when it joined; its place, from 1; and when its
    turn should come."""

    waits_for: WaitsFor
    position: int | None = None
    expected_start_at: str | None = None


def standing_of(edit: Edit, line: Line) -> Standing | None:
    """None for one that waits in no line; without a place for one that is far behind.

    Raises Unavailable.
    """
    provider = edit.waits_in
    if provider is None or edit.waits_for is None or edit.line_place is None:
        return None
    before = line.first(WAITS + provider, limit=LOOKED_THROUGH)
    ids = [edit_id for edit_id, _ in before]
    pool = line.pool(provider)
    waits_for = pool.held_for() or edit.waits_for
    if edit.edit_id not in ids:
        return Standing(waits_for)
    position = ids.index(edit.edit_id) + 1
    if pool.is_held:
        return Standing(waits_for, position)
    seconds = position * (pool.mean_seconds() or TYPICAL_SECONDS) / pool.limit()
    return Standing(waits_for, position, _later(line.now(), seconds))


def _later(now: datetime, seconds: float) -> str:
    return timestamp(now + timedelta(seconds=seconds))
