"""What will be edited, and whether it may be. Nothing is sent from here."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from retake.admission import admit_clip, admit_request, model_for, quote
from retake.edits import Conclusion, Edit, Request, Source
from retake.errors import NotFootage, Refused
from retake.footage import Footage, Reader, probe
from retake.parts import written
from retake.reasons import Reason, Status
from retake.records import Records
from retake.request import REQUEST_BYTES, from_json, from_metadata
from retake.steps import Next, Step, closing
from retake.steps.fetch import fetch_clip
from retake.steps.gallery import admit_picture, keys_of, look_at
from retake.storage import ObjectReader, Storage

if TYPE_CHECKING:
    from retake.outbound import Outbound


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be done to what: the request, the clip if there is one, and remarks."""

    request: Request
    source: Source | None
    clip: Footage | None
    warnings: tuple[str, ...] = ()


def validate(
    edit: Edit,
    *,
    records: Records,
    storage: Storage,
    default_model: str,
    prompt_max_chars: int = 0,
    downloads: "Outbound | None" = None,
    look: Callable[[Reader], Footage] = probe,
) -> Step:
    """Read the request, look into the clip, and hold both against the catalog.

    A refusal is written on the record with the rule, the value found and the value allowed.
    `downloads` is the way to clips that were given by their address. Raises Unavailable when S3,
    DynamoDB or such an address cannot answer now.
    """
    if edit.must_be_concluded:
        return closing(edit)
    if edit.validated_at is not None:
        return Step(edit.edit_id, Next.SUBMIT)
    try:
        if edit.source_url is not None:
            model = model_for(written(edit.request), default_model)
            fetch_clip(edit, model, records=records, storage=storage, downloads=written(downloads))
        asked = _asked(edit, storage, look)
        facts = _admitted(asked, edit.bucket, storage, default_model, prompt_max_chars)
    except Refused as refusal:
        return closing(records.conclude(edit, rejection(refusal)))
    return Step(records.validated(edit, source_url=None, **facts).edit_id, Next.SUBMIT)


def rejection(refusal: Refused) -> Conclusion:
    """A refusal as the end of an edit."""
    return Conclusion(
        status=Status.REJECTED,
        reason=refusal.reason,
        message=str(refusal),
        details=refusal.details(),
    )


def _clip_with_metadata(
    upload: Source, storage: Storage, look: Callable[[Reader], Footage]
) -> Asked:
    # The clip is looked at before its settings: a text file is told that it is no video, not
    # that its prompt is missing.
    head = storage.head(upload)
    source = replace(upload, size_bytes=head.size_bytes)
    clip = _looked_into(source, storage, look)
    request, warnings = from_metadata(head.metadata)
    if request.source not in (None, upload.key):
        raise Refused(
            Reason.INVALID_REQUEST,
            "The clip's own metadata cannot name another clip as its source.",
            field="source",
            found=request.source,
            allowed=upload.key,
        )
    return Asked(request, source, clip, warnings)


def _asked(edit: Edit, storage: Storage, look: Callable[[Reader], Footage]) -> Asked:
    if edit.request is not None:  # it came through the API, and was read there
        return _with_named_clip(edit.request, edit.bucket, storage, look, edit.source)
    upload = written(edit.upload)
    read = _request_file if upload.is_request_file else _clip_with_metadata
    return read(upload, storage, look)


def _request_file(upload: Source, storage: Storage, look: Callable[[Reader], Footage]) -> Asked:
    head = storage.head(upload)
    if head.size_bytes > REQUEST_BYTES:
        raise Refused(
            Reason.INVALID_REQUEST,
            f"The request file has {head.size_bytes:,} bytes; {REQUEST_BYTES:,} are allowed.",
            field="request",
            found=head.size_bytes,
            allowed=REQUEST_BYTES,
        )
    body = storage.read(upload, 0, head.size_bytes) if head.size_bytes else b""
    return _with_named_clip(from_json(body), upload.bucket, storage, look)


def _with_named_clip(
    request: Request,
    bucket: str,
    storage: Storage,
    look: Callable[[Reader], Footage],
    pinned: Source | None = None,
) -> Asked:
    """The request with the clip it names, as that is now or in the version that is pinned."""
    if pinned is None and request.source is None:
        return Asked(request, None, None)
    named = pinned or Source(bucket=bucket, key=written(request.source))
    found = storage.head(named)
    source = replace(
        named, version_id=found.version_id or named.version_id, size_bytes=found.size_bytes
    )
    return Asked(request, source, _looked_into(source, storage, look))


def _looked_into(source: Source, storage: Storage, look: Callable[[Reader], Footage]) -> Footage:
    if source.size_bytes == 0:
        raise NotFootage(
            Reason.EMPTY,
            f"{source.key} is empty.",
            field="size_bytes",
            found=0,
            allowed="a video of at least one byte",
        )
    return look(ObjectReader(storage, source, source.size_bytes))


def _admitted(
    asked: Asked, bucket: str, storage: Storage, default_model: str, prompt_max_chars: int
) -> dict[str, Any]:
    """What the record is told of an edit that may be sent. Raises Refused."""
    request = asked.request
    model = model_for(request, default_model)
    admit_request(
        request, model, has_source=asked.source is not None, prompt_max_chars=prompt_max_chars
    )
    if asked.clip is not None:
        admit_clip(asked.clip, request, model)
    pictures = {key: look_at(key, bucket, storage) for key in keys_of(request)}
    remarks = [remark for key, it in pictures.items() for remark in admit_picture(key, it, model)]
    return {
        "source": asked.source,
        "pictures": {key: it.version_id for key, it in pictures.items()},
        "footage": asdict(asked.clip) if asked.clip else None,
        "request": request,
        "operation": model.operation,
        "model": model.key,
        "provider": model.provider,
        "warnings": (*asked.warnings, *remarks),
        "quoted_usd": quote(model, request, asked.clip),
    }
