"""What is asked for: the request, as frozen objects, however it came."""

from typing import ClassVar

from retake.domain.stored import Part, Readers
from retake.domain.values import dataclass
from retake.domain.vocabulary import Consistency, Fit, Operation, PieceFailure, Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Element(Part):
    """A thing or person to put into the picture: a frontal view and one to three others, by key."""

    readers: ClassVar[Readers] = {"references": tuple}

    frontal: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Part):
    """What the user asked for, in the same words whatever the provider.

    `source`, `images` and the pictures of `elements` are keys in the inbox bucket. `keep_audio`
    is always sent, because the providers' own defaults differ; Retake keeps the sound. `fit` says
    what may be done to a clip that the model would not take as it is. With `approve` somebody is
    asked before it is sent; `reuse` says whether the result of an equal edit may be taken instead
    of buying it again, None leaves that to the stack. The last five are for a clip that is edited
    in pieces: `anchor_image` is the number of the one of `images` that all pieces are held against,
    `overlap_frames` how many frames two of them share where no scene changes.
    """

    readers: ClassVar[Readers] = {
        "operation": Operation,
        "fit": Fit,
        "priority": Priority,
        "consistency": Consistency,
        "if_piece_fails": PieceFailure,
        "images": tuple,
        "elements": lambda stored: tuple(Element.from_mapping(each) for each in stored),
    }

    prompt: str
    operation: Operation | None = None
    model: str | None = None
    source: str | None = None
    images: tuple[str, ...] = ()
    elements: tuple[Element, ...] = ()
    keep_audio: bool = True
    aspect_ratio: str | None = None
    duration_seconds: int | None = None
    resolution: str | None = None
    fast: bool = False
    fit: Fit | None = None
    approve: bool | None = None
    reuse: bool | None = None
    priority: Priority | None = None
    consistency: Consistency | None = None
    anchor_image: int | None = None
    overlap_frames: int | None = None
    if_piece_fails: PieceFailure | None = None
    piece_messages: bool | None = None
