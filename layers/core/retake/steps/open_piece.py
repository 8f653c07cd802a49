"""A piece of a film becomes an edit: silent, like the rest, and shown what it shall look like."""

from dataclasses import asdict, replace
from fractions import Fraction
from math import ceil
from typing import Any

from retake.catalog.film_plan import limits_for
from retake.catalog.models import MODELS
from retake.catalog.schema import Model
from retake.domain.edit import Edit
from retake.domain.footage import Footage
from retake.domain.pieces import Film
from retake.domain.prompt_references import in_form
from retake.domain.request import Request
from retake.domain.stored import required
from retake.records.store import Records


def open_piece(edit: Edit, film: Film, at: int, records: Records) -> None:
    """Put the edit of a piece on record. Raises Unavailable."""
    request, model = required(edit.request), MODELS[edit.model or ""]
    piece, key = film.files[at], film.edit_ids[at]
    footage = Footage(  # as Fit has cut it, and found it within the limits
        container="mp4",
        codec="h264",
        duration_seconds=film.seconds[at],
        width=film.width,
        height=film.height,
        fps=float(Fraction(film.rate)),
        has_audio=False,
        size_bytes=piece.size_bytes,
    )
    shown = tuple(each for each in (film.anchor, film.last) if each is not None)
    priced = limits_for(model, request, Fraction(film.rate)).piece(film.sent[at])
    records.films.open_piece(
        key,
        parent_id=edit.edit_id,
        piece_index=at,
        inbox_bucket=edit.bucket,
        upload=edit.upload,  # what it was dropped into says whose budget and whose turn it is
        folder=edit.folder,
        caller=edit.caller,
        tags=edit.tags,
        reference=edit.reference,
        webhook_url=edit.webhook_url if request.piece_messages else None,
        source=edit.source,
        fitted=piece,
        footage=asdict(footage),
        request=_asked(request, model, film),
        pictures=edit.pictures,
        shown=shown,
        operation=edit.operation,
        model=model.key,
        provider=model.provider,
        quoted_usd=priced.usd,
        quoted_seconds=ceil(priced.billed_seconds),
    )


def _asked(request: Request, model: Model, film: Film) -> Request:
    """What is asked of a piece: the same, silent, and like the pictures it is shown."""
    prompt, number = request.prompt, len(request.images)
    like = film.anchor_image
    if film.anchor is not None:
        like = number = number + 1
    said = f" Keep the look of @Image{like}." if like else ""
    if film.last is not None:
        said += f" It goes on from the frame @Image{number + 1}."
    if len(in_form(prompt + said, model.reference_form)) <= model.prompt_characters:
        prompt += said
    plain: dict[str, Any] = dict.fromkeys(
        ("fit", "consistency", "anchor_image", "overlap_frames", "if_piece_fails")
    )
    # It was said yes to the whole; and to a reuse all pieces of one clip would look equal.
    plain |= {"approve": None, "reuse": False}
    return replace(request, model=model.key, prompt=prompt, keep_audio=False, **plain)
