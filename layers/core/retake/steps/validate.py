"""What will be edited, and whether it may be. Nothing is sent from here."""

from collections.abc import Callable
from dataclasses import asdict, replace

from retake.admission import admit_clip, admit_request, model_for
from retake.catalog import Model
from retake.edits import Conclusion, Edit, Request, Source, written
from retake.errors import NotFootage, Refused
from retake.footage import Footage, Reader, probe
from retake.reasons import Reason, Status
from retake.records import Records
from retake.request import from_metadata
from retake.steps import Next, Step, closing
from retake.storage import ObjectReader, Storage


def validate(
    edit: Edit,
    *,
    records: Records,
    storage: Storage,
    default_model: str,
    prompt_max_chars: int = 0,
    look: Callable[[Reader], Footage] = probe,
) -> Step:
    """Read the request, look into the clip, and hold both against the catalog.

    A refusal is written on the record with the rule, the value found and the value allowed.
    Raises Unavailable when S3 or DynamoDB cannot answer.
    """
    if edit.must_be_concluded:
        return closing(edit)
    if edit.validated_at is not None:
        return Step(edit.edit_id, Next.SUBMIT)
    try:
        edit = _admitted(edit, records, storage, default_model, prompt_max_chars, look)
    except Refused as refusal:
        return closing(records.conclude(edit, rejection(refusal)))
    return Step(edit.edit_id, Next.SUBMIT)


def rejection(refusal: Refused) -> Conclusion:
    """A refusal as the end of an edit."""
    return Conclusion(
        status=Status.REJECTED,
        reason=refusal.reason,
        message=str(refusal),
        details=refusal.details(),
    )


def _admitted(
    edit: Edit,
    records: Records,
    storage: Storage,
    default_model: str,
    prompt_max_chars: int,
    look: Callable[[Reader], Footage],
) -> Edit:
    source = written(edit.source)
    head = storage.head(source)
    source = replace(source, size_bytes=head.size_bytes)
    if head.size_bytes == 0:
        raise NotFootage(
            Reason.EMPTY,
            f"{source.key} is empty.",
            field="size_bytes",
            found=0,
            allowed="a video of at least one byte",
        )
    # The clip is looked at before its settings: a text file is told that it is no video, not
    # that its prompt is missing.
    clip = look(ObjectReader(storage, source, head.size_bytes))
    request, warnings = from_metadata(head.metadata)
    model = model_for(request, default_model)
    admit_request(request, model, has_source=True, prompt_max_chars=prompt_max_chars)
    admit_clip(clip, request, model)
    _admit_images(request, model, source, storage)
    return records.validated(
        edit,
        source=source,
        footage=asdict(clip),
        request=request,
        operation=model.operation,
        model=model.key,
        provider=model.provider,
        warnings=warnings,
        quoted_usd=model.variant(fast=request.fast).price.quote(clip.duration_seconds),
    )


def _admit_images(request: Request, model: Model, source: Source, storage: Storage) -> None:
    """Each picture must exist, be of a format the model takes, and be small enough."""
    keys = [*request.images]
    for element in request.elements:
        keys += [element.frontal, *element.references]
    for key in keys:
        try:
            head = storage.head(Source(bucket=source.bucket, key=key))
        except Refused as refusal:
            raise Refused(
                Reason.IMAGE_MISSING,
                f"The picture {key} cannot be used: {refusal}",
                field="images",
                found=key,
                allowed="the key of a picture in the inbox bucket",
            ) from None
        ending = key.rpartition(".")[2].lower()
        if ending not in model.image_formats:
            raise Refused(
                Reason.IMAGE_FORMAT,
                f"The picture {key} is not of a format {model.key} takes.",
                field="images",
                found=ending,
                allowed=list(model.image_formats),
            )
        if head.size_bytes > model.image_bytes:
            raise Refused(
                Reason.IMAGE_TOO_LARGE,
                f"The picture {key} has {head.size_bytes / 1e6:,.1f} MB; "
                f"{model.image_bytes / 1e6:,.0f} MB are allowed.",
                field="images",
                found=head.size_bytes,
                allowed=model.image_bytes,
            )
