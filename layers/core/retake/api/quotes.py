"""What an edit would cost and whether it would be taken, from the catalog alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from retake.aws.s3 import ObjectReader, Storage
from retake.catalog.admission import (
    admit_clip,
    admit_request,
    billed_seconds,
    model_for,
    quote,
    repairs,
)
from retake.catalog.film_plan import Piece, total_usd
from retake.catalog.models import AS_OF, MODELS
from retake.catalog.schema import Model, Price
from retake.catalog.splitting import film_of, goes_in_pieces, limits_of, notes_on, overlap_usd
from retake.domain.errors import NotFootage, Refused
from retake.domain.footage import Footage
from retake.domain.request import Request
from retake.domain.source import Source
from retake.domain.values import dataclass
from retake.domain.vocabulary import Operation, Reason
from retake.media.ranged_reader import Reader
from retake.request.documents import Heads, named_clip

__all__ = ["AS_OF", "Quote", "footage_of", "quotes"]


@dataclass(frozen=True, slots=True)
class Quote:
    """One model's answer: `refusal` where it would not be sent, dollars where they are known.

    Without knowing the clip only the request was held against the model; `usd_per_second` then
    says what a second of it costs. Of a clip that is split, `pieces` are those it is cut into where
    no scene changes, `overlap_usd` is what of the price they share frames for, and `notes` say what
    they are shown.
    """

    model: Model
    role: str
    refusal: Refused | None
    usd: float | None
    price: Price
    is_clip_known: bool
    billed_seconds: float | None = None
    pieces: tuple[Piece, ...] = ()
    overlap_usd: float | None = None
    notes: tuple[str, ...] = ()


def quotes(
    request: Request,
    clip: Footage | None,
    *,
    has_source: bool,
    default_model: str,
    model_order: Sequence[str],
    prompt_max_chars: int = 0,
) -> list[Quote]:
    """The answer of the model that is named, or of every model: the stack's own choice first."""
    keys = [request.model] if request.model else in_order(default_model, model_order)
    unknown = [key for key in keys if key not in MODELS]
    if unknown:
        raise Refused(
            Reason.UNKNOWN_MODEL,
            f"There is no model {unknown[0]!r}; there are {', '.join(MODELS)}.",
            field="model",
            found=unknown[0],
            allowed=list(MODELS),
        )

    def of(model: Model) -> Quote:
        refusal = _refusal(request, clip, model, has_source, prompt_max_chars)
        # A reference video costs by its own length, so its price is known without a clip.
        is_priced = clip is not None or model.operation is Operation.REFERENCE
        is_split = clip is not None and refusal is None and goes_in_pieces(clip, request, model)
        pieces, more, notes = _film(clip, request, model) if clip and is_split else ((), None, ())
        usd, billed = None, None
        if pieces:
            usd, billed = total_usd(pieces), sum(it.billed_seconds for it in pieces)
        elif is_priced and refusal is None:
            usd, billed = quote(model, request, clip), billed_seconds(model, request, clip)
        return Quote(
            model=model,
            role=role(model.key, default_model, model_order),
            refusal=refusal,
            usd=usd,
            price=model.variant(fast=request.fast).price,
            is_clip_known=clip is not None,
            billed_seconds=billed,
            pieces=pieces,
            overlap_usd=more,
            notes=notes,
        )

    found = [of(MODELS[key]) for key in keys]
    # What takes the clip in one call comes first; no join is better than a good one.
    return sorted(found, key=lambda each: bool(each.pieces))


def _film(
    clip: Footage, request: Request, model: Model
) -> tuple[tuple[Piece, ...], float | None, tuple[str, ...]]:
    """The pieces of a clip, what it costs that they share frames, and what is to be known."""
    pieces = film_of(clip, request, model)
    if len(pieces) < 2:
        return pieces, None, ()
    more = overlap_usd(*limits_of(clip, request, model))
    return (
        pieces,
        more if request.overlap_frames else None,
        tuple(notes_on(request, model, more_usd=more)),
    )


def quotes_for_each(
    requests: Sequence[Request], clip: Footage | None, *, default_model: str, **known: Any
) -> list[Quote]:
    """The answer for each of several edits: of the model it names, or of the stack's own."""
    each = [replace(it, model=model_for(it, default_model).key) for it in requests]
    return [
        answer
        for request in each
        for answer in quotes(request, clip, default_model=default_model, **known)
    ]


def total(found: Sequence[Quote]) -> float | None:
    """What is known to be charged for those that would be taken, in US dollars."""
    known = [quote.usd for quote in found if quote.usd is not None]
    return round(sum(known), 4) if known else None


def footage_of(
    key: str, bucket: str, storage: Storage, look: Callable[[Reader], Footage], head: Heads
) -> Footage:
    """What the clip under a key holds, as `head` finds it. Raises Refused, NotFootage and
    Unavailable."""
    source = named_clip(Source(bucket=bucket, key=key), head)
    if source.size_bytes == 0:
        raise NotFootage(Reason.EMPTY, f"{key} is empty.", field="size_bytes", found=0)
    return look(ObjectReader(storage, source, source.size_bytes))


def in_order(default_model: str, model_order: Sequence[str]) -> list[str]:
    """Every model, the one first that is taken when none is named."""
    return list(dict.fromkeys([default_model, *model_order, *MODELS]))


def role(key: str, default_model: str, model_order: Sequence[str]) -> str:
    """When this model is taken."""
    if key == default_model:
        return "default"
    return "fallback" if key in model_order else "on_request"


def _refusal(
    request: Request, clip: Footage | None, model: Model, has_source: bool, prompt_max_chars: int
) -> Refused | None:
    try:
        admit_request(request, model, has_source=has_source, prompt_max_chars=prompt_max_chars)
        if clip is not None and request.fit not in repairs(clip, request, model):
            admit_clip(clip, request, model)
        if clip is not None and goes_in_pieces(clip, request, model):
            film_of(clip, request, model)
    except Refused as refusal:
        return refusal
    return None
