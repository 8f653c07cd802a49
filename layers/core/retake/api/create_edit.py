"""From a request to an edit on record: once, whatever the network does to the caller."""

import hashlib
import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from retake.api.callers import Caller, Sight
from retake.api.problems import Problem, check_not_erased
from retake.api.retry_rules import check_fetched, check_repeatable
from retake.aws.s3 import Head
from retake.catalog.admission import admit_request, model_for
from retake.catalog.schema import Model
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import Forbidden, LostRace, Refused, Unavailable
from retake.domain.folders import Walls
from retake.domain.request import Request
from retake.domain.source import Origin, Source, edit_id_for
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason, SettingsSource, Status
from retake.domain.webhooks import WEBHOOK_URL_FORM
from retake.records.batches import first_id_of
from retake.records.queries import UnknownEdit
from retake.records.store import Records
from retake.request.documents import named_clip, within
from retake.request.reference_images import check_folders
from retake.request.variations import numbered
from retake.steps.fetch_source import fetched_key
from retake.steps.intake import message_of


@dataclass(frozen=True, slots=True, kw_only=True)
class EditOrder:
    """What a caller wants: requests, and the caller's own words, which are only echoed.

    Several requests of one clip make a batch. `source_url` stands instead of their source and may
    be signed: it is never shown.
    """

    requests: tuple[Request, ...]
    warnings: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    reference: str | None = None
    source_url: str | None = None
    webhook_url: str | None = None

    @property
    def digest(self) -> str:
        """Equal for orders that say the same, however their JSON was written."""
        first, *others = [request.to_mapping() for request in self.requests]
        said: dict[str, Any] = {
            "request": first,
            "tags": list(self.tags),
            "reference": self.reference,
            "source_url": self.source_url,
        } | ({"others": others} if others else {})
        if self.webhook_url is not None:
            said["webhook_url"] = self.webhook_url
        text = json.dumps(said, sort_keys=True, ensure_ascii=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Where orders are taken: the records, the way into the intake queue, the stack's choices.

    `check_url` raises Forbidden for an address of a clip that this stack would not call,
    `check_receiver` for one of a webhook, `head` Refused for a clip that is not there, `take_edits`
    UsedUp where no more are begun in this minute.
    """

    records: Records
    enqueue: Callable[[str], None]
    check_url: Callable[[str], Any]
    check_receiver: Callable[[str], Any]
    head: Callable[[Source], Head]
    inbox_bucket: str
    inbox_prefix: str
    default_model: str
    prompt_max_chars: int = 0
    shared_folders: tuple[str, ...] = ()
    take_edits: Callable[[int], None] = lambda count: None

    @property
    def walls(self) -> Walls:
        return Walls(self.inbox_prefix, self.shared_folders)


def place(
    order: EditOrder, counter: Counter, *, caller: Caller, key: str | None
) -> tuple[Edit, bool]:
    """The edit of an order, or the first of its batch, and whether it is new.

    `key` is the caller's own idempotency key: the same key and order give the same
    edit for as long as its record is kept; another order under the same key is a Problem. Raises
    Refused for what no step could honour; Unavailable.
    """
    edit_id = (
        edit_id_for("api", caller.principal, key) if key else edit_id_for("api", uuid.uuid4().hex)
    )
    if key is not None:
        try:
            return _known(counter.records.get(edit_id), order, counter), False
        except UnknownEdit:
            pass
    each = _on_record(edit_id, order, counter, caller)
    counter.take_edits(len(each))
    if len(each) == 1:
        edit, is_new = counter.records.receive(edit_id, None, **each[0])
    else:
        edit, is_new = counter.records.batches.receive(edit_id, each)
    if not is_new:
        return _known(edit, order, counter), False
    _begin(edit, counter, is_repeatable=key is not None)
    return edit, True


def _on_record(
    edit_id: str, order: EditOrder, counter: Counter, caller: Caller
) -> list[dict[str, Any]]:
    """What the record of each edit of an order says. Raises Refused."""
    folder = caller.folder
    if folder:
        for request in order.requests:
            check_folders(request, counter.walls, folder)
    _check_urls(order, counter)
    pinned = _pinned(order, counter, folder) if len(order.requests) > 1 else {}
    found = []
    for index, request in enumerate(order.requests):
        try:
            model = _admitted(request, order, counter)
        except Refused as refusal:
            raise numbered(refusal, index, len(order.requests)) from None
        if order.source_url is not None:
            own = fetched_key(counter.inbox_prefix, edit_id)
            request = replace(request, source=own)
        said = {
            "inbox_bucket": counter.inbox_bucket,
            "request": request,
            "source_url": order.source_url,
            "body_sha256": order.digest,
            "settings_from": Origin(road=SettingsSource.API),
            "tags": order.tags,
            "reference": order.reference,
            "webhook_url": order.webhook_url,
            "folder": folder or None,
            "caller": caller.principal,
            "warnings": order.warnings,
            "model": model.key,
            "operation": model.operation,
        }
        found.append({**said, **pinned})
    return found


def _pinned(order: EditOrder, counter: Counter, folder: str) -> dict[str, Source]:
    """The version of the clip that is there now, for all edits of a batch."""
    key = order.requests[0].source
    if key is None:
        return {}
    head = within(counter.walls, folder, counter.head)
    return {"source": named_clip(Source(bucket=counter.inbox_bucket, key=key), head)}


def repeat(edit_id: str, sight: Sight, counter: Counter) -> tuple[Edit, bool]:
    """A new attempt of an edit that ended badly; asked for twice, it is the same one.

    Raises Problem while the old one is open, or may still be billed.
    """
    old = sight.edit(edit_id)
    check_not_erased(old)
    check_repeatable(old)
    request = old.request
    if request is None:
        raise Problem(
            "NOTHING_TO_REPEAT",
            "The settings of this upload could not be read, so there is nothing to try again; "
            "upload it with others.",
        )
    new_id = edit_id_for("retry", old.edit_id)
    if request.source is not None and request.source == fetched_key(
        counter.inbox_prefix, first_id_of(old)
    ):
        check_fetched(old)
    counter.take_edits(1)
    edit, is_new = counter.records.receive(
        new_id,
        old.upload,
        inbox_bucket=old.bucket,
        request=request,
        settings_from=old.settings_from,
        source=old.source,
        tags=old.tags,
        reference=old.reference,
        webhook_url=old.webhook_url,
        folder=old.folder,
        caller=sight.caller.principal,
        retry_of=old.edit_id,
        model=old.model,
        operation=old.operation,
    )
    if is_new or _is_waiting(edit):
        _begin(edit, counter, is_repeatable=True)
    return edit, is_new


def _check_urls(order: EditOrder, counter: Counter) -> None:
    clip = "a key in the inbox bucket, or an https address of a public host"
    for name, url, check, allowed in (
        ("source", order.source_url, counter.check_url, clip),
        ("webhook_url", order.webhook_url, counter.check_receiver, f"an {WEBHOOK_URL_FORM}"),
    ):
        try:
            if url is not None:
                check(url)
        except Forbidden:
            raise Refused(
                Reason.INVALID_REQUEST,
                f"The address in '{name}' is not one this stack calls.",
                field=name,
                allowed=allowed,
            ) from None


def _admitted(request: Request, order: EditOrder, counter: Counter) -> Model:
    model = model_for(request, counter.default_model)
    admit_request(
        request,
        model,
        has_source=order.source_url is not None or request.source is not None,
        prompt_max_chars=counter.prompt_max_chars,
    )
    return model


def _known(edit: Edit, order: EditOrder, counter: Counter) -> Edit:
    check_not_erased(edit)
    if edit.body_sha256 != order.digest:
        raise Problem(
            "IDEMPOTENCY_KEY_REUSED",
            "This Idempotency-Key belongs to another request; use a new one for each edit.",
            field="Idempotency-Key",
        )
    if _is_waiting(edit):
        # The one who made the record may have died before it was queued.
        _begin(edit, counter, is_repeatable=True)
    return edit


def _is_waiting(edit: Edit) -> bool:
    return edit.version == 0 and not edit.must_be_concluded


def _begin(edit: Edit, counter: Counter, *, is_repeatable: bool) -> None:
    """Queue it. What cannot be queued and not asked for again is closed, lest it starts later."""
    if edit.batch_id is not None:
        return _begin_batch(edit.batch_id, counter, only_first=edit.source_url is not None)
    try:
        counter.enqueue(message_of(edit.edit_id))
    except Unavailable:
        if is_repeatable:
            raise
        try:
            counter.records.close(
                edit,
                Conclusion(
                    status=Status.CANCELLED,
                    reason=Reason.CANCELLED,
                    message="The request could not be queued; nothing was sent.",
                ),
            )
        except LostRace:
            return  # it has begun after all: only the queue's answer was lost
        raise


def _begin_batch(batch_id: str, counter: Counter, *, only_first: bool) -> None:
    """Queue all of them, as far as that is possible: the sweep starts what lies on record.

    Where a clip is to be fetched the first does that, and then starts the others.
    """
    with suppress(Unavailable):
        edit_ids = counter.records.batches.get(batch_id).edit_ids
        for edit_id in edit_ids[: 1 if only_first else None]:
            counter.enqueue(message_of(edit_id))
