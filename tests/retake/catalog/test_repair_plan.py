"""What a repair may mend, and what it brings a clip to."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from retake.catalog.admission import repairs
from retake.catalog.clip_rules import CLIP_RULES, violated_rules
from retake.catalog.models import MODELS
from retake.catalog.repair_plan import MENDED_BY, Target, sides, target_for
from retake.catalog.schema import Model
from retake.domain.errors import Refused
from retake.domain.footage import Footage
from retake.domain.request import Request
from retake.domain.vocabulary import Fit, Reason

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
SECONDS = (3.0, 6.0, 9.99, 10.0, 19.97, 20.0, 33.3, 7000.0)
RATES = (5.0, 23.976, 24.0, 25.31, 29.97, 59.94, 60.0, 119.88, 240.0)
SIZES = ((640, 360), (1080, 1920), (3840, 2160), (1279, 721), (2161, 719))
EVERY_MODEL = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: str(model.key))


def mended_by(model: Model = NOVITA, **facts: Any) -> tuple[Fit, ...]:
    return repairs(replace(CLIP, **facts), Request(prompt="noir"), model)


def target(fit: Fit = Fit.AUTO, *, is_steady: bool = True, **facts: Any) -> Target:
    clip = replace(CLIP, **facts)
    return target_for(clip, is_steady=is_steady, fit=fit, model=NOVITA, mode=NOVITA.standard)


@pytest.mark.parametrize(
    ("facts", "fits"),
    [
        ({}, ()),
        ({"duration_seconds": 12.0}, (Fit.TRIM, Fit.AUTO, Fit.SPLIT)),
        ({"duration_seconds": 2.0}, ()),
        ({"width": 3840, "height": 2160}, (Fit.SCALE, Fit.AUTO, Fit.SPLIT)),
        ({"width": 640, "height": 360}, (Fit.SCALE, Fit.AUTO, Fit.SPLIT)),
        ({"width": 2400, "height": 700}, ()),  # too wide for its height: 720 would be 2469
        ({"width": 2160, "height": 719}, (Fit.SCALE, Fit.AUTO, Fit.SPLIT)),
        ({"width": 200, "height": 200}, (Fit.SCALE, Fit.AUTO, Fit.SPLIT)),
        ({"width": 160, "height": 160}, ()),  # more than four times
        ({"fps": 120.0}, (Fit.AUTO, Fit.SPLIT)),
        ({"fps": 12.0}, (Fit.AUTO, Fit.SPLIT)),
        ({"codec": "av1"}, (Fit.AUTO, Fit.SPLIT)),
        ({"size_bytes": 300_000_000}, (Fit.AUTO, Fit.SPLIT)),
        ({"duration_seconds": 30.0, "size_bytes": 300_000_000}, (Fit.TRIM, Fit.AUTO, Fit.SPLIT)),
        ({"duration_seconds": 11.0, "size_bytes": 300_000_000}, (Fit.AUTO, Fit.SPLIT)),
        ({"duration_seconds": 12.0, "width": 3840, "height": 2160}, (Fit.AUTO, Fit.SPLIT)),
        ({"duration_seconds": 2.0, "fps": 120.0}, ()),
    ],
)
def test_a_repair_is_offered_only_if_it_mends_everything(
    facts: dict[str, Any], fits: tuple[Fit, ...]
) -> None:
    assert mended_by(**facts) == fits


def test_hevc_is_repaired_where_a_model_does_not_take_it_and_left_alone_where_it_does() -> None:
    strict = replace(NOVITA, codecs=("h264",))

    assert mended_by(strict, codec="hevc") == (Fit.AUTO, Fit.SPLIT)
    assert mended_by(NOVITA, codec="hevc") == ()


@EVERY_MODEL
@pytest.mark.parametrize("fast", [False, True])
def test_every_target_is_within_every_limit_of_its_model(model: Model, fast: bool) -> None:
    request, mode = Request(prompt="noir", fast=fast), model.variant(fast=fast)
    for seconds, fps, (width, height), is_steady in product(SECONDS, RATES, SIZES, (True, False)):
        if seconds < mode.minimum_seconds:
            continue
        clip = replace(CLIP, duration_seconds=seconds, fps=fps, width=width, height=height)

        to = target_for(clip, is_steady=is_steady, fit=Fit.AUTO, model=model, mode=mode)

        made = replace(
            clip, duration_seconds=to.seconds, fps=float(to.rate), width=to.width, height=to.height
        )
        assert violated_rules(made, request, model) == []
        assert (to.width % 2, to.height % 2) == (0, 0)
        assert to.width / to.height == pytest.approx(width / height, rel=0.01)
        assert to.most_bits_per_second * to.seconds / 8 < model.file_bytes


@pytest.mark.parametrize("fit", list(Fit))
def test_only_what_is_broken_is_changed(fit: Fit) -> None:
    assert target(fit) == replace(
        target(fit), width=1280, height=720, rate=Fraction(30), pictures=210
    )


@pytest.mark.parametrize(
    ("fps", "is_steady", "rate"),
    [
        (29.97, True, Fraction(30000, 1001)),
        (23.98, True, Fraction(24000, 1001)),
        (25.5, True, Fraction(51, 2)),
        (25.5, False, Fraction(30000, 1001)),  # the next one up: no picture is lost
        (44.0, False, Fraction(48)),
        (120.0, True, Fraction(60)),
        (10.0, True, Fraction(24)),
    ],
)
def test_a_rate_is_kept_made_constant_or_brought_to_the_nearest_limit(
    fps: float, is_steady: bool, rate: Fraction
) -> None:
    assert target(fps=fps, is_steady=is_steady).rate == rate


@pytest.mark.parametrize("fit", [Fit.TRIM, Fit.SCALE])
def test_the_rate_is_for_auto_alone(fit: Fit) -> None:
    assert target(fit, fps=120.0).rate == 120


def test_a_picture_that_no_scale_brings_within_the_limits_is_not_repairable() -> None:
    assert sides(replace(CLIP, width=4000, height=720), NOVITA) is None
    with pytest.raises(Refused) as refusal:
        target(width=4000, height=720)

    assert refusal.value.reason is Reason.NOT_REPAIRABLE


def test_every_reason_about_a_clip_s_limits_says_what_mends_it_but_that_it_is_too_short() -> None:
    assert {rule.reason for rule in CLIP_RULES} - MENDED_BY.keys() == {Reason.TOO_SHORT}
