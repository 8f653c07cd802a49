"""What a result is other than the clip or the request let expect, measured and told with figures.

None of it keeps a result from its owner: it was paid for, and it plays.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from retake.catalog.models import MODELS
from retake.domain.edit import Edit, Result
from retake.domain.stored import required
from retake.domain.values import dataclass
from retake.domain.vocabulary import Operation

# The provider keeps to the clip's frames; a container's rounding and one frame at 24 frames/s.
LENGTH_TOLERANCE_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that is not as expected."""

    name: str
    found: Any
    expected: Any
    sentence: str

    @property
    def figures(self) -> Mapping[str, Any]:
        return {"found": self.found, "expected": self.expected}


def differences(edit: Edit, result: Result) -> list[Difference]:
    """All there are, the weightiest first."""
    return [*_of_length(edit, result), *_of_sound(edit, result), *_of_size(edit, result)]


def _of_length(edit: Edit, result: Result) -> Iterator[Difference]:
    found, expected = result.duration_seconds, _expected_seconds(edit)
    if all(abs(found - each) > LENGTH_TOLERANCE_SECONDS for each in expected):
        words = " or ".join(f"{each:.2f}" for each in expected)
        yield Difference(
            "duration_seconds",
            round(found, 3),
            [round(each, 3) for each in expected],
            f"The result is {found:.2f} s long where {words} s were expected.",
        )


def _of_sound(edit: Edit, result: Result) -> Iterator[Difference]:
    request, footage = required(edit.request), edit.footage or {}
    is_expected = request.keep_audio and bool(footage.get("has_audio"))
    if edit.operation is Operation.EDIT and is_expected and not result.has_audio:
        yield Difference(
            "has_audio",
            False,
            True,
            f"The clip has sound and was to keep it, but {edit.provider} returned none.",
        )


def _of_size(edit: Edit, result: Result) -> Iterator[Difference]:
    footage = edit.footage or {}
    clip = (footage.get("width"), footage.get("height"))
    if edit.operation is not Operation.EDIT or None in clip or required(edit.request).aspect_ratio:
        return
    found = (result.width, result.height)
    if found != clip:
        yield Difference(
            "size",
            list(found),
            list(clip),
            f"The result is {found[0]} x {found[1]} pixels, the clip {clip[0]} x {clip[1]}.",
        )


def _expected_seconds(edit: Edit) -> list[float]:
    """The lengths a result may have: an edit its clip's, a reference video the one asked for.

    No document says which of the two a reference video takes when a clip came with it.
    """
    lengths = [float(edit.footage["duration_seconds"])] if edit.footage else []
    if edit.operation is Operation.REFERENCE:
        model = MODELS[edit.model or ""]
        asked = required(edit.request).duration_seconds or model.default_duration_seconds
        lengths += [float(asked)] if asked else []
    return lengths
