"""The ways a record may change, and the one guarded write that makes each of them hold."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, replace
from datetime import datetime, timedelta
from typing import Any

from retake.aws.dynamodb import ConditionFailed, Table
from retake.aws.dynamodb_changes import ABSENT, Change
from retake.domain.budget import lightened, within_budget
from retake.domain.edit import Edit
from retake.domain.errors import LostRace, RetakeError
from retake.domain.source import Source
from retake.domain.stored import timestamp
from retake.domain.values import dataclass
from retake.domain.vocabulary import OPEN, TERMINAL, Status
from retake.records.keys import edit_key, listing_day, listing_key, open_shard, task_key
from retake.records.slots import settled, slot_changes
from retake.records.spending import Limits, sum_changes


@dataclass(frozen=True, slots=True)
class Transition:
    """From which statuses to which one (None: unchanged)."""

    leaves: frozenset[Status]
    enters: Status | None = None


_SUBMITTED = frozenset({Status.SUBMITTING, Status.UNCERTAIN})
_WITHOUT_RESULT = frozenset({Status.FAILED, Status.CANCELLED})
STOPPABLE = _SUBMITTED | {Status.RUNNING}  # where a provider may be asked to stop
TRANSITIONS: Mapping[str, Transition] = {
    "plan_fit": Transition(frozenset({Status.RECEIVED})),
    "note_sidecar": Transition(frozenset({Status.RECEIVED})),
    "plan_film": Transition(frozenset({Status.RECEIVED})),
    "note_film": Transition(frozenset({Status.RECEIVED})),
    "validated": Transition(frozenset({Status.RECEIVED})),
    "spread": Transition(frozenset({Status.RECEIVED})),
    "note_fingerprint": Transition(frozenset({Status.RECEIVED})),
    "reuse": Transition(frozenset({Status.RECEIVED}), Status.SAVING),
    "ask_approval": Transition(frozenset({Status.RECEIVED})),
    "answer_approval": Transition(frozenset({Status.RECEIVED})),
    "join_line": Transition(frozenset({Status.RECEIVED})),
    "leave_line": Transition(frozenset({Status.RECEIVED})),
    "begin_wait": Transition(frozenset({Status.RECEIVED})),
    "begin_submit": Transition(frozenset({Status.RECEIVED}), Status.SUBMITTING),
    "not_accepted": Transition(frozenset({Status.SUBMITTING}), Status.RECEIVED),
    "accept": Transition(_SUBMITTED, Status.RUNNING),
    "mark_uncertain": Transition(frozenset({Status.SUBMITTING}), Status.UNCERTAIN),
    "try_again": Transition(frozenset({Status.UNCERTAIN}), Status.RECEIVED),
    "restart": Transition(OPEN),
    "note_trouble": Transition(OPEN),
    "record_poll": Transition(frozenset({Status.RUNNING, Status.UNCERTAIN})),
    "conclude": Transition(OPEN),
    "begin_save": Transition(frozenset({Status.RUNNING, Status.SAVING}), Status.SAVING),
    "reopen": Transition(frozenset({Status.SAVING, Status.RUNNING}), Status.RUNNING),
    "close": Transition(OPEN),
    # A result that came late; all else that leaves terminal statuses enters no other one.
    "ask_recovery": Transition(_WITHOUT_RESULT),
    "begin_recovery": Transition(_WITHOUT_RESULT),
    "note_recovery": Transition(_WITHOUT_RESULT),
    "end_recovery": Transition(_WITHOUT_RESULT),
    "recover": Transition(_WITHOUT_RESULT, Status.SUCCEEDED),
    "begin_delivery": Transition(TERMINAL),
    "note_delivery": Transition(TERMINAL),
    "ask_delivery": Transition(TERMINAL),
    "ask_erasure": Transition(TERMINAL),
    "hold_erasure": Transition(TERMINAL),
    "erase": Transition(TERMINAL),
}


# A record is written ten times, and each kilobyte that it begins is billed each time: what reading
# gives back by itself is not stored, but for the numbers that conditions compare.
_NUMBERED = frozenset({"version", "attempt", "callback_seq", "polled_seq"})
_WRITE_ID = 12  # of one write among the few that meet on one record


class TaskTaken(RetakeError):
    """The provider's task id belongs to another edit already."""


