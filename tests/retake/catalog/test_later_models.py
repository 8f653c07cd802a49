"""What only the models have that are sold beside Kling O1: other limits, and a resolution."""

from dataclasses import replace
from typing import Any, cast

import pytest
from retake.catalog.admission import quote
from retake.catalog.models import MODELS
from retake.catalog.schema import Model
from retake.domain.request import Request
from retake.domain.vocabulary import Consistency, Fit, Reason

from tests.retake.catalog.test_admission import (
    CLIP,
    EVERY_MODEL,
    KLING_4,
    reason_of,
    refusal_of,
)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"duration_seconds": 30.0}, None),
        ({"duration_seconds": 30.05}, Reason.TOO_LONG),
        ({"width": 1280, "height": 700}, None),
        ({"width": 1280, "height": 698}, Reason.FRAME_TOO_SMALL),
        ({"width": 3840, "height": 2160}, None),
        ({"width": 4556, "height": 2160}, Reason.FRAME_TOO_LARGE),
    ],
)
def test_kling_4_takes_clips_of_30_seconds_and_of_4k(
    change: dict[str, Any], reason: Reason | None
) -> None:
    assert reason_of(replace(CLIP, **change), KLING_4) is reason


@pytest.mark.parametrize("resolution", ["720p", "1080p", "4k"])
@EVERY_MODEL
def test_a_resolution_is_refused_where_it_cannot_be_chosen(model: Model, resolution: str) -> None:
    refused = refusal_of(model, resolution=resolution)

    assert (refused is None) is (resolution in model.resolutions)


def test_the_resolution_that_is_asked_for_is_the_one_that_is_quoted() -> None:
    o3 = MODELS["evolink/kling-o3-edit"]
    found = [
        quote(o3, Request(prompt="noir", resolution=it), CLIP) for it in (None, "720p", "1080p")
    ]

    assert found == [0.8338, 0.8338, 1.1123]  # 7 s at 8.1 credits, and 1.334 times that


def test_an_anchor_takes_one_of_the_places_for_images() -> None:
    o1 = MODELS["fal/kling-o1-edit"]
    four: dict[str, Any] = {"images": tuple(f"images/{n}.png" for n in range(4)), "fit": Fit.SPLIT}

    refused = refusal_of(o1, **four)

    assert refused is not None
    assert refused.reason is Reason.TOO_MANY_IMAGES
    assert "`consistency: none` needs none" in str(refused)
    assert refusal_of(o1, **{**four, "images": four["images"][:3]}) is None
    assert refusal_of(o1, **four, consistency="none") is None


def test_a_chain_takes_two_places_and_a_picture_of_the_request_spares_one() -> None:
    o1 = MODELS["fal/kling-o1-edit"]
    chained: dict[str, Any] = {"fit": Fit.SPLIT, "consistency": Consistency.CHAINED}
    keys = [f"images/{n}.png" for n in range(4)]

    refused = refusal_of(o1, **chained, images=tuple(keys[:3]))

    assert refused is not None
    assert "up to 2 images and elements together beside the 2 pictures" in str(refused)
    assert refusal_of(o1, **chained, images=tuple(keys[:2])) is None
    assert refusal_of(o1, **chained, images=tuple(keys[:3]), anchor_image=3) is None
    refused = refusal_of(o1, **chained, images=tuple(keys), anchor_image=3)
    assert refused is not None
    assert "up to 3 images" in str(refused)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"anchor_image": 2}, "anchor_image"),
        ({"anchor_image": 0}, "anchor_image"),
        ({"anchor_image": 1, "consistency": Consistency.NONE}, "consistency"),
        ({"overlap_frames": 31}, "overlap_frames"),
        ({"overlap_frames": -1}, "overlap_frames"),
    ],
)
def test_what_pieces_cannot_do_is_refused_with_what_they_can(
    asked: dict[str, Any], field: str
) -> None:
    refused = refusal_of(
        MODELS["fal/kling-o1-edit"], fit=Fit.SPLIT, images=("images/0.png",), **asked
    )

    assert refused is not None
    assert refused.field == field
    assert refused.reason is Reason.UNSUPPORTED_OPTION


@pytest.mark.parametrize(
    "option", ["consistency", "if_piece_fails", "anchor_image", "overlap_frames", "piece_messages"]
)
def test_what_is_about_pieces_is_refused_where_there_are_none(option: str) -> None:
    refused = refusal_of(MODELS["fal/kling-o1-edit"], **cast("Any", {option: "none"}))

    assert refused is not None
    assert refused.field == option
