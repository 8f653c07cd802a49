"""What will be edited, and whether it may be. Nothing is sent from here."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from retake.aws.s3 import Storage
from retake.catalog.admission import admit_clip, admit_request, model_for, quoted
from retake.domain.conclusions import rejection
from retake.domain.edit import Edit
from retake.domain.errors import Refused
from retake.domain.folders import Walls
from retake.domain.footage import Footage
from retake.domain.request import Request
from retake.domain.source import Origin, Source, is_stray, sidecar_of
from retake.domain.stored import required
from retake.domain.values import dataclass
from retake.domain.vocabulary import SettingsSource
from retake.media.probe import probe
from retake.media.ranged_reader import Reader
from retake.media.remarks import remarks_on
from retake.records.store import Records
from retake.request.clip_inspection import can_be_linked, looked_into, must_be_fitted
from retake.request.documents import Heads, head_of_what_is_there, named_clip, stray, within
from retake.request.documents import found as found_document
from retake.request.precedence import (
    Drop,
    RequestedSettings,
    settings_of,
    settings_of_request_file,
    variations_of,
)
from retake.request.reference_images import (
    admit_picture,
    check_folders,
    keys_of,
    look_at,
    respelled,
)
from retake.request.variations import Variations
from retake.steps.batching import spread, start_others
from retake.steps.fetch_source import fetch_clip
from retake.steps.outcome import Next, Step, closing, seconds_to_settle
from retake.steps.policy import Inbox

if TYPE_CHECKING:
    from retake.outbound.client import Outbound


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be done to what: one request or several, the clip if there is one, and remarks.

    A source without a clip is a video of a kind that only Fit can look into.
    """

    variations: Variations
    source: Source | None
    clip: Footage | None
    remarks: tuple[str, ...] = ()
    settings_from: Origin | None = None

    @property
    def request(self) -> Request:
        """The first. Raises Refused."""
        return self.variations.first()

    @property
    def labels(self) -> dict[str, Any]:
        """The sender's own words, where there are any."""
        return self.variations.labels

    @property
    def warnings(self) -> tuple[str, ...]:
        return (*self.remarks, *self.variations.warnings)


def validate(  # noqa: PLR0913  the record, and one collaborator for each thing it may touch
    edit: Edit,
    *,
    records: Records,
    storage: Storage,
    default_model: str,
    inbox: Inbox,
    enqueue: Callable[[str], None],
    prompt_max_chars: int = 0,
    downloads: "Outbound | None" = None,
    look: Callable[[Reader], Footage] = probe,
) -> Step:
    """Read the request, look into the clip, and hold both against the catalog.

    A refusal is written on the record with the rule, what was found and what is allowed. A clip
    whose settings may still come is left as it is, one that must and may be repaired to Fit.
    `downloads` is the way to clips given by their address, `enqueue` that of the other edits of a
    batch. Raises Unavailable when S3, DynamoDB, SQS or such an address cannot answer now, and
    LostRace when settings came meanwhile.
    """
    if edit.leads_batch:
        # Who made the others may have died before all were queued.
        start_others(edit, records=records, enqueue=enqueue)
    if edit.must_be_concluded:
        return closing(edit)
    if edit.validated_at is not None or edit.fit_planned_at is not None:
        return Step(edit.edit_id, Next.SUBMIT)
    dropped = None
    try:
        if edit.source_url is not None:
            model = model_for(required(edit.request), default_model)
            fetch_clip(edit, model, records=records, storage=storage, downloads=required(downloads))
            if edit.batch_index == 0:
                start_others(edit, records=records, enqueue=enqueue)  # they find it there
        if edit.request is None:  # what came through the API was read there
            dropped = _dropped(edit, storage, inbox, records)
            if dropped.settings is None:
                return Step(edit.edit_id, Next.SETTLE)
        folder = _folder_of(edit, inbox.walls)
        seen = Seen(storage, within(inbox.walls, folder, storage.head), look)
        asked = _asked(edit, dropped, seen, lambda it: check_folders(it, inbox.walls, folder))
        if asked.variations.is_batch:
            edit = spread(
                edit,
                asked.variations.entries,
                records=records,
                source=asked.source,
                warnings=asked.warnings,
                settings_from=asked.settings_from,
                **asked.labels,
            )
            start_others(edit, records=records, enqueue=enqueue)
            dropped = None  # what it said is on record now
        needs_fit, facts = _admitted(asked, edit.bucket, seen, default_model, prompt_max_chars)
    except Refused as refusal:
        facts = dropped.facts if dropped else {}
        edit = records.conclude(edit, rejection(refusal), **facts)
        if edit.source_url is not None and edit.leads_batch:
            start_others(edit, records=records, enqueue=enqueue)  # they are told the same
        return closing(edit)
    # Before the write: whoever dies behind it comes here no more.
    records.enter_lists(replace(edit, **{it: facts[it] for it in _LISTED if it in facts}))
    write = records.plan_fit if needs_fit else records.validated
    edit = write(edit, source_url=None, **facts)
    return Step(edit.edit_id, Next.SUBMIT, provider=edit.provider)


_LISTED = ("model", "tags", "source", "request")  # what lists of edits are made by


