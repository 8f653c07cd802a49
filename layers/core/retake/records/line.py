"""The line: who waits for a slot at a provider, in which order, and how one gets its turn.

Within one folder or caller it is first come, first served; between them it goes round robin, which
is start-time fair queueing: each who joins gets a stamp one above the last of the same flow, and at
least one above the last who had a turn. Whoever waits costs nothing: the record names its place in
an index, and the workflow has left a token there that ends the wait.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from retake.aws.dynamodb import First, Table
from retake.aws.dynamodb_changes import Change
from retake.domain.edit import WAITS, Edit
from retake.domain.errors import LostRace, RetakeError
from retake.domain.stored import moment, timestamp
from retake.domain.vocabulary import WaitsFor
from retake.records.key_states import KeyStates, held_since
from retake.records.keys import IN_LINE, edit_id_in, slots_key
from retake.records.places import new_place, place_of, rank_and_stamp
from retake.records.queries import EditQueries
from retake.records.slots import (
    Rooms,
    Slots,
    Turn,
    guard_of,
    has_rate,
    holding,
    may_be_raised,
)
from retake.records.transitions import NoRoom, TransitionWriter

GRANTS = 100  # at most, by one who frees a slot
SPARE = 5  # of the index more than there is room for: it may lag, and show who has gone


class Line(KeyStates):
    """Who waits for the slots of every key, beside the records that say so."""

    def __init__(
        self,
        table: Table,
        queries: EditQueries,
        writer: TransitionWriter,
        *,
        rooms: Rooms,
        wake: Callable[[str], None],
    ) -> None:
        super().__init__(table, rooms=rooms, now=writer.now)
        self._queries = queries
        self._writer = writer
        self._wake = wake
        writer.moved = self._moved

    # ------------------------------------------------ how it stands

    def slots(self, key: str) -> Slots:
        """How it stands with a key; read consistently. Raises Unavailable."""
        return Slots.from_mapping(self._table.get(slots_key(key)) or {})

    def is_empty(self, key: str) -> bool:
        """Whether nobody waits for a slot of this key, as far as the index knows."""
        return not self.first(WAITS + key, limit=1)

    def first(self, line: str, *, limit: int, after: str | None = None) -> list[tuple[str, str]]:
        """Ids and places of those who are first in a line, or hold a slot the longest."""
        asked = First(
            index=IN_LINE, hash=("line", line), range="line_place", after=after, limit=limit
        )
        found = self._table.first(asked)
        return [(edit_id_in(str(it["pk"])), str(it["line_place"])) for it in found]

    def turn(
        self, edit: Edit, key: str, slots: Slots, *, is_offered_anyway: bool, may_try: bool
    ) -> Turn | None:
        """What must hold for the edit to be sent now; None where it is not its turn.

        A key that is held is tried by its prober alone; by others where they are offered anyway,
        or, by one at a time, where they may try.
        """
        if edit.slot == key:
            return Turn(probes=edit.probes)
        now, room = self.now(), self.rooms.of(key)
        if not slots.free(room) or not has_rate(slots, room, now):
            return None
        is_held = slots.held_until is not None
        guard = guard_of(slots, room, now, is_probing=is_held)
        if not is_held:
            is_first = edit.probes == key or self.is_empty(key)
            return Turn({slots_key(key): guard}) if is_first else None
        is_its_own = slots.prober in (None, edit.edit_id) and slots.is_due(now)
        if not is_its_own and not is_offered_anyway:
            if not may_try or slots.tried_at is None:
                return None
            guard["tried_at"] = slots.tried_at
        guard["set"] = {**guard.get("set", {}), "tried_at": timestamp(now)}
        return Turn({slots_key(key): guard}, probes=key)

    # ------------------------------------------------ joining and leaving

    def join(
        self,
        edit: Edit,
        key: str,
        waits_for: WaitsFor,
        *,
        slots: Slots,
        until: str | None = None,
    ) -> Edit:
        """The edit stands in line, at the place that it had if it has waited there before; `until`
        is when it is given up. Raises LostRace."""
        now = self.now()
        place = edit.line_place or new_place(self._table, edit, key, slots, now)
        since = held_since(edit, slots)
        return self.join_at(edit, key, waits_for, place, since=since, until=until)

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

    def begin_wait(
        self, edit: Edit, waits_for: WaitsFor, *, since: str | None = None, until: str | None = None
    ) -> Edit:
        """The edit waits in no line, for its settings or to try a key again, and is woken all the
        same where it need not wait any more. Raises LostRace."""
        if edit.conclusion is not None:
            raise LostRace
        return self._writer.change(
            "begin_wait",
            edit,
            waits_for=waits_for,
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

    def back(self, edit: Edit, key: str) -> dict[str, Any]:
        """What a record says of one that had its turn and waits for the next, at its old place."""
        return {
            "line": WAITS + key,
            "line_place": edit.line_place or place_of(edit, 0, self.now()),
            "line_since": timestamp(self.now()),
            "waits_for": WaitsFor.SLOT,
            "submit_not_before": None,
            "probes": None,
        }

    # ------------------------------------------------ whose turn it is

    def fill(self, key: str, *, took_seconds: float | None = None) -> int:
        """Give what is free to those who are first; how many got their turn.

        One has just been finished there that took so long: where it was no slower than others, a
        limit that was found by itself may be tried one higher. Raises Unavailable.
        """
        slots, room, now = self.slots(key), self.rooms.of(key), self.now()
        if slots.held_until is not None:
            return self._send_prober(key, slots, moment(slots.held_until))
        free = slots.free(room)
        more = int(free > 0 and may_be_raised(slots, room, now, took_seconds))
        if not free:
            return 0
        granted = 0
        limit = min(free + more, GRANTS)
        for edit_id, place in self.first(WAITS + key, limit=limit + SPARE):
            if granted == limit:
                break
            if not has_rate(slots, room, now):
                return granted + self._send_prober(key, slots, _next_minute(now))
            try:
                edit = self._queries.get(edit_id)
                if edit.waits_in != key or edit.line_place != place:
                    continue  # the index lags
                slots = self._grant(edit, key, slots, is_raising=granted == free)
                granted += 1
            except NoRoom:
                break
            except RetakeError:
                continue  # it has gone, or cannot be had now: the next one gets its turn
        return granted

    def _grant(self, edit: Edit, key: str, slots: Slots, *, is_raising: bool) -> Slots:
        """Raises NoRoom when the slot is gone, LostRace when the edit is."""
        now, room = self.now(), self.rooms.of(key)
        raised: dict[str, Any] = {}
        if is_raising:
            raised["working_limit"] = slots.limit(room) + 1
            if slots.limit_met_at is not None:
                raised["limit_met_at"] = timestamp(now)
        after = replace(slots, **raised)
        rank, stamp = rank_and_stamp(str(edit.line_place))
        served = {f"served_{rank}": stamp} if stamp > slots.served(rank) else {}
        guard = guard_of(after, room, now, is_probing=False)
        guard["set"] = {**guard.get("set", {}), **raised, **served}
        self.leave(
            edit, guards={slots_key(key): guard}, line=holding(key), line_since=timestamp(now)
        )
        minute = timestamp(now)[:16]
        count = slots.minute_count + 1 if slots.minute == minute else 1
        told: dict[str, Any] = {**served, "minute": minute, "minute_count": count}
        return replace(after, taken=slots.taken + 1, **told)

    # ------------------------------------------------ a key that is held

    def _send_prober(self, key: str, slots: Slots, until: datetime) -> int:
        """Of all that wait, the first goes out to try whether the key is taken again."""
        if slots.prober is not None or not slots.free(self.rooms.of(key)):
            return 0
        for edit_id, _ in self.first(WAITS + key, limit=SPARE):
            with suppress(RetakeError):
                edit = self._queries.get(edit_id)
                if edit.waits_in != key:
                    continue
                hold = self.held(key, edit, slots, slots.held_for or WaitsFor.RATE, until)
                self.leave(edit, hold, probes=key, submit_not_before=timestamp(until))
                return 1
        return 0

    def note_queue(self, key: str) -> None:
        """The provider has taken more than it runs: as many as it does are the limit."""
        slots = self.slots(key)
        if slots.taken > 1:
            self._table.write(self.met(key, slots, slots.taken - 1))

    def remind(self, token: str) -> None:
        """Say once more that it is an edit's turn. Raises Unavailable."""
        self._wake(token)

    # ------------------------------------------------ after each change of a record

    def _moved(self, before: Edit, after: Edit) -> None:
        """Wake who need wait no more, and hand on what has become free.

        What fails here is found by the sweep: the change itself is written.
        """
        with suppress(RetakeError):
            if before.turn_token and _needs_word(before, after, self.now()):
                self._wake(before.turn_token)
        with suppress(RetakeError):
            if before.probes is not None and after.probes is None:
                self.let_go(before.probes, before.edit_id)
                self.fill(before.probes)
        with suppress(RetakeError):
            if before.slot is not None and before.slot != after.slot:
                held = self.now() - moment(before.line_since or before.updated_at)
                is_done = after.said_done_at is not None
                self.fill(before.slot, took_seconds=held.total_seconds() if is_done else None)


def _needs_word(before: Edit, after: Edit, now: datetime) -> bool:
    """Whether a wait ends here that does not end by itself: one in a line; any other one where the
    end of the edit was decided before its time."""
    if before.waits_for is None or after.waits_for is not None:
        return False
    if before.waits_in is not None:
        return True
    is_over = before.waits_until is not None and moment(before.waits_until) <= now
    return after.must_be_concluded and not (before.waits_for is WaitsFor.SETTINGS and is_over)


def _next_minute(now: datetime) -> datetime:
    """Its beginning, and a little later so that not all stacks come at once."""
    begins = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return begins + timedelta(seconds=random.uniform(0, 2))
