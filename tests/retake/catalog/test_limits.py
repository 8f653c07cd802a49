"""What five models take and refuse, as one table that can be read beside docs/models.md."""

from dataclasses import replace
from typing import Any

import pytest
from retake.catalog.admission import admit_clip, admit_request
from retake.catalog.models import MODELS
from retake.domain.errors import Refused
from retake.domain.footage import Footage
from retake.domain.request import Element, Request
from retake.domain.vocabulary import Reason

CLIP = Footage(
    container="mp4",
    codec="h264",
    duration_seconds=7.0,
    width=1280,
    height=720,
    fps=30.0,
    has_audio=True,
    size_bytes=5_000_000,
)
PICTURES = tuple(f"images/{n}.png" for n in range(5))
ELEMENT = Element(frontal="images/a.png", references=("images/b.png",))

# The models in the order of the table's columns; `-` is accepted, a word names the reason.
COLUMNS = (
    "novita/kling-o1-edit",
    "novita/kling-o1-reference",
    "evolink/kling-o1-edit",
    "aimlapi/kling-o1-edit",
    "fal/kling-o1-edit",
)
REASONS = {
    "-": None,
    "short": Reason.TOO_SHORT,
    "long": Reason.TOO_LONG,
    "large": Reason.FILE_TOO_LARGE,
    "small": Reason.FRAME_TOO_SMALL,
    "images": Reason.TOO_MANY_IMAGES,
    "option": Reason.UNSUPPORTED_OPTION,
    "points": Reason.UNKNOWN_REFERENCE,
    "prompt": Reason.PROMPT_TOO_LONG,
}
# case: (facts of the clip, fields of the request, verdict by model)
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "2.9 s": ({"duration_seconds": 2.9}, {}, "short short short short short"),
    "3.0 s": ({"duration_seconds": 3.0}, {}, "- - - - -"),
    "10.0 s": ({"duration_seconds": 10.0}, {}, "- - - - -"),
    "10.05 s": ({"duration_seconds": 10.05}, {}, "long long long long long"),
    "20 s, fast": ({"duration_seconds": 20.0}, {"fast": True}, "- option - option option"),
    "5 s, fast": ({"duration_seconds": 5.0}, {"fast": True}, "short option short option option"),
    "100 MB": ({"size_bytes": 100_000_000}, {}, "- - - - -"),
    "101 MB": ({"size_bytes": 101_000_000}, {}, "- - large - -"),
    "200 MB": ({"size_bytes": 200_000_000}, {}, "- - large - -"),
    "201 MB": ({"size_bytes": 201_000_000}, {}, "large large large large large"),
    "640x360": ({"width": 640, "height": 360}, {}, "small small small small small"),
    "4 images": ({}, {"images": PICTURES[:4]}, "- - - - -"),
    "5 images": ({}, {"images": PICTURES}, "images images images images images"),
    "@Image5 with 2 images": (
        {},
        {"images": PICTURES[:2], "prompt": "like @Image5"},
        "points points points points points",
    ),
    "@Image2 with 2 images": ({}, {"images": PICTURES[:2], "prompt": "like @Image2"}, "- - - - -"),
    "an element": ({}, {"elements": (ELEMENT,)}, "option option option - -"),
    "an element and 4 images": (
        {},
        {"elements": (ELEMENT,), "images": PICTURES[:4]},
        "option option option images images",
    ),
    "9:16": ({}, {"aspect_ratio": "9:16"}, "- - option option option"),
    "4:3": ({}, {"aspect_ratio": "4:3"}, "option option option option option"),
    "7 s asked for": ({}, {"duration_seconds": 7}, "option - option option option"),
    "2,501 characters": ({}, {"prompt": "x" * 2501}, "prompt prompt - prompt prompt"),
    "5,001 characters": ({}, {"prompt": "x" * 5001}, "prompt prompt prompt prompt prompt"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("column", "model"), [*enumerate(COLUMNS)])
def test_a_model_takes_or_refuses_as_the_catalog_says(column: int, model: str, case: str) -> None:
    clip, fields, verdicts = CASES[case]
    request = Request(**{"prompt": "noir", **fields})

    reason = None
    try:
        admit_request(request, MODELS[model], has_source=True)
        admit_clip(replace(CLIP, **clip), request, MODELS[model])
    except Refused as refusal:
        reason = refusal.reason

    assert reason is REASONS[verdicts.split()[column]]
