"""Admission: each limit of each model, at its edges."""

from dataclasses import replace
from typing import Any

import pytest
from retake.catalog.admission import admit_clip, admit_request, model_for, quote
from retake.catalog.clip_rules import CLIP_RULES
from retake.catalog.models import MODELS
from retake.catalog.schema import Model
from retake.domain.errors import Refused
from retake.domain.footage import Footage
from retake.domain.request import Element, Request
from retake.domain.vocabulary import Operation, Reason

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
NOVITA = MODELS["novita/kling-o1-edit"]
FAL = MODELS["fal/kling-o1-edit"]
EVERY_MODEL = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: str(model.key))
KLING_4 = MODELS["fal/kling-v4-edit"]  # takes longer clips and other sides than all before it
EVERY_OLDER_MODEL = pytest.mark.parametrize(
    "model", [m for m in MODELS.values() if m is not KLING_4], ids=lambda model: str(model.key)
)


def reason_of(clip: Footage, model: Model, **request: Any) -> Reason | None:
    try:
        admit_clip(clip, Request(prompt="noir", **request), model)
    except Refused as refusal:
        return refusal.reason
    return None


@EVERY_OLDER_MODEL
@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (2.5, Reason.TOO_SHORT),
        (2.95, Reason.TOO_SHORT),
        (3.0, None),
        (10.0, None),
        (10.05, Reason.TOO_LONG),
        (12.0, Reason.TOO_LONG),
    ],
)
def test_a_clip_must_last_from_3_to_10_seconds(
    model: Model, seconds: float, reason: Reason | None
) -> None:
    assert reason_of(replace(CLIP, duration_seconds=seconds), model) is reason


@pytest.mark.parametrize("model", [m for m in MODELS.values() if m.fast], ids=lambda m: str(m.key))
@pytest.mark.parametrize(
    ("seconds", "reason"),
    [(5.9, Reason.TOO_SHORT), (6.0, None), (20.0, None), (20.1, Reason.TOO_LONG)],
)
def test_fast_mode_takes_6_to_20_seconds(
    model: Model, seconds: float, reason: Reason | None
) -> None:
    assert reason_of(replace(CLIP, duration_seconds=seconds), model, fast=True) is reason


@EVERY_MODEL
@pytest.mark.parametrize("size_bytes", [99_000_000, 101_000_000, 199_000_000, 201_000_000])
def test_a_file_may_be_as_large_as_the_catalog_says(model: Model, size_bytes: int) -> None:
    reason = reason_of(replace(CLIP, size_bytes=size_bytes), model)

    assert reason is (Reason.FILE_TOO_LARGE if size_bytes > model.file_bytes else None)


@EVERY_OLDER_MODEL
@pytest.mark.parametrize(
    ("width", "height", "reason"),
    [
        (640, 360, Reason.FRAME_TOO_SMALL),
        (1280, 718, Reason.FRAME_TOO_SMALL),
        (720, 1280, None),
        (2160, 2160, None),
        (3840, 2160, Reason.FRAME_TOO_LARGE),
    ],
)
def test_each_side_must_have_720_to_2160_pixels(
    model: Model, width: int, height: int, reason: Reason | None
) -> None:
    assert reason_of(replace(CLIP, width=width, height=height), model) is reason


@pytest.mark.parametrize(
    ("fps", "reason"),
    [(15, Reason.FRAME_RATE), (23.976, None), (24, None), (60, None), (120, Reason.FRAME_RATE)],
)
def test_the_frame_rate_must_lie_between_24_and_60(fps: float, reason: Reason | None) -> None:
    assert reason_of(replace(CLIP, fps=fps), NOVITA) is reason


@pytest.mark.parametrize(
    ("facts", "reason"),
    [({"container": "mov"}, None), ({"codec": "hevc"}, None), ({"codec": "av1"}, Reason.FORMAT)],
)
def test_container_and_codec_are_those_of_the_catalog(
    facts: dict[str, str], reason: Reason | None
) -> None:
    assert reason_of(replace(CLIP, **facts), NOVITA) is reason  # type: ignore[arg-type]  # text fields only


@pytest.mark.parametrize("rule", CLIP_RULES, ids=lambda rule: str(rule.reason))
def test_every_refusal_names_what_was_found_and_what_is_allowed(rule: Any) -> None:
    mode = NOVITA.standard
    text = rule.sentence.format(
        found=rule.found(CLIP), allowed=rule.allowed(NOVITA, mode), model=NOVITA.key
    )

    assert rule.found(CLIP) in text
    assert rule.allowed(NOVITA, mode) in text


def refusal_of(model: Model, has_source: bool = True, **fields: Any) -> Refused | None:
    try:
        admit_request(Request(**{"prompt": "noir", **fields}), model, has_source=has_source)
    except Refused as refusal:
        return refusal
    return None


def test_an_unknown_model_is_answered_with_the_list_of_models() -> None:
    with pytest.raises(Refused) as refusal:
        model_for(Request(prompt="noir", model="novita/kling-o2"), NOVITA.key)

    assert refusal.value.reason is Reason.UNKNOWN_MODEL
    assert refusal.value.allowed == list(MODELS)


@pytest.mark.parametrize("name", ["Fal/Kling-O1-Edit", "fal/kling-o1", "fal/kling-01-edit"])
def test_a_model_that_is_nearly_one_of_ours_is_named(name: str) -> None:
    with pytest.raises(Refused, match=r"Did you mean 'fal/kling-o1-edit'\?"):
        model_for(Request(prompt="noir", model=name), NOVITA.key)


