"""What people and programs are told of an edit."""

import json
import re
from collections.abc import Mapping
from typing import Any

from retake.domain.billing import cost_told
from retake.domain.budget import MESSAGE_BYTES, size_of
from retake.domain.edit import Edit, Result
from retake.domain.phases import word_of
from retake.domain.plain_text import one_line, quoted, unlinked
from retake.domain.source import known_name
from retake.domain.vocabulary import Status

EDIT_SCHEMA = "retake.edit/1"
TEXT_CHARS = 2000  # of a sentence in a mail
SUBJECT_CHARS = 99  # SNS: below 100 characters, ASCII, no control characters

# What comes before the word of its phase.
_BEFORE = {Status.SUCCEEDED: "is ", Status.REJECTED: "was ", Status.CANCELLED: "was "}


def message_about(edit: Edit, share_url: str | None = None) -> dict[str, Any]:
    """The message for machines: no prompt, and nothing that a subscriber may not see.

    `share_url` is its one signed link: to a page, for looking, until it expires.
    """
    cost: dict[str, Any] = {
        "message": cost_told(edit),
        "quoted_usd": edit.quoted_usd,
        "billed_usd": edit.billed_usd,
        "at_risk_usd": edit.at_risk_usd,
    }
    facts = {
        "schema": EDIT_SCHEMA,
        "notification_id": edit.notification_id,
        "edit_id": edit.edit_id,
        "status": edit.status,
        "late": edit.late or None,
        "supersedes": edit.supersedes,
        "reason": edit.reason,
        "message": edit.message,
        "details": dict(edit.details),
        "operation": edit.operation,
        "model": edit.model,
        "provider": edit.provider,
        "provider_task_id": edit.provider_task_id,
        "provider_usage": dict(edit.provider_usage),
        "upload": edit.upload.to_mapping() if edit.upload else None,
        "source": edit.source.to_mapping() if edit.source else None,
        "settings_from": edit.settings_from.to_mapping() if edit.settings_from else None,
        "repair": dict(edit.repair),
        "result": edit.result.to_mapping() if edit.result else None,
        "cost": {name: value for name, value in cost.items() if value is not None},
        "tags": list(edit.tags),
        "reference": edit.reference,
        "retry_of": edit.retry_of,
        "reused_from": edit.reused_from,
        "batch_id": edit.batch_id,
        "batch_index": edit.batch_index,
        "parent_id": edit.parent_id,
        "piece_index": edit.piece_index,
        "share_url": share_url,
        "trouble": trouble_of(edit),
        "warnings": list(edit.warnings),
        "attempts": edit.attempt,
        "created_at": edit.created_at,
        "submitted_at": edit.submitted_at,
        "finished_at": edit.finished_at,
    }
    return {name: value for name, value in facts.items() if value not in (None, {}, [])}


def trouble_of(edit: Edit) -> dict[str, Any] | None:
    """What keeps the edit from its end, or kept it until it was given up."""
    if edit.trouble is None:
        return None
    return {
        "kind": edit.trouble.kind,
        "message": edit.trouble.message,
        "http_status": edit.trouble.http_status,
        "since": edit.trouble.began,
        "count": edit.trouble.count,
    }


def name_of(edit: Edit) -> str:
    """What a person knows the edit by: the caller's own word, the file, or its id."""
    file = edit.upload or edit.source
    key = file.key if file else edit.request.source if edit.request else None
    return edit.reference or known_name(key or "") or edit.edit_id


def text_about(edit: Edit, share_url: str | None = None) -> str:
    """The message for a person who reads e-mail. Every line begins with a word of ours, and nothing
    but the link to the page is a link: names and words of strangers are quoted or labelled."""
    piece = "" if edit.piece_index is None else f"piece {edit.piece_index + 1} of "
    lines = [f"The edit of {piece}{quoted(name_of(edit))} {_ended(edit)}.", ""]
    if edit.message and edit.status is not Status.SUCCEEDED:
        lines += [f"Why:       {unlinked(one_line(edit.message, TEXT_CHARS))}", ""]
    if share_url:
        lines += [f"Look at it: {share_url}", ""]
    if edit.result:
        lines += [
            f"Result:    {place_of(edit.result)}",
            f"           {edit.result.duration_seconds:.1f} s, {edit.result.width}x"
            f"{edit.result.height}, {edit.result.size_bytes / 1e6:,.1f} MB",
        ]
    if edit.model:
        lines.append(f"Model:     {edit.model}")
    lines.append(f"Cost:      {cost_told(edit)}")
    if edit.reused_from:
        lines.append(f"Copied:    from {edit.reused_from}, which asked for the same")
    lines += [f"Note:      {unlinked(one_line(warning))}" for warning in edit.warnings]
    if edit.supersedes:
        lines.append("Late:      this message takes the place of the one that said it had failed.")
    if edit.provider_task_id:
        lines.append(f"Task:      {unlinked(one_line(edit.provider_task_id))} at {edit.provider}")
    lines.append(f"Edit:      {edit.edit_id}")
    return "\n".join(lines)


