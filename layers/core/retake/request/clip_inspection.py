"""Looking into a clip before its edit: as it is, or left to `Fit` where the request allows that."""

from collections.abc import Callable
from contextlib import suppress

from retake.aws.s3 import ObjectReader, Storage
from retake.catalog.admission import repairs
from retake.catalog.repair_plan import CONVERTIBLE
from retake.catalog.schema import Model
from retake.domain.errors import NotFootage, Refused
from retake.domain.footage import Footage
from retake.domain.request import Request
from retake.domain.source import Source, has_ending, travels
from retake.domain.vocabulary import Fit, Reason
from retake.media.ranged_reader import Reader


def looked_into(
    source: Source,
    storage: Storage,
    look: Callable[[Reader], Footage],
    request: Callable[[], Request],
) -> Footage | None:
    """What the clip holds; None where only Fit can say, and the request wants it to.

    Raises NotFootage, also when the request, which is read only then, is no good either.
    """
    if source.size_bytes == 0:
        raise NotFootage(
            Reason.EMPTY,
            f"{source.key} is empty.",
            field="size_bytes",
            found=0,
            allowed="a video of at least one byte",
        )
    try:
        return look(ObjectReader(storage, source, source.size_bytes))
    except NotFootage as refusal:
        if refusal.found in CONVERTIBLE and _allows_anything(request):
            return None
        raise


def _allows_anything(request: Callable[[], Request]) -> bool:
    with suppress(Refused):
        return request().fit in (Fit.AUTO, Fit.SPLIT)
    return False


def can_be_linked(source: Source, model: Model) -> bool:
    """Whether a provider can fetch the clip from where it lies, and sees by its name what it is.

    Providers' pages list the endings they take; cameras and phones write others (`.LRF`, `.m4v`).
    """
    return travels(source.key) and has_ending(source.key, model.containers)


def must_be_fitted(
    source: Source | None, clip: Footage | None, request: Request, model: Model
) -> bool:
    """Whether the clip must be repaired before it is sent, and the request says that it may be."""
    if clip is None:
        return source is not None
    return request.fit in repairs(clip, request, model)