@dataclass(frozen=True, slots=True)
class DroppedClip:
    """What was dropped: the clip, unless it is a request file, and the settings; None: to come."""

    clip: Source | None
    settings: RequestedSettings | None
    remarks: tuple[str, ...] = ()

    @property
    def facts(self) -> dict[str, Any]:
        """What the record is told, also of an edit that is refused."""
        if self.settings is None:
            return {}
        warnings = (*self.settings.warnings, *self.remarks)
        facts = {"settings_from": self.settings.origin, "warnings": warnings}
        return facts | {"webhook_url": url} if (url := self.settings.webhook_url) else facts


def _dropped(edit: Edit, storage: Storage, inbox: Inbox, records: Records) -> DroppedClip:
    upload = required(edit.upload)
    if is_stray(upload.key):
        raise stray(upload.key)
    if upload.is_request_file:
        return DroppedClip(None, settings_of_request_file(found_document(upload, storage)))
    # The settings beside a clip are an edit of their own when they came after it was refused.
    own, clip = (upload, required(edit.source)) if upload.is_sidecar else (None, upload)
    head = head_of_what_is_there(clip, storage.head)
    drop = Drop(
        clip=clip,
        metadata=head.metadata,
        storage=storage,
        day=edit.created_at[:10],
        prefix=inbox.prefix,
        default_prompt=inbox.default_prompt,
        sidecar=own,
    )
    may_come = own is None and edit.sidecar_version_id is None
    left = seconds_to_settle(edit, inbox.settle_seconds, records.now())
    settings = settings_of(drop, is_settling=may_come and left > 0)
    return DroppedClip(
        replace(clip, size_bytes=head.size_bytes), settings, _unread_sidecar(edit, settings)
    )


def _unread_sidecar(edit: Edit, settings: RequestedSettings | None) -> tuple[str, ...]:
    """Settings that came in time, but stand behind those that won."""
    if settings is None or edit.sidecar_version_id is None:
        return ()
    if settings.origin is None or settings.origin.road is not SettingsSource.METADATA:
        return ()  # used, or another program's, which is told elsewhere
    return (f"{sidecar_of(required(edit.upload).key)} was not used: the metadata has a prompt.",)


@dataclass(frozen=True, slots=True)
class Seen:
    """The inbox as an edit sees it: `head` finds what lies within its walls, `look` what is in a
    clip."""

    storage: Storage
    head: Heads
    look: Callable[[Reader], Footage]


def _folder_of(edit: Edit, walls: Walls) -> str:
    """The folder whose walls an edit keeps: that of its upload, or of its caller."""
    return walls.folder_of(edit.upload.key) if edit.upload else edit.folder or ""


def _asked(
    edit: Edit, dropped: DroppedClip | None, seen: Seen, check: Callable[[Request], None]
) -> Asked:
    if dropped is None:
        only = Variations((required(edit.request),), edit.warnings)
        return _with_named_clip(only, edit.bucket, seen, edit.source)
    settings = required(dropped.settings)

    def variations() -> Variations:
        found = variations_of(settings)
        for request in found.requests:
            check(request)
        return found

    if dropped.clip is None:
        asked = _with_named_clip(variations(), edit.bucket, seen)
    else:
        # The clip is looked at before its settings: a text file is told that it is no video, not
        # that its prompt is missing.
        clip = looked_into(dropped.clip, seen.storage, seen.look, lambda: variations().first())
        asked = Asked(variations(), dropped.clip, clip)
    return replace(asked, remarks=dropped.facts["warnings"], settings_from=settings.origin)


def _with_named_clip(
    variations: Variations, bucket: str, seen: Seen, pinned: Source | None = None
) -> Asked:
    """What is asked for of the clip it names, as that is now or in the version that is pinned."""
    if pinned is None and variations.source is None:
        return Asked(variations, None, None)
    named = pinned or Source(bucket=bucket, key=required(variations.source))
    if pinned is None:
        source = named_clip(named, seen.head)
    else:
        source = replace(pinned, size_bytes=seen.storage.head(pinned).size_bytes)
    clip = looked_into(source, seen.storage, seen.look, variations.first)
    return Asked(variations, source, clip)


def _admitted(
    asked: Asked, bucket: str, seen: Seen, default_model: str, prompt_max_chars: int
) -> tuple[bool, dict[str, Any]]:
    """Whether the clip is to be repaired first, and what the record is told. Raises Refused."""
    request = asked.request
    model = model_for(request, default_model)
    admit_request(
        request, model, has_source=asked.source is not None, prompt_max_chars=prompt_max_chars
    )
    remarks: list[str] = []
    needs_fit = must_be_fitted(asked.source, asked.clip, request, model)
    if asked.clip is not None and not needs_fit:
        admit_clip(asked.clip, request, model)
        remarks = remarks_on(asked.clip)
    if asked.source is not None and not can_be_linked(asked.source, model):
        needs_fit = True  # as it is, under another name
    pictures = {key: look_at(key, bucket, seen.storage, seen.head) for key in keys_of(request)}
    request = respelled(request, pictures)
    remarks += [remark for key, it in pictures.items() for remark in admit_picture(key, it, model)]
    return needs_fit, {
        "source": asked.source,
        "pictures": {it.key: it.version_id for it in pictures.values()},
        "footage": asdict(asked.clip) if asked.clip else None,
        "request": request,
        "operation": model.operation,
        "model": model.key,
        "provider": model.provider,
        "warnings": (*asked.warnings, *remarks),
        **asked.labels,
        **quoted(model, request, asked.clip),
        **({"settings_from": asked.settings_from} if asked.settings_from else {}),
    }