class NoRoom(LostRace):
    """The record is as it was read, but other items of the same write refuse; `keys` names them."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(", ".join(keys))
        self.keys = tuple(keys)


Guards = Mapping[str, Mapping[str, Any]]
Moved = Callable[[Edit, Edit], None]  # told of a record before and after a change of it


class TransitionWriter:
    """Makes records once, and changes them by the transitions above and in no other way.

    `moved` is told of each change once it is written: whoever gives up a slot has others wait.
    """

    def __init__(self, table: Table, *, now: Callable[[], datetime], record_days: int) -> None:
        self.moved: Moved = lambda before, after: None
        self._table = table
        self.now = now
        self._record_days = record_days

    def expiry(self) -> int:
        """When what is made now is forgotten, in seconds since 1970."""
        return int((self.now() + timedelta(days=self._record_days)).timestamp())

    def opening(self, edit_id: str, upload: Source | None, **facts: Any) -> tuple[Edit, Change]:
        """A new edit, and the write that makes its record if there is none."""
        now = timestamp(self.now())
        edit = Edit(
            edit_id=edit_id,
            status=Status.RECEIVED,
            created_at=now,
            updated_at=now,
            upload=upload,
            expires_at=self.expiry(),
            **within_budget(facts),
        )
        told = edit.to_mapping().items()
        item = {k: v for k, v in told if k in _NUMBERED or v != _DEFAULTS[k]} | {
            "version": 0,
            "open_shard": open_shard(edit),
            "changed_at": now,
            "listing_day": listing_day(now),
            "listing_key": listing_key(now, edit_id),
        }
        return edit, Change(key=edit_key(edit_id), set=item, where={"pk": ABSENT})

    def claim(self, edit: Edit, task_id: str) -> Change:
        """The write by which a provider's task belongs to this edit and to no other."""
        whose = {"edit_id": edit.edit_id, "expires_at": edit.expires_at}
        return Change(key=task_key(edit, task_id), set=whose, where={"pk": ABSENT})

    def change(
        self,
        transition_name: str,
        edit: Edit,
        *others: Change,
        index: Mapping[str, Any] | None = None,
        guards: Guards | None = None,
        limits: Limits | None = None,
        **facts: Any,
    ) -> Edit:
        """The edit as it is afterwards; `index` sets attributes that only indexes read.

        On record `updated_at` is the range of the index of open edits: it moves only with `index`.
        `changed_at` is when the record last changed, which an Edit calls `updated_at`.

        What the edit holds of things that all share is counted in the same write: slots, and the
        money in `limits`. `guards` say, by the key of an item, what must hold of it for the edit to
        take more, `limits` how far each sum of money may have gone. Raises LostRace when the
        transition cannot follow, or another worker wrote first; NoRoom when one of them refuses.
        """
        transition = TRANSITIONS[transition_name]
        if edit.status not in transition.leaves:
            raise LostRace(f"{edit.edit_id} is {edit.status}; {transition_name} cannot follow.")
        facts = within_budget({"status": transition.enters or edit.status, **facts})
        now = self.now()
        told = replace(
            edit,
            version=edit.version + 1,
            updated_at=timestamp(now),
            **{name: _DEFAULTS[name] if v is None else v for name, v in facts.items()},
        )
        changed = settled(told)
        lighter = lightened(changed)
        changed = replace(changed, **lighter)
        stored = changed.to_mapping()
        names = {*facts, *lighter, *(n for n in LINE if getattr(edit, n) != getattr(changed, n))}
        write_id = uuid.uuid4().hex[:_WRITE_ID]
        where: dict[str, Any] = {"version": edit.version, "status": edit.status}
        if has_left_line(edit, changed):
            # Whoever leaves a wait is woken by the token that was read: it must be the latest.
            where["turn_token"] = edit.turn_token or ABSENT
        if changed.is_finished and not edit.is_finished:
            # Whoever ends it sends on the erasures that wait for it: those it knows are all.
            where["holds_up"] = list(edit.holds_up) or ABSENT
        change = Change(
            key=edit_key(edit.edit_id),
            set={name: stored.get(name) for name in sorted(names)}
            | {
                "version": changed.version,
                "changed_at": changed.updated_at,
                "last_write": write_id,
                **({"updated_at": changed.updated_at, **index} if index else {}),
            },
            where=where,
        )
        counted = slot_changes(edit, changed, guards or {}, now)
        sums = sum_changes(edit, changed, limits or {})
        try:
            self._table.write(change, *merged((*others, *counted, *sums)))
        except ConditionFailed as refusal:
            # The store may have applied the write and lost the answer; then the condition fails
            # against our own work.
            current = self._table.get(edit_key(edit.edit_id)) or {}
            if current.get("last_write") != write_id:
                waiting = tuple(current.get("holds_up") or ())
                if current.get("version") == edit.version and waiting != edit.holds_up:
                    told = replace(edit, holds_up=waiting)
                    counters = {"index": index, "guards": guards, "limits": limits}
                    return self.change(transition_name, told, *others, **counters, **facts)
                if change.key not in refusal.keys:
                    raise NoRoom(refusal.keys) from None
                raise LostRace(f"{edit.edit_id} was changed by another worker.") from None
        self.moved(edit, changed)
        return changed


def has_left_line(before: Edit, after: Edit) -> bool:
    """Whether a wait is over: for good, or to go on by a timer of its own, as who tries a key."""
    if before.waits_for is None:
        return False
    return after.waits_for is None or (before.waits_in is not None and after.line is None)


def merged(changes: Iterable[Change]) -> list[Change]:
    """The same changes, with one for each item: a transaction takes no two of one."""
    found: dict[str, Change] = {}
    for each in changes:
        one = found.get(each.key, Change(key=each.key))
        found[each.key] = Change(
            key=each.key,
            set={**one.set, **each.set},
            where={**one.where, **each.where},
            add={**one.add, **each.add},
        )
    return list(found.values())


# What a change may alter without being told to: where the edit stands among others.
LINE = (
    *("line", "line_since", "waits_for", "waits_since", "waits_until"),
    *("turn_token", "probes"),
)
_DEFAULTS: Mapping[str, Any] = {
    f.name: f.default if f.default_factory is MISSING else f.default_factory() for f in fields(Edit)
}
