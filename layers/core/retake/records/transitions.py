"""The ways a record may change, and the one guarded write that makes each of them hold."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from retake.aws.dynamodb import ABSENT, Change, ConditionFailed, Table
from retake.domain.budget import lightened, within_budget
from retake.domain.edit import Edit
from retake.domain.errors import LostRace
from retake.domain.source import Source
from retake.domain.stored import timestamp
from retake.domain.vocabulary import OPEN, TERMINAL, Status
from retake.records.keys import edit_key, listing_day, listing_key, open_shard, task_key


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
    "park": Transition(frozenset({Status.RECEIVED})),
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
    "ask_erasure": Transition(TERMINAL),
    "erase": Transition(TERMINAL),
}


class TransitionWriter:
    """Makes records once, and changes them by the transitions above and in no other way."""

    def __init__(self, table: Table, *, now: Callable[[], datetime], record_days: int) -> None:
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
        item = edit.to_mapping() | {
            "version": 0,
            "open_shard": open_shard(edit),
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
        **facts: Any,
    ) -> Edit:
        """The edit as it is afterwards; `index` sets attributes that only indexes read.

        Raises LostRace when the transition cannot follow, or another worker wrote first.
        """
        transition = TRANSITIONS[transition_name]
        if edit.status not in transition.leaves:
            raise LostRace(f"{edit.edit_id} is {edit.status}; {transition_name} cannot follow.")
        facts = within_budget({"status": transition.enters or edit.status, **facts})
        changed = replace(
            edit,
            version=edit.version + 1,
            updated_at=timestamp(self.now()),
            **{name: _DEFAULTS[name] if v is None else v for name, v in facts.items()},
        )
        lighter = lightened(changed)
        changed, facts = replace(changed, **lighter), {**facts, **lighter}
        stored = changed.to_mapping()
        write_id = uuid.uuid4().hex
        change = Change(
            key=edit_key(edit.edit_id),
            set={name: stored.get(name) for name in facts}
            | {
                "version": changed.version,
                "updated_at": changed.updated_at,
                "last_write": write_id,
                **(index or {}),
            },
            where={"version": edit.version, "status": edit.status},
        )
        try:
            self._table.write(change, *others)
        except ConditionFailed:
            # The store may have applied the write and lost the answer; then the condition fails
            # against our own work.
            current = self._table.get(edit_key(edit.edit_id)) or {}
            if current.get("last_write") != write_id:
                raise LostRace(f"{edit.edit_id} was changed by another worker.") from None
        return changed


_DEFAULTS: Mapping[str, Any] = {
    f.name: f.default if f.default_factory is MISSING else f.default_factory() for f in fields(Edit)
}
