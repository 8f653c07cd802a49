"""That an edit has ended, put into the queue of the webhooks; steps/webhook.py takes it out."""

import json
from dataclasses import asdict
from typing import Protocol

from retake.domain.edit import Edit
from retake.domain.stored import required
from retake.domain.values import dataclass
from retake.domain.webhooks import host_of
from retake.records.deliveries import standing_of
from retake.records.store import Records


class WebhookQueue(Protocol):
    """Where webhooks wait."""

    def send(self, body: str, delay_seconds: int = 0) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedWebhook:
    """What lies in the queue; `waits` counts how often its receiver was busy, in a row."""

    edit_id: str
    notification_id: str
    round: int = 0
    attempt: int = 1
    due_at: str = ""
    waits: int = 0

    @classmethod
    def read(cls, body: str) -> "QueuedWebhook":
        return cls(**json.loads(body))

    def text(self) -> str:
        return json.dumps({name: value for name, value in asdict(self).items() if value})


@dataclass(frozen=True, slots=True)
class Announcer:
    """Queues the webhook of an edit that has ended, where there is somebody to tell."""

    queue: WebhookQueue
    stack_url: str = ""

    def announce(self, edit: Edit, message_id: str) -> None:
        """Raises Unavailable; queued twice it is delivered once."""
        if self.url_of(edit):
            self.queue.send(QueuedWebhook(edit_id=edit.edit_id, notification_id=message_id).text())

    def url_of(self, edit: Edit) -> str:
        """Where the webhook of an edit goes: its own address, or the stack's; empty: nowhere."""
        return edit.told_at(self.stack_url)

    def again(self, edit: Edit, *, records: Records) -> Edit:
        """Deliver it once more; whoever asks says that the receiver is there again.

        Raises LostRace, Unavailable.
        """
        url = self.url_of(edit)
        records.deliveries.enable(records.deliveries.receiver(url))
        edit = records.deliveries.ask(edit, host=host_of(url))
        asked = QueuedWebhook(
            edit_id=edit.edit_id,
            notification_id=required(edit.notification_id),
            round=standing_of(edit).round,
        )
        self.queue.send(asked.text())
        return edit
