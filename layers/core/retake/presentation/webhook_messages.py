"""What a receiver of webhooks is sent, and what the topic is told when one takes nothing."""

import json
from collections.abc import Mapping
from typing import Any

from retake.domain.edit import Edit
from retake.domain.plain_text import one_line
from retake.presentation.messages import message_about, name_of, notification, subject_about
from retake.records.deliveries import standing_of

NOTICE_SCHEMA = "retake.webhook/1"


def payload_about(edit: Edit, share_url: str | None) -> bytes:
    """The body of a webhook: the message about the edit, in the form that Standard Webhooks
    recommends. The same bytes at every attempt."""
    whole = {
        "type": f"edit.{edit.status.lower()}",
        "timestamp": edit.finished_at,
        "data": message_about(edit, share_url),
    }
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def notice_about(
    edit: Edit, entry: Mapping[str, Any], host: str, *, is_disabled: bool
) -> dict[str, Any]:
    """What is published when a webhook was given up: of one message, or of its receiver."""
    standing = standing_of(edit)
    answer = f"HTTP {entry['status']}" if "status" in entry else f"no answer ({entry['error']})"
    what = (
        "No more webhooks are sent there, until somebody asks for a redelivery."
        if is_disabled
        else "It took others meanwhile; this one is not offered again."
    )
    sentence = (
        f"{host} did not take the webhook about {edit.edit_id}: attempt {standing.attempt} ended "
        f"with {answer}. {what}"
    )
    message = {
        "schema": NOTICE_SCHEMA,
        "notification_id": f"{edit.notification_id}.webhook",
        "webhook_id": edit.notification_id,
        "edit_id": edit.edit_id,
        "host": host,
        "is_disabled": is_disabled,
        "message": sentence,
        "attempts": standing.attempt,
        "http_status": entry.get("status"),
        "error": entry.get("error"),
    }
    text = [
        one_line(sentence),
        "",
        f"Edit:      {edit.edit_id}",
        "Redeliver: POST /edits/ID/webhooks/redeliver, or POST /webhooks/redeliver for many.",
    ]
    return notification(
        {name: value for name, value in message.items() if value is not None},
        "\n".join(text),
        subject=subject_about(name_of(edit), "webhook not delivered"),
        attributes={"kind": "webhook"},
    )
