"""Who has the next turn: what is free is given to those who wait, and a held key is tried again."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from retake.aws.dynamodb import ConditionFailed, Table
from retake.aws.dynamodb_changes import ABSENT, Change
from retake.domain.edit import WAITS, Edit
from retake.domain.errors import LostRace, RetakeError
from retake.domain.provider_keys import provider_of
from retake.domain.stored import moment, timestamp
from retake.domain.vocabulary import WaitsFor
from retake.records.key_holds import due, held, met, prober_named
from retake.records.keys import slots_key
from retake.records.line import Line
from retake.records.places import rank_and_stamp
from retake.records.pool import Pool
from retake.records.queries import EditQueries
from retake.records.slots import Rooms, Slots, guard_of, holding, may_be_raised
from retake.records.transitions import NoRoom, TransitionWriter, has_left_line

GRANTS = 100  # at most, by one who frees a slot
SPARE = 5  # of the index more than there is room for: it may lag, and show who has gone


class NextTurns(Line):
    """Who gets the slots of every key, beside the records that say so."""

    def __init__(
        self,
        table: Table,
        queries: EditQueries,
        writer: TransitionWriter,
        *,
        rooms: Rooms,
        wake: Callable[[str], object],
    ) -> None:
        super().__init__(table, writer, rooms, queries.item)
        self._queries = queries
        self._wake = wake
        writer.moved = self._moved

    def fill(self, key: str, *, took_seconds: float | None = None) -> int:
        """Give what is free with the keys of a provider to those who are first; how many got their
        turn.

        With this key one has just been finished that took so long: where it was no slower than
        others, a limit that was found by itself may be tried one higher. Raises Unavailable.
        """
        pool = self.pool(provider_of(key))
        granted, pool = self._called_back(pool)
        may_be_more = (
            key in pool.open
            and pool.free(key) > 0
            and may_be_raised(pool.keys[key], self.rooms.of(key), pool.now, took_seconds)
        )
        limit = min(pool.all_free() + may_be_more, GRANTS)
        for edit_id, place in self._waiting(pool, limit):
            chosen = pool.freest()
            if chosen is None and not (may_be_more and pool.has_rate(key)):
                break
            try:
                edit = self._queries.get(edit_id)
                if edit.waits_in != pool.provider or edit.line_place != place:
                    continue  # the index lags
                pool = self._grant(edit, chosen or key, pool, is_raising=chosen is None)
                may_be_more = may_be_more and chosen is not None
                granted += 1
            except NoRoom:
                break
            except RetakeError:
                continue  # it has gone, or cannot be had now: the next one gets its turn
        return granted + self._sent_to_try(pool)

    def _waiting(self, pool: Pool, limit: int) -> list[tuple[str, str]]:
        return self.first(WAITS + pool.provider, limit=limit + SPARE) if limit else []

    def _grant(self, edit: Edit, key: str, pool: Pool, *, is_raising: bool) -> Pool:
        """Raises NoRoom when the slot is gone, LostRace when the edit is."""
        now, room, slots = self.now(), self.rooms.of(key), pool.keys[key]
        raised: dict[str, Any] = {}
        if is_raising:
            raised["working_limit"] = slots.limit(room) + 1
            if slots.limit_met_at is not None:
                raised["limit_met_at"] = timestamp(now)
        after = replace(slots, **raised)
        rank, stamp = rank_and_stamp(str(edit.line_place))
        served = {f"served_{rank}": stamp} if stamp > pool.line.served(rank) else {}
        guard = guard_of(after, room, now, is_probing=False)
        guard["set"] = {**guard.get("set", {}), **raised}
        self.leave(
            edit,
            *((Change(key=slots_key(pool.provider), set=served),) if served else ()),
            guards={slots_key(key): guard},
            line=holding(key),
            line_since=timestamp(now),
            probes=None,
            submit_not_before=None,
        )
        return pool.with_slots(key, after.with_one_more(now), served)

    # ------------------------------------------------ a key that is held

    def _called_back(self, pool: Pool) -> tuple[int, Pool]:
        """Those who wait to try a key, while another one of the provider is free: they need not."""
        granted = 0
        for key, slots in pool.held() if pool.freest() else ():
            chosen = pool.freest()
            edit = self._who_waits_to_try(key, slots) if chosen and slots.prober else None
            if edit is None or chosen is None or edit.line_place is None:
                continue
            with suppress(RetakeError):
                pool = self._grant(edit, chosen, pool, is_raising=False)
                granted += 1
        return granted, pool

    def _sent_to_try(self, pool: Pool) -> int:
        """Of those that wait, one goes out for each key that is to be tried; how many went.

        While another key takes edits, one that is held is tried only once it is due: who waits for
        that could be sent meanwhile.
        """
        sent = 0
        for key, slots in pool.held():
            if pool.is_held or slots.is_due(pool.now):
                sent += self._send_prober(key, slots, pool)
        without_rate = pool.freest(whatever_rate=True)
        if without_rate is not None and pool.freest() is None:
            sent += self._send_prober(without_rate, pool.keys[without_rate], pool)
        return sent

    def _send_prober(self, key: str, slots: Slots, pool: Pool) -> int:
        """Of all that wait, the first goes out to try a key, when it may be tried; one that only
        has no rate, in the next minute."""
        if slots.prober is not None or not pool.free(key):
            return 0
        is_new = slots.held_until is None
        until = _next_minute(pool.now) if is_new else moment(str(slots.held_until))
        why = slots.held_for or WaitsFor.RATE
        for edit_id, _ in self._waiting(pool, 1):
            with suppress(RetakeError):
                edit = self._queries.get(edit_id)
                if edit.waits_in != pool.provider:
                    continue
                hold = (
                    held(key, edit, slots, why, until, prober=edit_id)
                    if is_new
                    else prober_named(key, edit, slots)
                )
                # Who has left no token yet is not woken: its state finds no wait, and goes on.
                waits_for = why if edit.turn_token else None
                self.leave(
                    edit, hold, waits_for=waits_for, probes=key, submit_not_before=timestamp(until)
                )
                return 1
        return 0

    def try_now(self, key: str) -> bool:
        """Something says that a held key is good again: it is tried at once, by who would have
        tried it later, or by the next who comes. Whether it was held until later. Raises
        Unavailable."""
        slots = self.slots(key)
        if slots.held_until is None or slots.is_due(self.now()):
            return False
        at_once = due(key, slots, self.now())
        with suppress(LostRace, ConditionFailed):
            edit = self._who_waits_to_try(key, slots)
            if edit is not None:
                self.leave(edit, at_once, submit_not_before=None)
            else:
                self._table.write(at_once)
                self.fill(key)
        return True

    def _who_waits_to_try(self, key: str, slots: Slots) -> Edit | None:
        with suppress(RetakeError):
            edit = self._queries.get(slots.prober or "")
            if edit.probes == key and edit.waits_for is not None:
                return edit
        return None

    def let_go(self, key: str, edit_id: str) -> None:
        """An edit does not try the key any more; another one will. Raises Unavailable."""
        gone = Change(key=slots_key(key), set={"prober": None}, where={"prober": edit_id})
        with suppress(ConditionFailed):
            self._table.write(gone)

    def remind(self, token: str) -> bool:
        """Say once more that it is an edit's turn; whether anybody may have heard it. Raises
        Unavailable."""
        return self._wake(token) is not False

    def recount(self, key: str, slots: Slots, taken: int) -> None:
        """So many hold a slot, by their records, unless that has changed. Raises Unavailable."""
        changed_at = slots.changed_at or ABSENT
        with suppress(ConditionFailed):
            self._table.write(
                Change(key=slots_key(key), set={"taken": taken}, where={"changed_at": changed_at})
            )

    def note_queue(self, key: str) -> None:
        """The provider has taken more than it runs: as many as it does are the limit."""
        slots = self.slots(key)
        if slots.taken > 1:
            self._table.write(self.met(key, slots, slots.taken - 1))

    def met(self, key: str, slots: Slots, running: int) -> Change:
        """The write by which no more run with a key than do, until that is tried again."""
        return met(key, min(running, slots.limit(self.rooms.of(key))), self.now())

    # ------------------------------------------------ after each change of a record

    def _is_awake(self, before: Edit) -> bool:
        """Whether the wait has ended by itself, and nobody need be woken."""
        until = before.waits_until
        is_over = until is not None and moment(until) <= self.now()
        return is_over and before.waits_for is WaitsFor.SETTINGS

    def _moved(self, before: Edit, after: Edit) -> None:
        """Wake who need wait no more, and hand on what has become free.

        What fails here is found by the sweep: the change itself is written.
        """
        with suppress(RetakeError):
            if has_left_line(before, after) and before.turn_token and not self._is_awake(before):
                self._wake(before.turn_token)
        with suppress(RetakeError):
            if before.probes is not None and after.probes != before.probes:
                self.let_go(before.probes, before.edit_id)
                self.fill(before.probes)
        with suppress(RetakeError):
            if before.slot is not None and before.slot != after.slot:
                held = self.now() - moment(before.line_since or before.updated_at)
                is_done = after.said_done_at is not None
                # Mostly nobody waits: that is one look, and how the keys stand is not read.
                if not self.is_empty(provider_of(before.slot)):
                    self.fill(before.slot, took_seconds=held.total_seconds() if is_done else None)


def _next_minute(now: datetime) -> datetime:
    """Its beginning, and a little later so that not all stacks come at once."""
    begins = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return begins + timedelta(seconds=random.uniform(0, 2))
