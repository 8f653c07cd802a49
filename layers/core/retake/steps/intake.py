"""From an S3 event, or the API's word, to one record and one execution, however often it comes."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from retake.domain.errors import RetakeError
from retake.domain.hold import Hold
from retake.domain.source import EDIT_ID, Source, is_material
from retake.domain.stored import moment
from retake.records.queries import UnknownEdit
from retake.steps.begin import Intake, Starter, take_in

if TYPE_CHECKING:
    from retake.steps.sidecars import SidecarMatcher

MAX_BYTES = 2**53  # far above S3's largest object


class NotAnUpload(RetakeError):
    """The message is not about an object that was dropped into the inbox."""


def read_event(body: str, *, bucket: str, prefix: str) -> Source:
    """The object that an 'Object Created' event of EventBridge names. Raises NotAnUpload.

    EventBridge events carry the key as it is; unlike direct S3 notifications it is not
    URL-encoded and must not be decoded (Amazon S3 User Guide, 'EventBridge event message
    structure').
    """
    try:
        event = json.loads(body)
        detail = event["detail"]
        key = detail["object"]["key"]
        source = Source(
            bucket=detail["bucket"]["name"],
            key=key,
            version_id=detail["object"].get("version-id"),
            size_bytes=int(detail["object"].get("size", 0)),
        )
        is_under_prefix = key.startswith(prefix)
        kind = (event["source"], event["detail-type"])
        _check_forms(source)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise NotAnUpload("it is not an S3 event of EventBridge") from None
    if kind != ("aws.s3", "Object Created"):
        raise NotAnUpload("it does not say that an object was created")
    if source.bucket != bucket:
        raise NotAnUpload("it is about another bucket")
    if not is_under_prefix:
        raise NotAnUpload(f"the key is not under {prefix!r}")
    if is_material(source, prefix):
        folder = source.key[len(prefix) :].partition("/")[0]
        what = (
            "it is a folder" if source.key.endswith("/") else f"{folder}/ holds material for edits"
        )
        raise NotAnUpload(what)
    return source


def _check_forms(source: Source) -> None:
    """Whether S3 could have said so; one message nobody can keep would hold up nine others.

    Raises ValueError and its kind.
    """
    version_id = source.version_id
    texts = (source.key, *(() if version_id is None else (version_id,)))
    if not all(isinstance(text, str) and text and text.encode() for text in texts):
        raise ValueError
    if not 0 <= source.size_bytes < MAX_BYTES:
        raise ValueError


def message_of(edit_id: str) -> str:
    """What the API puts into the intake queue once an edit is on record."""
    return json.dumps({"edit_id": edit_id})


def read_edit_id(body: str) -> str | None:
    """The edit that such a message names; None for every other message."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    edit_id = said.get("edit_id") if isinstance(said, dict) and len(said) == 1 else None
    return edit_id if isinstance(edit_id, str) and re.fullmatch(EDIT_ID, edit_id) else None


def receive(
    body: str,
    *,
    bucket: str,
    prefix: str,
    starter: Starter,
    sidecar_matcher: "Callable[[], SidecarMatcher]",
    put_back: Callable[[str, int], None],
    hold: Hold | None = None,
) -> Intake:
    """Record the upload once and start its execution; start that of an edit the API recorded.

    A second delivery finds the record; it starts the execution again only while the first step
    has not been taken, because the worker that made the record may have died before it could,
    and starting the same name twice starts one execution. Settings of a clip go to that instead;
    `put_back` queues their message again, with a delay in seconds. What was put there during the
    `hold` starts nothing. Raises Unavailable.
    """
    asked = read_edit_id(body)
    if asked is not None:
        return _begin(asked, starter)
    try:
        source = read_event(body, bucket=bucket, prefix=prefix)
    except NotAnUpload as error:
        return Intake(edit_id=None, reason=str(error))
    if hold is not None and hold.covers(said_at(body)):
        return Intake(edit_id=None, reason="it was put there while the inbox was held (InboxHold)")
    if source.is_sidecar:
        from retake.steps.sidecars import attach

        age = (starter.records.now() - said_at(body)).total_seconds()
        return attach(
            source,
            age_seconds=age,
            sidecar_matcher=sidecar_matcher(),
            put_back=lambda seconds: put_back(body, seconds),
        )
    edit, is_new = take_in(source, starter)
    return Intake(edit_id=edit.edit_id, is_new=is_new)


def said_at(body: str) -> datetime:
    """When an event says that it happened; the beginning of time where it does not say so."""
    said = json.loads(body).get("time")
    try:
        at = moment(said)
    except (TypeError, ValueError):
        return datetime.min.replace(tzinfo=UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _begin(edit_id: str, starter: Starter) -> Intake:
    try:
        edit = starter.records.get(edit_id)
    except UnknownEdit:
        return Intake(edit_id=None, reason="there is no such edit")
    if not edit.is_finished and (edit.validated_at is None or edit.parent_id is not None):
        # Also when somebody has cancelled it meanwhile: the workflow is what closes it. A piece of
        # a film is validated as it is made.
        starter.start(edit_id)
    return Intake(edit_id=edit_id)


def failures(batch: Mapping[str, Any], handle: Callable[[Mapping[str, Any]], None]) -> list[str]:
    """Handle each message of an SQS batch; the ids of those that must come again.

    Whatever one of them breaks at, the others are handled: `handle` has reported it.
    """
    failed = []
    for message in batch["Records"]:
        try:
            handle(message)
        except Exception:
            failed.append(message["messageId"])
    return failed
