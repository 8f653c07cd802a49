"""A piece of a film becomes an edit: silent, like the rest, and shown what it shall look like."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from fractions import Fraction
from typing import Any

from retake.aws.s3 import ObjectReader
from retake.catalog.clip_rules import violated_rules
from retake.catalog.film_plan import limits_for
from retake.catalog.models import MODELS
from retake.catalog.repair_plan import not_repairable
from retake.catalog.schema import Model
from retake.domain.edit import Edit, Request
from retake.domain.pieces import Film
from retake.domain.prompt_references import in_form
from retake.domain.source import Source, fitted_key
from retake.domain.stored import required
from retake.domain.vocabulary import Consistency
from retake.media.poster import poster_of
from retake.media.probe import probe
from retake.records.store import Records
from retake.steps.fit import Bench
from retake.steps.pieces import Standing


def open_piece(
    edit: Edit, film: Film, at: int, state: Standing, bench: Bench, records: Records
) -> None:
    """Put the edit of a piece on record, and have it start."""
    request, model = required(edit.request), MODELS[edit.model or ""]
    key = film.edit_ids[at]
    named = Source(bucket=bench.bucket, key=fitted_key(key))
    head = bench.storage.head(named)
    piece = replace(named, version_id=head.version_id, size_bytes=head.size_bytes)
    footage = probe(ObjectReader(bench.storage, piece, piece.size_bytes))
    for rule in violated_rules(footage, request, model):
        raise not_repairable(f"piece {at + 1} would have {rule.field} {rule.found(footage)}")
    shown = tuple(_anchor(edit, film, state, bench)) if at else ()
    limits = limits_for(model, request, Fraction(film.rate))
    records.films.open_piece(
        key,
        parent_id=edit.edit_id,
        piece_index=at,
        inbox_bucket=edit.bucket,
        folder=edit.folder,
        tags=edit.tags,
        reference=edit.reference,
        source=edit.source,
        fitted=piece,
        footage=asdict(footage),
        request=_asked(request, model, shown),
        pictures=edit.pictures,
        shown=shown,
        operation=edit.operation,
        model=model.key,
        provider=model.provider,
        quoted_usd=limits.usd(film.frames[at]),
    )


def _asked(request: Request, model: Model, shown: Sequence[Source]) -> Request:
    """What is asked of a piece: the same, silent, and like the picture it is shown."""
    prompt = request.prompt
    if shown:
        like = f"{prompt} Keep the look of @Image{len(request.images) + 1}."
        if len(in_form(like, model.reference_form)) <= model.prompt_characters:
            prompt = like
    plain: dict[str, Any] = {"fit": None, "consistency": None, "if_piece_fails": None}
    return replace(request, model=model.key, prompt=prompt, keep_audio=False, **plain)


def _anchor(edit: Edit, film: Film, state: Standing, bench: Bench) -> Iterator[Source]:
    """A picture of the first edited piece, made once for all others; none where it stayed as it
    was."""
    first = state.edits.get(film.edit_ids[0])
    if film.consistency is not Consistency.ANCHOR or first is None or first.result is None:
        return
    named = Source(bucket=bench.bucket, key=anchor_key(edit.edit_id))
    if not bench.storage.size_of(named.bucket, named.key):
        result = Source(bucket=first.result.bucket, key=first.result.key)
        picture = poster_of(ObjectReader(bench.storage, result, first.result.size_bytes))
        bench.storage.put(named.bucket, named.key, picture, "image/jpeg")
    head = bench.storage.head(named)
    yield replace(named, version_id=head.version_id, size_bytes=head.size_bytes)


def anchor_key(edit_id: str) -> str:
    """Where the picture that anchors a film's pieces lies."""
    return fitted_key(edit_id).removesuffix(".mp4") + ".anchor.jpg"
