"""The limits of a clip, one rule each: what is measured, what is allowed, and the words."""

from collections.abc import Callable

from retake.catalog.schema import Model, Variant
from retake.domain.footage import Footage
from retake.domain.request import Request
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason

# A container stores time in ticks; a clip cut at exactly 3 or 10 s may read a hair beside it.
ROUNDING_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit of a clip: what is measured, what is allowed, and the words for both."""

    reason: Reason
    field: str
    holds: Callable[[Footage, Model, Variant], bool]
    found: Callable[[Footage], str]
    allowed: Callable[[Model, Variant], str]
    sentence: str


def limited_seconds(clip: Footage) -> float:
    """What a provider may take for the clip's length: that of the file, where it is longer."""
    return clip.whole_seconds or clip.duration_seconds


def _rates(clip: Footage) -> tuple[float, ...]:
    """What most of its pictures have, and their average: a provider may take either."""
    return (clip.fps,) if clip.average_fps is None else (clip.fps, clip.average_fps)


def _sides(clip: Footage) -> str:
    shown = f"{clip.width}x{clip.height}"
    if clip.coded_sides == (clip.width, clip.height):
        return shown
    return f"{clip.coded_sides[0]}x{clip.coded_sides[1]}, shown as {shown}"


def _each_side(clip: Footage) -> tuple[int, ...]:
    """As coded and as shown: nobody knows which of them a provider looks at."""
    return (clip.width, clip.height, *clip.coded_sides)


def plain(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")


CLIP_RULES = (
    Rule(
        Reason.FORMAT,
        "container",
        lambda clip, model, _: clip.container in model.containers,
        lambda clip: clip.container,
        lambda model, _: " or ".join(model.containers),
        "The file is {found}; {model} takes {allowed}.",
    ),
    Rule(
        Reason.FORMAT,
        "codec",
        lambda clip, model, _: clip.codec in model.codecs,
        lambda clip: clip.codec,
        lambda model, _: " or ".join(model.codecs),
        "The video is coded as {found}; {model} takes {allowed}.",
    ),
    Rule(
        Reason.FILE_TOO_LARGE,
        "size_bytes",
        lambda clip, model, _: clip.size_bytes <= model.file_bytes,
        lambda clip: f"{clip.size_bytes / 1e6:,.1f} MB",
        lambda model, _: f"at most {model.file_bytes / 1e6:,.0f} MB",
        "The file is {found}; {model} takes {allowed}.",
    ),
    Rule(
        Reason.TOO_SHORT,
        "duration_seconds",
        lambda clip, _, mode: clip.duration_seconds >= mode.minimum_seconds - ROUNDING_SECONDS,
        lambda clip: f"{plain(clip.duration_seconds)} s",
        lambda _, mode: f"{plain(mode.minimum_seconds)} to {plain(mode.maximum_seconds)} s",
        "The clip is {found} long; {model} takes {allowed}.",
    ),
    Rule(
        Reason.TOO_LONG,
        "duration_seconds",
        lambda clip, _, mode: limited_seconds(clip) <= mode.maximum_seconds + ROUNDING_SECONDS,
        lambda clip: f"{plain(limited_seconds(clip))} s",
        lambda _, mode: f"{plain(mode.minimum_seconds)} to {plain(mode.maximum_seconds)} s",
        "The clip is {found} long; {model} takes {allowed}.",
    ),
    Rule(
        Reason.FRAME_TOO_SMALL,
        "frame_size",
        lambda clip, model, _: min(_each_side(clip)) >= model.side_minimum,
        _sides,
        lambda model, _: f"{model.side_minimum} to {model.side_maximum} pixels on each side",
        "The picture is {found}; {model} takes {allowed}.",
    ),
    Rule(
        Reason.FRAME_TOO_LARGE,
        "frame_size",
        lambda clip, model, _: max(_each_side(clip)) <= model.side_maximum,
        _sides,
        lambda model, _: f"{model.side_minimum} to {model.side_maximum} pixels on each side",
        "The picture is {found}; {model} takes {allowed}.",
    ),
    Rule(
        Reason.FRAME_RATE,
        "fps",
        # 23.976 is what cameras call 24.
        lambda clip, model, _: all(
            model.fps_minimum - 0.03 <= rate <= model.fps_maximum + 0.01 for rate in _rates(clip)
        ),
        lambda clip: " and on average ".join(f"{plain(it)} frames/s" for it in _rates(clip)),
        lambda model, _: f"{plain(model.fps_minimum)} to {plain(model.fps_maximum)} frames/s",
        "The clip runs at {found}; {model} takes {allowed}.",
    ),
)


def violated_rules(clip: Footage, request: Request, model: Model) -> list[Rule]:
    """The rules of the model that the clip breaks."""
    mode = model.variant(fast=request.fast)
    return [rule for rule in CLIP_RULES if not rule.holds(clip, model, mode)]
