"""Where an edit stands in a line, as text that sorts."""

from contextlib import suppress
from datetime import datetime, timedelta

from retake.aws.dynamodb import ConditionFailed, Table
from retake.aws.dynamodb_changes import AtMost, Change
from retake.domain.edit import Edit
from retake.domain.stored import timestamp
from retake.domain.vocabulary import Priority
from retake.records.keys import flow_key
from retake.records.slots import Slots

RANKS = {Priority.HIGH: 0, Priority.NORMAL: 1, Priority.LOW: 2}
STAMP_DIGITS = 12
FLOW_KEPT = timedelta(days=30)
JUMPS = 5  # how often a flow that was idle is brought up to the others before one joins as it is


def priority_of(edit: Edit) -> Priority:
    asked = edit.request.priority if edit.request else None
    return asked or Priority.NORMAL


def flow_of(edit: Edit) -> str:
    """Whose edits they are among whom it is first come, first served: a folder's, or a caller's."""
    folder = edit.upload.key.rpartition("/")[0] if edit.upload is not None else edit.folder
    return folder or edit.caller or ""


def place_of(edit: Edit, stamp: int, now: datetime) -> str:
    """Sorts by priority, then by stamp, then by time."""
    rank = RANKS[priority_of(edit)]
    return f"{rank}{stamp:0{STAMP_DIGITS}d}#{timestamp(now)}#{edit.edit_id}"


def rank_and_stamp(place: str) -> tuple[int, int]:
    return int(place[0]), int(place[1 : 1 + STAMP_DIGITS])


def new_place(table: Table, edit: Edit, provider: str, slots: Slots, now: datetime) -> str:
    """In the line of a provider, of which `slots` say who was served: behind all of its own flow,
    and among the other flows in its round. Raises Unavailable."""
    served = slots.served(RANKS[priority_of(edit)])
    flow = flow_key(provider, f"{priority_of(edit)}#{flow_of(edit)}")
    until = {"expires_at": int((now + FLOW_KEPT).timestamp())}
    for _ in range(JUMPS):
        stamp = table.counted(Change(key=flow, set=until, add={"stamp": 1}), "stamp")
        if stamp > served:
            break
        # It had nobody in line for a while: the time that it was away is not made up for.
        stamp = served + 1
        jump = Change(key=flow, set={"stamp": stamp}, where={"stamp": AtMost(served)})
        with suppress(ConditionFailed):
            table.write(jump)
            break
    return place_of(edit, stamp, now)