def _ended(edit: Edit) -> str:
    return _BEFORE.get(edit.status, "") + word_of(edit)


def place_of(result: Result) -> str:
    """Where it lies, to be copied; a key that is more than one word might hold a link."""
    key = one_line(result.key)
    is_one_word = not re.search(r"\s|[:@]|\bwww\.", key, re.IGNORECASE)
    return f"s3://{result.bucket}/{key if is_one_word else unlinked(key)}"


def notification_for(edit: Edit, share_url: str | None = None) -> dict[str, Any]:
    """What is published: the body for every protocol, the subject, the filter attributes. Of a
    piece of a film these tell only that it is one: who waits for the film is not woken by it."""
    attributes = {
        "kind": "edit",
        "status": edit.status,
        "operation": edit.operation,
        "model": edit.model or "none",
    }
    what = _ended(edit)
    if edit.piece_index is not None:
        attributes, what = {"kind": "piece"}, f"piece {edit.piece_index + 1} {what}"
    return notification(
        message_about(edit, share_url),
        text_about(edit, share_url),
        subject=subject_about(name_of(edit), what),
        attributes=attributes,
    )


def notification(
    message: Mapping[str, Any], text: str, *, subject: str, attributes: Mapping[str, str]
) -> dict[str, Any]:
    """A message as SNS takes it: one body for programs, one for people, and what filters read.

    One that is too long for SNS, or for the state that hands it on, says less: nobody is left
    untold because somebody said too much.
    """
    whole = _published(message, text, subject, attributes)
    return whole if size_of(whole) <= MESSAGE_BYTES else shortened(whole)


def shortened(notification: Mapping[str, Any]) -> dict[str, Any]:
    """The same message with what always fits: which edit or batch, its end, its cost and where
    its result is. `is_shortened` says so; the record has the rest."""
    body = json.loads(notification["message"])
    said = json.loads(body["default"])
    short = {name: said[name] for name in _SHORT if name in said} | {"is_shortened": True}
    if "result" in said:
        short["result"] = {name: said["result"][name] for name in ("bucket", "key")}
    attributes = {name: it["StringValue"] for name, it in notification["attributes"].items()}
    lines = [*body["email"][:SHORT_CHARS].splitlines(), "", "(The record has more.)"]
    return _published(short, "\n".join(lines), notification["subject"], attributes)


# No text of a stranger's among them: a name that SNS should refuse is not said again.
_SHORT = (
    *("schema", "notification_id", "edit_id", "batch_id", "batch_index", "status", "reason"),
    *("parent_id", "piece_index"),
    *("operation", "model", "provider", "counts", "cost", "share_url"),
    *("created_at", "submitted_at", "finished_at"),
)
SHORT_CHARS = 2000


def _published(
    message: Mapping[str, Any], text: str, subject: str, attributes: Mapping[str, str]
) -> dict[str, Any]:
    for_machines = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    body = {"default": for_machines, "email": text}
    return {
        "message": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        "subject": subject,
        "notification_id": message.get("notification_id"),
        "attributes": {
            name: {"DataType": "String", "StringValue": str(value)}
            for name, value in attributes.items()
        },
    }


def message_in(notification: Mapping[str, Any]) -> dict[str, Any]:
    """The message for machines that a notification carries."""
    message: dict[str, Any] = json.loads(json.loads(notification["message"])["default"])
    return message


def subject_about(name: str, what: str) -> str:
    """The subject of a mail about something of this name: ASCII, and short enough for SNS."""
    file = name.rpartition("/")[2]
    ascii_name = "".join(char if " " <= char <= "~" else "?" for char in file)
    return f"Retake: {ascii_name[:60]} {what}"[:SUBJECT_CHARS]
