"""The one message about each edit, as docs/messages.md describes it."""

import json
from typing import Any

from retake.edits import Edit
from retake.reasons import Status

SCHEMA = "retake.edit/1"
SUBJECT_CHARS = 99  # SNS: below 100 characters, ASCII, no control characters

_VERBS = {
    Status.SUCCEEDED: "is ready",
    Status.FAILED: "failed",
    Status.REJECTED: "was refused",
    Status.CANCELLED: "was cancelled",
}


def message_about(edit: Edit) -> dict[str, Any]:
    """The message for machines: no prompt, no signed link, nothing a subscriber may not see."""
    cost = {
        "quoted_usd": edit.quoted_usd,
        "billed_usd": edit.billed_usd,
        "at_risk_usd": edit.at_risk_usd,
    }
    facts = {
        "schema": SCHEMA,
        "notification_id": edit.notification_id,
        "edit_id": edit.edit_id,
        "status": edit.status,
        "reason": edit.reason,
        "message": edit.message,
        "details": dict(edit.details),
        "operation": edit.operation,
        "model": edit.model,
        "provider": edit.provider,
        "upload": edit.upload.to_mapping() if edit.upload else None,
        "source": edit.source.to_mapping() if edit.source else None,
        "result": edit.result.to_mapping() if edit.result else None,
        "cost": {name: value for name, value in cost.items() if value is not None},
        "tags": list(edit.tags),
        "reference": edit.reference,
        "retry_of": edit.retry_of,
        "warnings": list(edit.warnings),
        "attempts": edit.attempt,
        "created_at": edit.created_at,
        "submitted_at": edit.submitted_at,
        "finished_at": edit.finished_at,
    }
    return {name: value for name, value in facts.items() if value not in (None, {}, [])}


def name_of(edit: Edit) -> str:
    """What a person knows the edit by: the caller's own word, the file, or its id."""
    file = edit.upload or edit.source
    return edit.reference or (file.key if file else edit.edit_id)


def text_about(edit: Edit) -> str:
    """The message for a person who reads e-mail."""
    name = name_of(edit)
    lines = [f"{name} {_VERBS[edit.status]}.", ""]
    if edit.message and edit.status is not Status.SUCCEEDED:
        lines += [edit.message, ""]
    if edit.result:
        lines += [
            f"Result:    s3://{edit.result.bucket}/{edit.result.key}",
            f"           {edit.result.duration_seconds:.1f} s, {edit.result.width}x"
            f"{edit.result.height}, {edit.result.size_bytes / 1e6:,.1f} MB",
        ]
    if edit.model:
        lines.append(f"Model:     {edit.model}")
    lines.append(f"Cost:      {_cost(edit)}")
    lines += [f"Note:      {warning}" for warning in edit.warnings]
    lines.append(f"Edit:      {edit.edit_id}")
    return "\n".join(lines)


def notification_for(edit: Edit) -> dict[str, Any]:
    """What `Notify` publishes: the body for every protocol, the subject, the filter attributes."""
    for_machines = json.dumps(message_about(edit), ensure_ascii=False, separators=(",", ":"))
    body = {"default": for_machines, "email": text_about(edit)}
    attributes = {
        "status": edit.status,
        "operation": edit.operation,
        "model": edit.model or "none",
    }
    return {
        "message": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        "subject": _subject(edit),
        "notification_id": edit.notification_id,
        "attributes": {
            name: {"DataType": "String", "StringValue": str(value)}
            for name, value in attributes.items()
        },
    }


def _cost(edit: Edit) -> str:
    if edit.at_risk_usd is not None:
        return f"at most ${edit.at_risk_usd:.2f} may be billed by {edit.provider}"
    return f"${edit.billed_usd or 0:.2f}"


def _subject(edit: Edit) -> str:
    name = name_of(edit).rpartition("/")[2]
    ascii_name = "".join(char if " " <= char <= "~" else "?" for char in name)
    return f"Retake: {ascii_name[:60]} {_VERBS[edit.status]}"[:SUBJECT_CHARS]
