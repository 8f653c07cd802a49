"""Quotes as callers see them: what each model, or each of several edits, would cost."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from retake.api.part_views import View
from retake.api.quotes import Quote, quotes, quotes_for_each, total
from retake.catalog.models import AS_OF
from retake.domain.errors import Refused
from retake.domain.footage import Footage
from retake.domain.vocabulary import Reason
from retake.request.variations import Variations


class RefusalView(View):
    """Why a model would not take it."""

    code: Reason
    detail: str
    field: str | None = None
    found: Any = None
    allowed: Any = None

    @classmethod
    def of(cls, refusal: Refused) -> "RefusalView":
        return cls(code=refusal.reason, detail=str(refusal), **refusal.details())


class PieceView(View):
    """One piece of a clip that is split."""

    seconds: float
    billed_seconds: float
    usd: float


class QuoteView(View):
    """What one model would do."""

    model: str
    provider: str
    index: int | None = Field(None, description="Of several edits: which, from 0")
    role: str = Field(
        description="default: taken when a request names none; fallback: next in order when that "
        "one refuses; on_request: only when it is named"
    )
    is_accepted: bool
    is_clip_checked: bool = Field(description="Whether the clip was held against the limits, too")
    refusal: RefusalView | None = None
    quoted_usd: float | None = Field(None, description="Absent while the clip's length is unknown")
    usd_per_second: float
    pieces: list[PieceView] | None = Field(
        None, description="Of a clip that is split; changes of scene may move the cuts"
    )
    billed_seconds: float | None = Field(
        None,
        description="The seconds that the price is for, as the provider bills: whole ones, at "
        "least so many, or those of clip and result; of all pieces together",
    )
    overlap_usd: float | None = Field(
        None, description="What of the price is for frames that two pieces share"
    )
    notes: list[str] | None = Field(
        None, description="What pieces are shown and share, and which places for images that takes"
    )

    @classmethod
    def of(cls, quote: Quote, index: int | None = None) -> "QuoteView":
        return cls(
            index=index,
            model=quote.model.key,
            provider=quote.model.provider,
            role=quote.role,
            is_accepted=quote.refusal is None,
            is_clip_checked=quote.is_clip_known,
            refusal=RefusalView.of(quote.refusal) if quote.refusal else None,
            quoted_usd=quote.usd,
            usd_per_second=quote.price.usd_per_second,
            pieces=[
                PieceView(
                    seconds=round(it.seconds, 3), billed_seconds=it.billed_seconds, usd=it.usd
                )
                for it in quote.pieces
            ]
            or None,
            billed_seconds=round(quote.billed_seconds or 0, 3) or None,
            overlap_usd=quote.overlap_usd,
            notes=list(quote.notes) or None,
        )


class QuotesView(View):
    """One quote for each model, the stack's own choice first; of several edits one for each."""

    prices_as_of: str = AS_OF
    total_usd: float | None = Field(
        None, description="Of several edits: what those that are accepted cost together"
    )
    quotes: list[QuoteView]

    @classmethod
    def of(cls, asked: Variations, clip: Footage | None, known: Mapping[str, Any]) -> "QuotesView":
        """Raises Refused."""
        if not asked.is_batch:
            return cls(quotes=[QuoteView.of(it) for it in quotes(asked.first(), clip, **known)])
        found = quotes_for_each(asked.requests, clip, **known)
        each = [QuoteView.of(quote, index) for index, quote in enumerate(found)]
        return cls(quotes=each, total_usd=total(found))
