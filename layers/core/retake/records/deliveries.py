"""Webhooks on record: how each delivery stands, and the receivers that are not called any more."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from retake.aws.dynamodb import ConditionFailed, Table
from retake.aws.dynamodb_changes import ABSENT, Change
from retake.domain.edit import Edit
from retake.domain.stored import Part, moment, required, timestamp
from retake.domain.values import dataclass
from retake.domain.webhooks import LOG_ENTRIES, Delivery, DeliveryState, host_of
from retake.records.keys import receiver_key
from retake.records.transitions import TransitionWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver(Part):
    """An address that webhooks go to. `busy_until` keeps others from it while one is under way;
    `disabled_at` keeps all from it, until somebody asks for a redelivery."""

    key: str
    host: str = ""
    busy_until: str | None = None
    delivered_at: str | None = None
    disabled_at: str | None = None


class Deliveries:
    """How the webhook of a closed edit comes to its end. Everything raises LostRace."""

    def __init__(self, table: Table, writer: TransitionWriter) -> None:
        self._table = table
        self._writer = writer

    def begin(self, edit: Edit, *, host: str, worker: str, attempt: int) -> Edit:
        """An attempt begins; of several who hold the same message, one gets here."""
        now = timestamp(self._writer.now())
        delivery = standing_of(edit)
        begun = replace(
            delivery,
            host=host,
            attempt=attempt,
            worker=worker,
            began_at=delivery.began_at or now,
            attempted_at=now,
            next_attempt_at=None,
        )
        return self._note("begin_delivery", edit, begun)

    def note_attempt(
        self, edit: Edit, entry: Mapping[str, Any], *, wait_seconds: float | None
    ) -> Edit:
        """An attempt was not taken; there is another one after so many seconds, or no more."""
        if wait_seconds is None:
            return self.end(edit, DeliveryState.FAILED, entry)
        due = self._writer.now() + timedelta(seconds=wait_seconds)
        logged = self._logged(edit, entry)
        return self._note("note_delivery", edit, replace(logged, next_attempt_at=timestamp(due)))

    def end(self, edit: Edit, state: DeliveryState, entry: Mapping[str, Any] | None = None) -> Edit:
        """It was taken, or is not offered any more."""
        delivery = self._logged(edit, entry) if entry else standing_of(edit)
        ended = replace(
            delivery, state=state, next_attempt_at=None, ended_at=timestamp(self._writer.now())
        )
        return self._note("note_delivery", edit, ended)

    def ask(self, edit: Edit, *, host: str) -> Edit:
        """Somebody wants it delivered once more: a new round, and what is under way is void."""
        before = standing_of(edit)
        again = Delivery(
            notification_id=before.notification_id,
            host=host,
            round=before.round + 1,
            log=before.log,
        )
        return self._note("ask_delivery", edit, again)

    def _logged(self, edit: Edit, entry: Mapping[str, Any]) -> Delivery:
        delivery = standing_of(edit)
        said = {"notification_id": delivery.notification_id, "attempt": delivery.attempt, **entry}
        return replace(delivery, log=(*delivery.log, said)[-LOG_ENTRIES:])

    def _note(self, transition_name: str, edit: Edit, delivery: Delivery) -> Edit:
        return self._writer.change(transition_name, edit, delivery=delivery)

    def receiver(self, url: str) -> Receiver:
        """What is known of an address, read consistently."""
        key = receiver_key(hashlib.sha256(url.encode()).hexdigest()[:32])
        stored = self._table.get(key) or {}
        return Receiver.from_mapping({"host": host_of(url), **stored, "key": key})

    def take(self, receiver: Receiver, *, seconds: int) -> bool:
        """Whether a receiver is this worker's for so long: one message at a time goes to each, so
        that a slow one holds up no other."""
        now = self._writer.now()
        if receiver.busy_until is not None and moment(receiver.busy_until) > now:
            return False
        busy = {"busy_until": timestamp(now + timedelta(seconds=seconds))}
        try:
            self._write(receiver, busy, busy_until=receiver.busy_until or ABSENT)
        except ConditionFailed:
            return False
        return True

    def release(self, receiver: Receiver, *, rest_seconds: int = 0, **facts: str | None) -> None:
        """The next message may go to it, after a rest where it asked for one."""
        rest = timestamp(self._writer.now() + timedelta(seconds=rest_seconds))
        self._write(receiver, {"busy_until": rest if rest_seconds else None, **facts})

    def disable(self, receiver: Receiver) -> None:
        self._write(receiver, {"disabled_at": timestamp(self._writer.now())})

    def enable(self, receiver: Receiver) -> None:
        if receiver.disabled_at is not None:
            self._write(receiver, {"disabled_at": None})

    def _write(self, receiver: Receiver, facts: Mapping[str, Any], **where: Any) -> None:
        known = {"host": receiver.host, "expires_at": self._writer.expiry()}
        self._table.write(Change(key=receiver.key, set={**known, **facts}, where=where))


def standing_of(edit: Edit) -> Delivery:
    """The delivery of an edit's latest message, begun or not; the log of earlier ones stays."""
    message_id, known = required(edit.notification_id), edit.delivery
    if known is not None and known.notification_id == message_id:
        return known
    return Delivery(notification_id=message_id, log=known.log if known else ())
