"""Webhook: one attempt to hand an edit's message to its receiver, or to put it off.

What lies in the queue names the edit, its message and the attempt; the record decides. So a
message that comes twice, or is overtaken by a redelivery or a late result, does nothing. SQS delays
by 15 minutes at most: an attempt due later is put back until it is due.
"""

import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import field, replace
from datetime import datetime
from typing import Any

from retake.aws.secrets import webhook_secret
from retake.domain.edit import Edit
from retake.domain.errors import Forbidden, OutboundError
from retake.domain.plain_text import one_line
from retake.domain.signed_links import Signer
from retake.domain.stored import moment, required, timestamp
from retake.domain.values import dataclass
from retake.domain.webhooks import (
    DeliveryState,
    secrets_in,
    signed_headers,
    wait_seconds,
)
from retake.outbound.client import Outbound
from retake.presentation.webhook_messages import notice_about, payload_about
from retake.records.deliveries import Receiver, standing_of
from retake.records.queries import UnknownEdit
from retake.records.store import Records
from retake.settings import Settings
from retake.steps.announce import Announcer, QueuedWebhook
from retake.steps.batching import Publish, publish_or_less
from retake.steps.share_link import share_link

ANSWER_SECONDS = 20  # one deadline over all of a call; the specification asks for 15 to 30
ANSWER_BYTES = 16 * 1024  # of an answer that nobody reads: more is left unread
BUSY_SECONDS = 90  # longer than an attempt may take: then its worker has died
REST_SECONDS = 60  # of a receiver that says it has too much to do
MAX_DELAY_SECONDS = 900  # of SQS
GONE = 410
OVERLOADED = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Prepared:
    """One call as it will be made: the address, the exact bytes, and what they are signed with."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSender:
    """Who delivers, and what that takes."""

    records: Records
    announcer: Announcer
    outbound: Outbound
    secret: Callable[[], str]
    share_url: Callable[[Edit], str | None]
    publish: Publish
    chance: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def of(
        cls,
        known: Settings,
        records: Records,
        announcer: Announcer,
        outbound: Outbound,
        signer: Signer,
        publish: Publish,
    ) -> "WebhookSender":
        """That of a deployed stack."""
        return cls(
            records=records,
            announcer=announcer,
            outbound=outbound,
            secret=lambda: webhook_secret(known.webhooks_secret_id),
            share_url=lambda edit: _lasting_link(edit, known, signer),
            publish=publish,
        )

    def deliver(self, body: str, worker: str) -> str:
        """What became of a message of the queue, in a word; `worker` is its id there.

        Raises Unavailable, LostRace, Misconfigured: then the message comes again.
        """
        queued = QueuedWebhook.read(body)
        try:
            edit = self.records.get(queued.edit_id)
        except UnknownEdit:
            return "forgotten"
        url = self.announcer.url_of(edit)
        if not url:
            return "nobody to tell"
        if not _is_current(queued, edit, worker, self.records.now()):
            return self._caught_up(queued, edit, worker)
        if self._put_off(queued):
            return "put off"
        receiver = self.records.deliveries.receiver(url)
        if receiver.disabled_at is not None:
            self.records.deliveries.end(edit, DeliveryState.DISABLED)
            return "not sent: disabled"
        # Made first: what cannot be signed now leaves no attempt begun.
        prepared = Prepared(
            url, payload_about(edit, self.share_url(edit)), secrets_in(self.secret())
        )
        if not self.records.deliveries.take(receiver, seconds=BUSY_SECONDS):
            self._wait_for_turn(queued)
            return "waits its turn"
        try:
            edit = self.records.deliveries.begin(
                edit, host=receiver.host, worker=worker, attempt=queued.attempt
            )
        except BaseException:
            self.records.deliveries.release(receiver)
            raise
        return self._attempt(edit, prepared, receiver)

    def _attempt(self, edit: Edit, prepared: Prepared, receiver: Receiver) -> str:
        entry, asked_seconds = self._sent(edit, prepared)
        status = entry.get("status", 0)
        if 200 <= status < 300:
            self.records.deliveries.release(receiver, delivered_at=timestamp(self.records.now()))
            self.records.deliveries.end(edit, DeliveryState.DELIVERED, entry)
            return "delivered"
        if status == GONE or entry.get("error") == Forbidden.__name__:
            return self._disabled(edit, entry, receiver)
        rest = min(max(REST_SECONDS, asked_seconds), MAX_DELAY_SECONDS)
        self.records.deliveries.release(receiver, rest_seconds=rest if status in OVERLOADED else 0)
        attempt = standing_of(edit).attempt
        wait = wait_seconds(attempt + 1, jitter=self.chance(), asked_seconds=asked_seconds)
        if wait is None:
            return self._given_up(edit, entry, receiver)
        edit = self.records.deliveries.note_attempt(edit, entry, wait_seconds=wait)
        self._queue_next(edit)
        return "failed"

    def _sent(self, edit: Edit, prepared: Prepared) -> tuple[dict[str, Any], int]:
        """What is logged of one call, and the seconds that Retry-After names."""
        now = self.records.now()
        headers = signed_headers(
            required(edit.notification_id),
            prepared.body,
            seconds=int(now.timestamp()),
            keys=prepared.keys,
        )
        began = self.clock()
        said: dict[str, Any] = {"at": timestamp(now)}
        asked_seconds = 0
        try:
            reply = self.outbound.post(
                prepared.url,
                prepared.body,
                headers={"content-type": "application/json", **headers},
                seconds=ANSWER_SECONDS,
                maximum_bytes=ANSWER_BYTES,
            )
        except OutboundError as error:
            said |= {"error": type(error).__name__, "message": one_line(str(error))}
        else:
            said["status"] = reply.status
            asked_seconds = _retry_after(reply.headers)
        return said | {"milliseconds": round((self.clock() - began) * 1000)}, asked_seconds

    def _disabled(self, edit: Edit, entry: Mapping[str, Any], receiver: Receiver) -> str:
        """Told first: who dies in between tells once more, and not never."""
        publish_or_less(notice_about(edit, entry, receiver.host, is_disabled=True), self.publish)
        self.records.deliveries.disable(receiver)
        self.records.deliveries.release(receiver)
        self.records.deliveries.end(edit, DeliveryState.DISABLED, entry)
        return "disabled"

    def _given_up(self, edit: Edit, entry: Mapping[str, Any], receiver: Receiver) -> str:
        """A receiver that took nothing at all meanwhile is not called any more; one that took
        others may dislike this message alone."""
        began = required(standing_of(edit).began_at)
        if receiver.delivered_at is None or receiver.delivered_at < began:
            return self._disabled(edit, entry, receiver)
        publish_or_less(notice_about(edit, entry, receiver.host, is_disabled=False), self.publish)
        self.records.deliveries.end(edit, DeliveryState.FAILED, entry)
        return "given up"

    def _caught_up(self, queued: QueuedWebhook, edit: Edit, worker: str) -> str:
        """This worker's own attempt is on record, but it died before the next one was queued; or
        whoever made it did so, and nobody has come since."""
        if not _is_of(queued, edit) or edit.delivery is None:
            return "not needed"
        standing, due_at = edit.delivery, edit.delivery.next_attempt_at
        if due_at is None or standing.attempt != queued.attempt:
            return "not needed"
        overdue = (self.records.now() - moment(due_at)).total_seconds() > MAX_DELAY_SECONDS
        if standing.worker != worker and not overdue:
            return "not needed"
        self._queue_next(edit)
        return "queued again"

    def _queue_next(self, edit: Edit) -> None:
        standing = standing_of(edit)
        following = QueuedWebhook(
            edit_id=edit.edit_id,
            notification_id=standing.notification_id,
            round=standing.round,
            attempt=standing.attempt + 1,
            due_at=required(standing.next_attempt_at),
        )
        self._send(following, self._left(following))

    def _put_off(self, queued: QueuedWebhook) -> bool:
        left = self._left(queued)
        if left > 0:
            self._send(queued, left)
        return left > 0

    def _left(self, queued: QueuedWebhook) -> float:
        due = moment(queued.due_at) if queued.due_at else self.records.now()
        return (due - self.records.now()).total_seconds()

    def _wait_for_turn(self, queued: QueuedWebhook) -> None:
        """A little at first, for a batch ends all at once; then ever less often."""
        most = min(2 ** min(queued.waits + 1, 10), MAX_DELAY_SECONDS)
        self._send(replace(queued, waits=queued.waits + 1), most * (0.5 + self.chance() / 2))

    def _send(self, queued: QueuedWebhook, seconds: float) -> None:
        # Rounded up: what comes too soon would only be put off once more.
        whole = min(max(-int(-seconds // 1), 0), MAX_DELAY_SECONDS)
        self.announcer.queue.send(queued.text(), whole)


def _lasting_link(edit: Edit, known: Settings, signer: Signer) -> str | None:
    """Counted from the end of the edit, so that every attempt carries the same bytes."""
    if edit.result is None:
        return None
    return share_link(edit, known, signer, now=moment(required(edit.finished_at)))


def _is_of(queued: QueuedWebhook, edit: Edit) -> bool:
    """Whether a message of the queue speaks of the edit as it is told of now."""
    if edit.notification_id != queued.notification_id or edit.erase_asked_at is not None:
        return False
    return standing_of(edit).round == queued.round


def _is_current(queued: QueuedWebhook, edit: Edit, worker: str, now: datetime) -> bool:
    """Whether the attempt is still to be made, or was begun by a worker that has died: the same
    message comes again, or another one as late as that."""
    standing = standing_of(edit)
    if not _is_of(queued, edit) or standing.state is not DeliveryState.PENDING:
        return False
    if standing.attempt == 0 or standing.next_attempt_at is not None:
        return queued.attempt == standing.attempt + 1
    began = moment(required(standing.attempted_at))
    is_dead = standing.worker == worker or (now - began).total_seconds() > BUSY_SECONDS
    return is_dead and queued.attempt == standing.attempt


def _retry_after(headers: Mapping[str, str]) -> int:
    """The seconds that a Retry-After names (RFC 9110, 10.2.3); 0 for none, and for a date."""
    said = headers.get("retry-after", "").strip()
    with suppress(ValueError):
        return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
    return 0