@pytest.mark.parametrize(
    "clip",
    [
        replace(CLIP, width=7680, height=4320),
        replace(CLIP, size_bytes=3_000_000_000),
    ],
    ids=["8K", "3 GB"],
)
def test_no_repair_is_promised_that_the_function_has_no_room_for(clip: Footage) -> None:
    with pytest.raises(Refused) as refusal:
        admit_clip(clip, Request(prompt="noir"), FAL)

    assert "fit" not in str(refusal.value)


def test_a_clip_with_longer_sound_is_quoted_by_the_length_it_is_admitted_by() -> None:
    longer = replace(CLIP, duration_seconds=4.0, whole_seconds=6.0)
    whole = replace(CLIP, duration_seconds=6.0)
    request = Request(prompt="noir")

    assert quote(FAL, request, longer) == quote(FAL, request, whole)


def test_an_operation_alone_finds_a_model_that_offers_it() -> None:
    request = Request(prompt="noir", operation=Operation.REFERENCE)

    assert model_for(request, NOVITA.key).key == "novita/kling-o1-reference"
    assert model_for(request, "novita/kling-o1-reference").key == "novita/kling-o1-reference"


def test_without_a_model_the_stack_decides() -> None:
    assert model_for(Request(prompt="noir"), NOVITA.key) is NOVITA


@EVERY_MODEL
def test_a_prompt_may_be_as_long_as_the_model_takes(model: Model) -> None:
    longest = "x" * model.prompt_characters

    assert refusal_of(model, prompt=longest) is None
    refused = refusal_of(model, prompt=longest + "x")
    assert refused is not None
    assert refused.reason is Reason.PROMPT_TOO_LONG


def test_the_deployment_can_lower_the_prompt_limit_but_not_raise_it() -> None:
    with pytest.raises(Refused, match="20 are allowed"):
        admit_request(Request(prompt="x" * 21), NOVITA, has_source=True, prompt_max_chars=20)
    with pytest.raises(Refused, match="2,500 are allowed"):
        admit_request(Request(prompt="x" * 2501), NOVITA, has_source=True, prompt_max_chars=9999)


FIVE = tuple(f"images/{n}.png" for n in range(5))
ELEMENT = Element(frontal="images/a.png", references=("images/b.png",))


@EVERY_MODEL
def test_a_fifth_image_beside_a_clip_is_refused(model: Model) -> None:
    assert refusal_of(model, images=FIVE[:4]) is None
    refused = refusal_of(model, images=FIVE)
    assert refused is not None
    assert refused.reason is Reason.TOO_MANY_IMAGES


@EVERY_MODEL
def test_elements_are_taken_only_where_the_provider_has_them(model: Model) -> None:
    refused = refusal_of(model, elements=(ELEMENT,))

    if model.elements_maximum:
        assert refused is None
    else:
        assert refused is not None
        assert refused.reason is Reason.UNSUPPORTED_OPTION
        assert refused.field == "elements"


@pytest.mark.parametrize("references", [0, 4])
def test_an_element_has_one_to_three_references(references: int) -> None:
    element = Element(frontal="images/a.png", references=FIVE[:references])

    refused = refusal_of(MODELS["fal/kling-o1-edit"], elements=(element,))

    assert refused is not None
    assert refused.field == "elements"


@EVERY_MODEL
@pytest.mark.parametrize("ratio", ["16:9", "9:16", "1:1", "4:3"])
def test_an_aspect_ratio_is_refused_where_it_cannot_be_honoured(model: Model, ratio: str) -> None:
    refused = refusal_of(model, aspect_ratio=ratio)

    assert (refused is None) is (ratio in model.aspect_ratios)


@EVERY_MODEL
@pytest.mark.parametrize("seconds", [2, 3, 10, 11])
def test_a_duration_can_be_asked_of_a_reference_video_only(model: Model, seconds: int) -> None:
    refused = refusal_of(model, duration_seconds=seconds)

    assert (refused is None) is (seconds in model.durations)


@EVERY_MODEL
def test_fast_is_refused_where_there_is_no_fast_mode(model: Model) -> None:
    assert (refusal_of(model, fast=True) is None) is (model.fast is not None)


def test_seven_images_make_a_reference_video_without_a_clip() -> None:
    reference = MODELS["novita/kling-o1-reference"]
    seven = tuple(f"images/{n}.png" for n in range(7))

    assert refusal_of(reference, has_source=False, images=seven) is None
    assert refusal_of(reference, has_source=False, images=(*seven, "images/8.png")) is not None


def test_an_edit_without_a_clip_is_refused() -> None:
    refused = refusal_of(NOVITA, has_source=False)

    assert refused is not None
    assert refused.reason is Reason.MISSING_SOURCE


def test_the_operation_must_be_the_models() -> None:
    refused = refusal_of(NOVITA, operation=Operation.REFERENCE)

    assert refused is not None
    assert refused.field == "operation"


@pytest.mark.parametrize(
    ("prompt", "images", "is_known"),
    [
        ("put @Image1 on the wall", 1, True),
        ("put @Image5 on the wall", 2, False),
        ("put @image2 beside @Image1", 2, True),
        ("@Image0", 1, False),
        ("@Element1 walks", 0, False),
        ("brighten @Video1", 0, True),
        ("brighten @Video2", 0, False),
        ("mail me@Images.example", 0, True),
    ],
)
def test_a_prompt_may_only_speak_of_what_came_with_it(
    prompt: str, images: int, is_known: bool
) -> None:
    refused = refusal_of(NOVITA, prompt=prompt, images=FIVE[:images])

    assert (refused is None) is is_known
    if refused is not None:
        assert refused.reason is Reason.UNKNOWN_REFERENCE
