"""Whether an edit may be sent: a request and a clip held against the catalog's limits."""

from collections.abc import Mapping
from dataclasses import replace
from math import ceil
from typing import Any

from retake.catalog.clip_rules import Rule, limited_seconds, plain, violated_rules
from retake.catalog.film_plan import MAX_OVERLAP_FRAMES, seconds_of, total_usd
from retake.catalog.models import MODELS
from retake.catalog.repair_plan import PICTURE_CODECS, hint, possible_repairs
from retake.catalog.schema import Model
from retake.catalog.splitting import (
    consistency_of,
    film_of,
    goes_in_pieces,
    in_pieces,
    places_taken,
)
from retake.domain.errors import Refused
from retake.domain.footage import Footage
from retake.domain.prompt_references import check_references, in_form
from retake.domain.request import Request
from retake.domain.spelling import closest
from retake.domain.vocabulary import Consistency, Fit, Operation, Reason

# Of a request, which say something of a clip that is edited in pieces only.
PIECE_OPTIONS = (
    *("consistency", "anchor_image", "overlap_frames", "if_piece_fails", "piece_messages"),
)


def model_for(request: Request, default_model: str) -> Model:
    """The model the request names, or the stack's own. Raises Refused.

    A request that names only an operation gets the stack's model if that offers it, and otherwise
    the first of the catalog that does.
    """
    key = request.model or _default_for(request, default_model)
    model = MODELS.get(key)
    if model is None:
        near = closest(key, MODELS)
        meant = f" Did you mean '{near}'?" if near else ""
        raise Refused(
            Reason.UNKNOWN_MODEL,
            f"There is no model {key!r}; there are {', '.join(MODELS)}.{meant}",
            field="model",
            found=key,
            allowed=list(MODELS),
        )
    return model


def _default_for(request: Request, default_model: str) -> str:
    known = MODELS.get(default_model)
    if known is None or request.operation in (None, known.operation):
        return default_model
    return next(m.key for m in MODELS.values() if m.operation is request.operation)


def repairs(clip: Footage, request: Request, model: Model) -> tuple[Fit, ...]:
    """What the clip could be brought within the limits by; nothing where it is, or cannot be."""
    reasons = {rule.reason for rule in violated_rules(clip, request, model)}
    if not reasons:
        return (Fit.AUTO,) if clip.oddities and clip.codec in PICTURE_CODECS else ()
    return possible_repairs(reasons, clip, model, model.variant(fast=request.fast))


def admit_clip(clip: Footage, request: Request, model: Model) -> None:
    """Hold the clip against each rule of the model. Raises Refused at the first that it breaks."""
    mode = model.variant(fast=request.fast)
    for rule in violated_rules(clip, request, model):
        found, allowed = rule.found(clip), rule.allowed(model, mode)
        in_fast = request.fast and model.fast and rule.field == "duration_seconds"
        name = f"{model.key} in its fast mode (`fast`)" if in_fast else model.key
        sentence = rule.sentence.format(found=found, allowed=allowed, model=name)
        raise Refused(
            rule.reason,
            sentence + _cures(rule, clip, request, model),
            field=rule.field,
            found=found,
            allowed=allowed,
        )


def _cures(rule: Rule, clip: Footage, request: Request, model: Model) -> str:
    """What would help with a clip that breaks a rule, as more sentences."""
    fits = repairs(clip, request, model)
    said = hint(fits)
    if rule.reason is Reason.TOO_LONG and clip.whole_seconds is not None:
        said = f" Its pictures take {plain(clip.duration_seconds)} s, the rest is sound.{said}"
    fast = model.fast
    if rule.reason is Reason.TOO_LONG and fast and not request.fast:
        whole = replace(request, fast=True)
        price, cut = quote(model, whole, clip), quote(model, request, clip)
        if not violated_rules(clip, whole, model) and (price <= cut or not fits):
            than = f", and cut for {cut:.2f} USD" if fits else ""
            said += f" With `fast: true` it is taken whole for {price:.2f} USD{than}."
    if rule.reason is Reason.TOO_LONG and Fit.SPLIT in fits:
        said += in_pieces(clip, request, model)
    if rule.reason is Reason.TOO_SHORT:
        said += " No `fit` makes a clip longer."
    return said


def admit_request(
    request: Request, model: Model, *, has_source: bool, prompt_max_chars: int = 0
) -> None:
    """Hold the request against the model: prompt, options and references. Raises Refused.

    `prompt_max_chars` is the deployment's own, lower limit; 0 leaves the model's.
    """
    longest = min(prompt_max_chars or model.prompt_characters, model.prompt_characters)
    # Measured as it is sent: a provider's own form of a reference may be longer than ours.
    length = len(in_form(request.prompt, model.reference_form))
    if length > longest:
        raise Refused(
            Reason.PROMPT_TOO_LONG,
            f"The prompt has {length:,} characters; {longest:,} are allowed.",
            field="prompt",
            found=length,
            allowed=longest,
        )
    if model.source_required and not has_source:
        raise Refused(
            Reason.MISSING_SOURCE,
            f"{model.key} edits a clip, and none was given.",
            field="source",
            allowed="the key of a clip in the inbox",
        )
    for option, (given, allowed) in _options(request, model, has_source).items():
        if given:
            _refuse_option(option, getattr(request, option), model, allowed)
    check_references(
        request.prompt,
        {
            "image": len(request.images),
            "element": len(request.elements),
            "video": int(has_source),
        },
    )


