"""The pictures that go with an edit: looked at, and held against the model's limits."""

from collections.abc import Mapping
from dataclasses import replace

from retake.aws.s3 import Storage
from retake.catalog.schema import Model
from retake.domain.errors import Refused
from retake.domain.folders import Walls
from retake.domain.request import Request
from retake.domain.source import Source, travels
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason
from retake.media.image_header import HEADER_BYTES, Picture, read_picture
from retake.request.documents import Heads, named_clip

_SAME = {"jpeg": "jpg"}


@dataclass(frozen=True, slots=True)
class InspectedImage:
    """A picture in the inbox: where it lies, one version of it, its size in bytes, what it is."""

    key: str
    version_id: str
    size_bytes: int
    picture: Picture | None


def keys_of(request: Request) -> list[str]:
    """Every picture a request names, each once."""
    keys = [*request.images]
    for element in request.elements:
        keys += [element.frontal, *element.references]
    return list(dict.fromkeys(keys))


def check_folders(request: Request, walls: Walls, folder: str) -> None:
    """Hold every object that a request names against the walls of a folder. Raises Refused."""
    if request.source is not None:
        walls.check(request.source, folder, "source")
    for key in keys_of(request):
        walls.check(key, folder, "images")


def respelled(request: Request, found: Mapping[str, InspectedImage]) -> Request:
    """The request with the pictures' keys as they are in the inbox."""

    def as_found(keys: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(found[key].key for key in keys)

    elements = tuple(
        replace(it, frontal=found[it.frontal].key, references=as_found(it.references))
        for it in request.elements
    )
    return replace(request, images=as_found(request.images), elements=elements)


def look_at(key: str, bucket: str, storage: Storage, head: Heads) -> InspectedImage:
    """The current version of a picture, as far as `head` finds it. Raises Refused when it cannot be
    read, and Unavailable."""
    source = Source(bucket=bucket, key=key)
    if not travels(key):
        raise Refused(
            Reason.IMAGE_MISSING,
            f"The picture {key} cannot be handed over: an address with '.', '..' or nothing between"
            " two slashes is changed on its way. Give the picture another name.",
            field="images",
            found=key,
            allowed="a key such as images/shoe.png",
        )
    try:
        pinned = named_clip(source, head)
        size = pinned.size_bytes
        first = storage.read(pinned, 0, min(size, HEADER_BYTES)) if size else b""
    except Refused as refusal:
        raise Refused(
            Reason.IMAGE_MISSING,
            f"The picture {key} cannot be used: {refusal}",
            field="images",
            found=key,
            allowed="the key of a picture in the inbox bucket",
        ) from None
    return InspectedImage(pinned.key, pinned.version_id or "", size, read_picture(first))


def admit_picture(key: str, image: InspectedImage, model: Model) -> list[str]:
    """Remarks about a picture the model takes; raises Refused for one that it does not.

    What it is decides, not what it is called. Sides and proportions are only remarked on: they
    are Kling's own limits, and most providers do not repeat them.
    """
    allowed = {_SAME.get(each, each) for each in model.image_formats}
    found = image.picture.format if image.picture else "something else"
    if found not in allowed:
        raise Refused(
            Reason.IMAGE_FORMAT,
            f"The picture {key} is {found}; {model.key} takes {', '.join(sorted(allowed))}.",
            field="images",
            found=found,
            allowed=sorted(allowed),
        )
    if image.size_bytes > model.image_bytes:
        raise Refused(
            Reason.IMAGE_TOO_LARGE,
            f"The picture {key} has {image.size_bytes / 1e6:,.1f} MB; "
            f"{model.image_bytes / 1e6:,.0f} MB are allowed.",
            field="images",
            found=image.size_bytes,
            allowed=model.image_bytes,
        )
    return _remarks(key, image.picture, model)


def _remarks(key: str, picture: Picture | None, model: Model) -> list[str]:
    if picture is None or not picture.width or not picture.height:
        return []
    narrowest, widest = model.image_proportions
    if min(picture.width, picture.height) >= model.image_side_minimum and (
        narrowest <= picture.width / picture.height <= widest
    ):
        return []
    return [
        f"The picture {key} is {picture.width}x{picture.height}; Kling asks for at least "
        f"{model.image_side_minimum} pixels a side and proportions of {narrowest} to {widest}."
    ]
