"""Where a long clip is cut: legal, cheap, level, on changes of scene, always the same."""

import random
from fractions import Fraction
from itertools import pairwise
from math import ceil

import pytest
from retake.catalog.admission import quoted
from retake.catalog.film_plan import (
    JOIN_USD,
    SCENE_JOIN_USD,
    FilmLimits,
    check_length,
    limits_for,
    pieces_of,
    planned,
    total_usd,
)
from retake.catalog.models import MODELS
from retake.catalog.schema import Model
from retake.catalog.splitting import film_of, whole_target
from retake.domain.errors import Refused
from retake.domain.footage import Footage
from retake.domain.request import Request
from retake.domain.vocabulary import Fit, Operation

EDITS = [model for model in MODELS.values() if model.operation is Operation.EDIT]
RATES = (Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(60))


def limits(key: str, rate: Fraction | int = 24, *, fast: bool = False) -> FilmLimits:
    return limits_for(MODELS[key], Request(prompt="noir", fast=fast), Fraction(rate))


def lengths(cuts: tuple[int, ...], rate: float = 24) -> list[float]:
    return [round((after - before) / rate, 2) for before, after in pairwise(cuts)]


def test_where_begun_seconds_are_billed_a_piece_ends_with_one() -> None:
    by_second = limits("evolink/kling-o1-edit", 25)

    cuts = planned(310, by_second)  # 12.4 s

    assert sum(each.billed_seconds for each in pieces_of(cuts, by_second)) == 13
    assert lengths(cuts, 25) == [6.0, 6.4]


def test_short_tails_are_levelled() -> None:
    assert lengths(planned(492, limits("fal/kling-o1-edit"))) == [6.83, 6.83, 6.83]  # 20.5 s
    assert lengths(planned(588, limits("fal/kling-o1-edit"))) == [8.17, 8.17, 8.17]


def test_a_change_of_scene_is_where_a_cut_costs_least() -> None:
    cuts = planned(480, limits("fal/kling-o1-edit"), scenes=[120, 312])

    assert cuts == (0, 120, 312, 480)


def test_a_mode_with_other_lengths_makes_other_pieces() -> None:
    standard, fast = limits("evolink/kling-o1-edit"), limits("evolink/kling-o1-edit", fast=True)

    assert len(planned(24 * 38, standard)) - 1 == 4
    assert len(planned(24 * 38, fast)) - 1 == 2


def test_what_no_sum_of_pieces_makes_is_refused() -> None:
    narrow = FilmLimits(
        rate=Fraction(24), mode=MODELS["evolink/kling-o1-edit"].standard, resolution=None
    )
    with pytest.raises(Refused, match="cannot be cut"):
        planned(48, narrow)


def test_pieces_that_share_frames_are_longer_by_them_but_not_on_a_change_of_scene() -> None:
    sharing = limits_for(
        MODELS["fal/kling-o1-edit"], Request(prompt="noir", overlap_frames=8), Fraction(24)
    )

    cuts = planned(588, sharing)

    assert [each.frames for each in pieces_of(cuts, sharing)] == [201, 201, 202]  # 588 and 2 * 8
    assert sharing.leads((0, 240, 480), scenes=(240,)) == (0, 0)
    assert sharing.leads((0, 240, 480, 588), scenes=(240,)) == (0, 0, 8)


def test_more_shared_frames_than_half_of_the_shortest_piece_are_refused() -> None:
    slow = limits_for(
        MODELS["fal/kling-o1-edit"], Request(prompt="noir", overlap_frames=19), Fraction(12)
    )
    with pytest.raises(Refused, match="at most 18 frames can be shared, half of the shortest"):
        planned(300, slow)


def test_ten_minutes_of_full_hd_are_the_most() -> None:
    check_length(18000, Fraction(30), 1920, 1080)
    check_length(14400, Fraction(24), 1280, 720)
    with pytest.raises(Refused, match="at most 600 s"):
        check_length(18030, Fraction(30), 1280, 720)
    with pytest.raises(Refused, match="at most 300 s"):
        check_length(18060, Fraction(60), 1920, 1080)


def camera(seconds: float, fps: float, *, width: int, height: int, steady: bool = True) -> Footage:
    return Footage(
        container="mp4",
        codec="h264",
        duration_seconds=seconds,
        width=width,
        height=height,
        fps=fps,
        average_fps=None if steady else fps * 0.9,
        has_audio=False,
        size_bytes=1_000_000,
    )