def _options(request: Request, model: Model, has_source: bool) -> Mapping[str, tuple[bool, Any]]:
    """Each option with whether it breaks the model's limits, and what those are."""
    pictures = model.images_maximum if has_source else model.images_maximum_without_video
    wanted = len(request.images) + len(request.elements)
    taken = places_taken(request, model)
    beside = (
        f" beside {'the picture' if taken == 1 else f'the {taken} pictures'} of edited pieces that "
        "later ones are shown (`consistency: none` needs none)"
    )
    return {
        "operation": (
            request.operation not in (None, model.operation),
            model.operation,
        ),
        "aspect_ratio": (
            request.aspect_ratio not in (None, *model.aspect_ratios),
            list(model.aspect_ratios) or "no aspect ratio; it follows the clip's",
        ),
        "duration_seconds": (
            request.duration_seconds not in (None, *model.durations),
            list(model.durations) or "no duration; it follows the clip's",
        ),
        "resolution": (
            request.resolution not in (None, *model.resolutions),
            list(model.resolutions) or "no resolution; it is the provider's choice",
        ),
        "fast": (request.fast and model.fast is None, "the standard mode only"),
        "elements": (
            len(request.elements) > model.elements_maximum
            or any(
                not 1 <= len(element.references) <= model.element_images_maximum
                for element in request.elements
            ),
            f"up to {model.elements_maximum} elements of 1 to {model.element_images_maximum} "
            "references"
            if model.elements_maximum
            else "no elements",
        ),
        **_piece_options(request, model),
        "images": (
            wanted + taken > pictures,
            f"up to {max(0, pictures - taken)} images and elements together"
            f"{beside if taken else ''}",
        ),
    }


def _piece_options(request: Request, model: Model) -> Mapping[str, tuple[bool, Any]]:
    """The options of a clip that is edited in pieces; without `fit: split` they say nothing."""
    options: dict[str, tuple[bool, Any]] = {
        option: (False, "it only with `fit: split`") for option in PIECE_OPTIONS
    }
    if request.fit is not Fit.SPLIT:
        return {
            option: (getattr(request, option) is not None, allowed)
            for option, (_, allowed) in options.items()
        }
    own, shared = request.anchor_image, request.overlap_frames or 0
    count = len(request.images)
    options["overlap_frames"] = (
        not 0 <= shared <= MAX_OVERLAP_FRAMES,
        f"0 to {MAX_OVERLAP_FRAMES}",
    )
    options["consistency"] = (
        own is not None and consistency_of(request, model) is Consistency.NONE,
        "an `anchor_image` only with `anchor` or `chained`",
    )
    options["anchor_image"] = (
        own is not None and not 1 <= own <= count,
        f"the number of one of the request's {count} images, 1 for the first",
    )
    return options


def _refuse_option(option: str, given: Any, model: Model, allowed: Any) -> None:
    found = len(given) if isinstance(given, tuple) else given
    too_many = option == "images"
    words = ", ".join(str(a) for a in allowed) if isinstance(allowed, list) else allowed
    raise Refused(
        Reason.TOO_MANY_IMAGES if too_many else Reason.UNSUPPORTED_OPTION,
        f"{model.key} cannot honour {option.replace('_', ' ')} {found}; it takes {words}.",
        field=option,
        found=found,
        allowed=allowed,
    )


def quote(model: Model, request: Request, clip: Footage | None) -> float:
    """What the edit should cost in US dollars: by the clip's length, or the length asked for."""
    mode = model.variant(fast=request.fast)
    if clip is not None and goes_in_pieces(clip, request, model):
        return total_usd(film_of(clip, request, model))
    seconds = _seconds(model, request, clip)
    return mode.price.quote(seconds, resolution=model.resolution(request.resolution))


def quoted(model: Model, request: Request, clip: Footage | None) -> dict[str, Any]:
    """The quote as a record keeps it: dollars, and the seconds that they are for."""
    if clip is not None and goes_in_pieces(clip, request, model):
        pieces = film_of(clip, request, model)
        return {"quoted_usd": total_usd(pieces), "quoted_seconds": seconds_of(pieces)}
    billed = ceil(billed_seconds(model, request, clip))
    return {"quoted_usd": quote(model, request, clip), "quoted_seconds": billed}


def billed_seconds(model: Model, request: Request, clip: Footage | None) -> float:
    """The seconds that a price in one call is for: rounded, at least so many, or with the result's,
    as the provider bills; 0 while the length is unknown."""
    seconds = _seconds(model, request, clip)
    price = model.variant(fast=request.fast).price
    return price.billed_seconds(seconds) if seconds else 0


def _seconds(model: Model, request: Request, clip: Footage | None) -> float:
    if model.operation is Operation.REFERENCE:
        return request.duration_seconds or model.default_duration_seconds
    # A longer clip is cut before it is sent, or refused.
    mode = model.variant(fast=request.fast)
    return min(limited_seconds(clip), mode.maximum_seconds) if clip else 0
