"""`fit: split`: whether a clip goes in pieces, into which, at what price, and what holds them."""

from collections.abc import Sequence
from dataclasses import replace

from retake.catalog.clip_rules import violated_rules
from retake.catalog.film_plan import (
    FilmLimits,
    Piece,
    check_length,
    limits_for,
    pieces_of,
    planned,
    total_usd,
)
from retake.catalog.repair_plan import Target, target_for
from retake.catalog.schema import Model
from retake.domain.errors import Refused
from retake.domain.footage import Footage
from retake.domain.request import Request
from retake.domain.vocabulary import Consistency, Fit, Operation

WHOLE_SECONDS = 3600.0  # longer than any clip that may be split


def goes_in_pieces(clip: Footage | None, request: Request, model: Model) -> bool:
    """Whether the clip is split: it was asked for, and the model does not take it as it is. A new
    video that a clip is only shown for has no pieces."""
    if request.fit is not Fit.SPLIT or model.operation is not Operation.EDIT:
        return False
    return clip is None or bool(violated_rules(clip, request, model))


def film_of(clip: Footage, request: Request, model: Model) -> tuple[Piece, ...]:
    """The pieces that such a clip is cut into where no scene changes. Raises Refused."""
    frames, limits = limits_of(clip, request, model)
    return pieces_of(planned(frames, limits), limits)


def limits_of(clip: Footage, request: Request, model: Model) -> tuple[int, FilmLimits]:
    """How many frames such a clip has, and what holds for its pieces. Raises Refused."""
    target = whole_target(clip, request, model)
    check_length(target.pictures, target.rate, target.width, target.height)
    return target.pictures, limits_for(model, request, target.rate)


def whole_target(clip: Footage, request: Request, model: Model) -> Target:
    """All of a clip at a constant rate, of as many bits as a piece may have. Raises Refused."""
    mode, is_steady = model.variant(fast=request.fast), clip.average_fps is None
    whole = replace(mode, minimum_seconds=0, maximum_seconds=WHOLE_SECONDS)
    one, all_of_it = (
        target_for(clip, is_steady=is_steady, fit=Fit.AUTO, model=model, mode=each)
        for each in (mode, whole)
    )
    return replace(all_of_it, most_bits_per_second=one.most_bits_per_second)


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


# Of edited pieces, which each later one is shown; a picture of the request may stand for the first.
_PICTURES = {Consistency.NONE: 0, Consistency.ANCHOR: 1, Consistency.CHAINED: 2}


def places_taken(request: Request, model: Model) -> int:
    """How many of the places for images are taken by pictures of edited pieces."""
    if request.fit is not Fit.SPLIT:
        return 0
    pictures = _PICTURES[consistency_of(request, model)]
    return pictures - 1 if pictures and request.anchor_image is not None else pictures


def overlap_usd(frames: int, limits: FilmLimits, scenes: Sequence[int] = ()) -> float:
    """What it costs that pieces share frames, beside a plan in which they share none."""
    if not limits.overlap_frames:
        return 0.0
    shared, plain = (
        total_usd(pieces_of(planned(frames, each, scenes), each, scenes))
        for each in (limits, replace(limits, overlap_frames=0))
    )
    return round(shared - plain, 4)


def notes_on(request: Request, model: Model, *, more_usd: float) -> list[str]:
    """What there is to say of pieces before they are paid for; `more_usd` is what it costs that
    they share frames."""
    held_by, own = consistency_of(request, model), request.anchor_image
    taken = places_taken(request, model)
    shown = f"Every piece is shown @Image{own}" if own else "Pieces are shown the first edited one"
    if held_by is Consistency.CHAINED:
        shown += " and the last frame of the one before, so they are edited in order"
    places = f"; that takes {taken} of {model.images_maximum} places for images" if taken else ""
    notes = [] if held_by is Consistency.NONE else [f"{shown}{places}."]
    if request.overlap_frames:
        notes.append(
            f"Pieces share {request.overlap_frames} frames where no scene changes, for "
            f"{more_usd:.2f} USD in all."
        )
    return notes
