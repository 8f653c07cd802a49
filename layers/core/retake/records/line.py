"""The line: who waits for a slot at a provider, in which order, and whether it is one's turn.

Within one folder or caller it is first come, first served; between them it goes round robin, which
is start-time fair queueing: each who joins gets a stamp one above the last of the same flow, and at
least one above the last who had a turn. Whoever waits costs nothing: the record names its place in
an index, and the workflow has left a token there that ends the wait.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from retake.aws.dynamodb import First, Table
from retake.aws.dynamodb_changes import ABSENT, Change
from retake.domain.edit import WAITS, Edit
from retake.domain.errors import LostRace
from retake.domain.provider_keys import DEFAULT
from retake.domain.stored import timestamp
from retake.domain.vocabulary import WaitsFor
from retake.records.keys import IN_LINE, edit_id_in, slots_key
from retake.records.places import new_place, place_of
from retake.records.pool import Pool, keys_of
from retake.records.slots import Rooms, Slots, Turn, guard_of
from retake.records.transitions import TransitionWriter


class KeyNames(Protocol):
    """Which keys a provider has; `fresh` asks the vault again."""

    def __call__(self, *, fresh: bool = False) -> Sequence[str]: ...


class Line:
    """The lines as the table has them, and how it stands with the slots that they lead to."""

    def __init__(
        self,
        table: Table,
        writer: TransitionWriter,
        rooms: Rooms,
        item: Callable[[str], dict[str, Any] | None],
    ) -> None:
        self._table = table
        self._item = item
        self._writer = writer
        self.rooms = rooms
        self.now = writer.now

    # ------------------------------------------------ how it stands

    def slots(self, key: str) -> Slots:
        """How it stands with a key; read consistently. Raises Unavailable."""
        return Slots.from_mapping(self._item(slots_key(key)) or {})

    def pool(self, provider: str) -> Pool:
        """How it stands with all keys of a provider, read consistently; the keys are those that
        the vault told last. Raises Unavailable."""
        of_provider = self.slots(provider)
        keys = keys_of(provider, of_provider)
        found = {key: of_provider if key == provider else self.slots(key) for key in keys}
        return Pool(provider, of_provider, found, self.rooms, self.now())

    def has_other_keys(self, pool: Pool, key_names: KeyNames) -> bool:
        """Whether the vault has other keys than these; then they are noted. Raises Unavailable,
        and what the vault does."""
        if pool.is_of(key_names()) or pool.is_of(names := key_names(fresh=True)):
            return False
        noted = None if tuple(names) == (DEFAULT,) else list(names)
        self._table.write(Change(key=slots_key(pool.provider), set={"key_names": noted}))
        return True

    def is_empty(self, provider: str) -> bool:
        """Whether nobody waits for a slot there, as far as the index knows."""
        return not self.first(WAITS + provider, limit=1)

    def first(self, line: str, *, limit: int, after: str | None = None) -> list[tuple[str, str]]:
        """Ids and places of those who are first in a line, or hold a slot the longest."""
        asked = First(
            index=IN_LINE, hash=("line", line), range="line_place", after=after, limit=limit
        )
        found = self._table.first(asked)
        return [(edit_id_in(str(it["pk"])), str(it["line_place"])) for it in found]

    def turn(
        self,
        edit: Edit,
        pool: Pool,
        *,
        is_offered_anyway: Callable[[], bool],
        may_try: Callable[[Pool], bool],
    ) -> Turn | None:
        """With which key the edit is sent now, and what must hold for it; None where it is not its
        turn.

        Of the keys that are not held the one with most free slots. A key that is held is tried by
        its prober alone; by one at a time where nobody does. Where all are held, others try one
        too, where they are offered anyway or, by one at a time, may try.
        """
        if edit.slot is not None and edit.slot in pool.keys:
            return Turn(edit.slot, probes=edit.probes)
        key = pool.freest()
        if key is not None:
            has_had_turn = edit.probes is not None or edit.slot is not None
            # Where nothing runs, whoever waited has been given a turn: nobody need be asked for.
            is_first = has_had_turn or not pool.taken() or self.is_empty(pool.provider)
            return self._guarded(key, pool, is_probing=False) if is_first else None
        is_offered, is_free_to_try = False, False
        if pool.is_held:
            is_offered, is_free_to_try = is_offered_anyway(), may_try(pool)
        for key, slots in pool.held():
            if not pool.free(key) or not pool.has_rate(key):
                continue
            is_its_own = slots.prober == edit.edit_id and slots.is_due(pool.now)
            is_nobodys = slots.prober is None and slots.is_due(pool.now)
            if is_its_own or is_offered:
                return self._guarded(key, pool, is_probing=True)
            if is_nobodys or (is_free_to_try and slots.tried_at is not None):
                return self._guarded(key, pool, is_probing=True, tried_at=slots.tried_at or ABSENT)
        return None

    def _guarded(self, key: str, pool: Pool, *, is_probing: bool, **more: Any) -> Turn:
        slots, room = pool.keys[key], self.rooms.of(key)
        guard = {**guard_of(slots, room, pool.now, is_probing=is_probing), **more}
        if is_probing:
            guard["set"] = {**guard.get("set", {}), "tried_at": timestamp(pool.now)}
        return Turn(key, {slots_key(key): guard}, probes=key if is_probing else None)

    # ------------------------------------------------ joining and leaving

    def join(
        self,
        edit: Edit,
        pool: Pool,
        waits_for: WaitsFor,
        *,
        since: str | None = None,
        until: str | None = None,
    ) -> Edit:
        """The edit stands in line, at the place that it had if it has waited there before; for what
        it waits `since` then, and `until` when it is given up. Raises LostRace.
        """
        place = edit.line_place or new_place(
            self._table, edit, pool.provider, pool.line, self.now()
        )
        return self.join_at(edit, pool.provider, waits_for, place, since=since, until=until)

    def join_at(
        self,
        edit: Edit,
        name: str,
        waits_for: WaitsFor,
        place: str,
        *,
        since: str | None = None,
        until: str | None = None,
    ) -> Edit:
        """The edit waits in the line of this name until somebody wakes it. Raises LostRace."""
        if edit.conclusion is not None:
            raise LostRace
        return self._writer.change(
            "join_line",
            edit,
            trouble=None,
            line=WAITS + name,
            line_place=place,
            line_since=edit.line_since if edit.waits_in else timestamp(self.now()),
            waits_for=waits_for,
            waits_since=since or (edit.waits_since if edit.waits_for is waits_for else None),
            waits_until=until,
            turn_token=None if edit.waits_for is None else edit.turn_token,
            submit_not_before=None,
        )

    def wait_for_settings(self, edit: Edit, until: str) -> Edit:
        """The edit waits in no line, and is woken all the same where it is cancelled. Raises
        LostRace."""
        return self._begin_wait(edit, WaitsFor.SETTINGS, edit.created_at, until)

    def wait_to_try(self, edit: Edit) -> Edit:
        """The edit waits until the key that it tries is due, and is called before where it need
        not. Raises LostRace, Unavailable."""
        why = self.slots(edit.probes or "").held_for or WaitsFor.RATE
        return self._begin_wait(edit, why, timestamp(self.now()), None)

    def _begin_wait(self, edit: Edit, why: WaitsFor, since: str, until: str | None) -> Edit:
        if edit.conclusion is not None:
            raise LostRace
        return self._writer.change(
            "begin_wait",
            edit,
            waits_for=why,
            waits_since=since,
            waits_until=until,
            turn_token=None,
        )

    def leave(self, edit: Edit, *others: Change, **facts: Any) -> Edit:
        """It is this edit's turn, or it waits for nothing any more: it goes on to Submit.

        Raises LostRace.
        """
        gone = {"line": None, "line_since": None, "waits_for": None}
        return self._writer.change("leave_line", edit, *others, **{**gone, **facts})

    def back(self, edit: Edit) -> dict[str, Any]:
        """What a record says of one that had its turn and waits for the next, at its old place."""
        return {
            "line": f"{WAITS}{edit.provider}",
            "line_place": edit.line_place or place_of(edit, 0, self.now()),
            "line_since": timestamp(self.now()),
            "waits_for": WaitsFor.SLOT,
            "submit_not_before": None,
            "probes": None,
        }
