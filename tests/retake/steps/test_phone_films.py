"""Long footage as phones film it: of a changing rate, turned, with any sound or none."""

import io
import random
from dataclasses import replace
from fractions import Fraction

import av
import pytest
from retake.catalog.models import MODELS
from retake.domain.stored import required
from retake.domain.vocabulary import Status

from tests.retake.steps.film_scene import MODEL, FilmScene
from tests.support.numbered_film import Shot, clicks_in, film, numbers_in
from tests.support.video_decoder import watch

RATE = Fraction(30000, 1001)
PORTRAIT = {"width": 144, "height": 256}


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, MODEL, replace(MODELS[MODEL], side_minimum=64))


def phone(seconds: int) -> Shot:
    """Each frame up to a millisecond early or late, and one of fifty left out."""
    draw = random.Random(seconds)
    times = [
        max(Fraction(0), number / RATE + Fraction(draw.randint(-4, 4), 4000))
        for number in range(int(seconds * RATE))
        if number == 0 or draw.random() > 0.02
    ]
    return Shot(times=times, seconds=Fraction(seconds), rotation=90)


def tags_of(data: bytes) -> tuple[int, ...]:
    with av.open(io.BytesIO(data), "r") as container:
        picture = next(container.decode(video=0))
        told = picture.colorspace, picture.color_primaries, picture.color_trc, picture.color_range
        return tuple(int(each) for each in told)


@pytest.mark.parametrize("layout", [pytest.param(None, marks=pytest.mark.long), "5.1"])
@pytest.mark.parametrize("seconds", [12, pytest.param(61, marks=pytest.mark.long)])
def test_a_film_of_it_keeps_its_frames_length_sound_and_colours(
    seconds: int, layout: str | None
) -> None:
    shot, scene = phone(seconds), FilmScene()
    clip = film(range(len(shot.times)), layout=layout, shot=shot, **PORTRAIT)
    edit = scene.drop(clip, consistency="none")

    seen = scene.play(edit)

    assert seen.status is Status.SUCCEEDED, seen.message
    made = scene.result(edit)
    watched = watch(made)
    assert (watched.width, watched.height) == (PORTRAIT["width"], PORTRAIT["height"])
    assert watched.is_steady
    assert watched.fps == pytest.approx(float(RATE), abs=0.01)
    assert watched.seconds == pytest.approx(seconds, abs=1 / 24)
    numbers = numbers_in(made)
    assert len(numbers) == pytest.approx(float(seconds * RATE), abs=1)
    assert numbers == sorted(numbers)
    # Every frame is there, within a frame of when it was filmed.
    assert set(range(len(shot.times))) - set(numbers) == set()
    late = [abs(at / RATE - shot.times[number]) for at, number in enumerate(numbers)]
    assert max(late) < 2 / RATE
    if layout is None:
        assert watched.sound is None
    else:
        ours, theirs = clicks_in(made), clicks_in(clip)
        assert len(ours) == len(theirs)
        assert all(abs(a - b) < 1 / RATE for a, b in zip(ours, theirs, strict=True))
    sent = [scene.scene.storage.objects["results", each.key] for each in required(seen.film).files]
    assert {tags_of(each) for each in (clip, *sent, made)} == {(1, 1, 1, 1)}