def test_a_clip_of_more_frames_than_the_model_takes_counts_as_it_will_be_cut() -> None:
    row = MODELS["fal/kling-o1-edit"]
    slow_motion = camera(200, 120, width=1920, height=1080)

    pieces = film_of(slow_motion, Request(prompt="noir", fit=Fit.SPLIT), row)

    assert sum(each.frames for each in pieces) == 200 * 60


@pytest.mark.parametrize("count", [40, pytest.param(1000, marks=pytest.mark.long)])
def test_what_a_quote_lists_is_what_such_a_clip_is_cut_into(count: int) -> None:
    draw = random.Random(count)
    for _ in range(count):
        row = draw.choice(EDITS)
        request = Request(prompt="noir", fit=Fit.SPLIT, fast=draw.random() < 0.3)
        width, height = draw.choice(((640, 360), (1920, 1080), (1080, 1920), (3840, 2160)))
        fps = draw.choice((10, 15, 23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60, 90, 120))
        longest = row.variant(fast=request.fast).maximum_seconds
        clip = camera(
            draw.uniform(longest + 1, 70),  # of the largest at most 75 s can be cut
            fps,
            width=width,
            height=height,
            steady=draw.random() < 0.7,
        )

        told = film_of(clip, request, row)

        target = whole_target(clip, request, row)
        allowed = limits_for(row, request, target.rate)
        assert told == pieces_of(planned(target.pictures, allowed), allowed)
        assert row.fps_minimum - 0.1 <= target.rate <= row.fps_maximum
        assert (
            abs(target.pictures / target.rate - Fraction(clip.duration_seconds)) < 1 / target.rate
        )
        assert quoted(row, request, clip)["quoted_usd"] == total_usd(told)


@pytest.mark.parametrize("count", [12, pytest.param(1000, marks=pytest.mark.long)])
def test_every_plan_is_legal_and_billed_as_little_as_its_length_allows(count: int) -> None:
    draw = random.Random(count)
    for _ in range(count):
        model: Model = draw.choice(EDITS)
        fast = model.fast is not None and draw.random() < 0.5
        rate = draw.choice(RATES)
        allowed = limits_for(model, Request(prompt="noir", fast=fast), rate)
        frames = draw.randint(allowed.longest + 1, min(18000, int(600 * rate)))
        cuts = planned(frames, allowed)
        pieces = pieces_of(cuts, allowed)

        assert (cuts[0], cuts[-1]) == (0, frames)
        assert all(allowed.shortest <= each.frames <= allowed.longest for each in pieces)
        times = 2 if allowed.price.counts_result else 1
        billed = sum(each.billed_seconds for each in pieces)
        assert billed <= times * (ceil(float(frames / rate)) + 1)
        assert planned(frames, allowed) == cuts


def weighed(cuts: tuple[int, ...], allowed: FilmLimits, scenes: frozenset[int]) -> float:
    joins = sum(SCENE_JOIN_USD if at in scenes else JOIN_USD for at in cuts[1:-1])
    return total_usd(pieces_of(cuts, allowed, scenes)) + joins


def brute_force(frames: int, allowed: FilmLimits, scenes: frozenset[int]) -> float:
    """The least that any legal way costs: every frame may be a cut."""
    best = [0.0, *([float("inf")] * frames)]
    price = {n: allowed.usd(n) for n in range(allowed.shortest, allowed.longest + 1)}
    for end in range(1, frames + 1):
        join = 0.0 if end == frames else SCENE_JOIN_USD if end in scenes else JOIN_USD
        for count, usd in price.items():
            for lead in {0, allowed.overlap_frames}:
                begin = end - count + lead
                if begin >= 0 and allowed.leads((begin, end), scenes) == (lead,):
                    best[end] = min(best[end], best[begin] + usd + join)
    return best[frames]


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.long)])
def test_no_way_is_more_than_a_hundredth_cheaper(count: int) -> None:
    draw = random.Random(count)
    for _ in range(count):
        model = draw.choice(EDITS)
        overlap = draw.choice([0, 0, 1, 4])
        asked = Request(prompt="noir", overlap_frames=overlap)
        allowed = limits_for(model, asked, Fraction(6))
        frames = draw.randint(allowed.longest + 1, 360)
        scenes = frozenset(draw.sample(range(1, frames), draw.randint(0, 5)))

        cuts = planned(frames, allowed, sorted(scenes))
        found = weighed(cuts, allowed, scenes)

        pieces = pieces_of(cuts, allowed, scenes)
        assert all(allowed.shortest <= each.frames <= allowed.longest for each in pieces)
        assert min(after - before for before, after in pairwise(cuts)) >= overlap
        assert found <= brute_force(frames, allowed, scenes) * 1.01 + 1e-9
