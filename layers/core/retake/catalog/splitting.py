"""`fit: split`: whether a clip goes in pieces, into which, at what price, and what holds them."""

from dataclasses import replace
from fractions import Fraction

from retake.catalog.clip_rules import violated_rules
from retake.catalog.film_plan import (
    Piece,
    check_length,
    limits_for,
    pieces_of,
    planned,
    total_usd,
)
from retake.catalog.repair_plan import sides
from retake.catalog.schema import Model
from retake.domain.errors import Refused
from retake.domain.footage import Footage
from retake.domain.request import Request
from retake.domain.vocabulary import Consistency, Fit


def goes_in_pieces(clip: Footage | None, request: Request, model: Model) -> bool:
    """Whether the clip is split: it was asked for, and the model does not take it as it is."""
    if request.fit is not Fit.SPLIT:
        return False
    return clip is None or bool(violated_rules(clip, request, model))


def film_of(clip: Footage, request: Request, model: Model) -> tuple[Piece, ...]:
    """The pieces that such a clip is cut into where no scene changes. Raises Refused."""
    rate = Fraction(clip.fps).limit_denominator(1001)
    frames = round(clip.duration_seconds * rate)
    check_length(frames, rate, *(sides(clip, model) or (clip.width, clip.height)))
    limits = limits_for(model, request, rate)
    return pieces_of(planned(frames, limits), limits)


def in_pieces(clip: Footage, request: Request, model: Model) -> str:
    """That it could be edited in pieces, and at what price; nothing where it could not."""
    try:
        pieces = film_of(clip, replace(request, fit=Fit.SPLIT), model)
    except Refused:
        return ""
    usd = total_usd(pieces)
    return f" With `fit: split` all of it is edited, in {len(pieces)} pieces for {usd:.2f} USD."


def consistency_of(request: Request, model: Model) -> Consistency:
    """What holds the pieces together: as asked for, else an anchor where pictures are taken."""
    if request.consistency is not None:
        return request.consistency
    return Consistency.ANCHOR if model.images_maximum else Consistency.NONE


def is_anchored(request: Request, model: Model) -> bool:
    """Whether one of the places for images is taken by a picture of the first edited piece."""
    return request.fit is Fit.SPLIT and consistency_of(request, model) is Consistency.ANCHOR
