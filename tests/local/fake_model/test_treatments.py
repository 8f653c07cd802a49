"""What a prompt asks for is seen in the picture, and nothing else changes."""

from pathlib import Path

import numpy as np
import pytest

from local.fake_model import develop
from local.fake_model.grade import grade
from local.fake_model.treatments import TREATMENTS, asked_for
from tests.local.fake_model.film import Clip, Edited, read_clip


def detail(clip: Clip) -> float:
    """The mean step between neighbouring pixels of a row."""
    return float(np.abs(np.diff(clip.luma, axis=2)).mean())


def movement(clip: Clip) -> float:
    """How much the lower right corner changes in the end; the source's stands still."""
    corner = clip.luma[:, 130:, 200:]
    return float(np.abs(corner[-1] - corner[0]).mean())


@pytest.mark.parametrize("treatment", TREATMENTS, ids=lambda treatment: treatment.name)
def test_every_treatment_visibly_changes_the_picture_and_nothing_else(
    treatment: object, before: Clip, edited: Edited
) -> None:
    after = edited(f"Please: {treatment.name.upper()}!")  # type: ignore[attr-defined]

    assert np.abs(after.luma - before.luma).mean() + np.abs(after.red - before.red).mean() > 4
    assert after.times == before.times
    assert after.sound == before.sound
    assert after.seconds == pytest.approx(before.seconds, abs=1 / 24)


def test_dusk_is_darker_and_warmer(before: Clip, edited: Edited) -> None:
    after = edited("turn the day into dusk")

    assert after.luma.mean() < before.luma.mean() - 20
    assert after.red.mean() > before.red.mean() + 3
    assert after.blue.mean() < before.blue.mean() - 3


def test_night_is_darker_than_dusk_and_no_warmer_than_day(before: Clip, edited: Edited) -> None:
    after = edited("at night")

    assert after.luma.mean() < edited("turn the day into dusk").luma.mean() - 10
    assert after.red.mean() <= before.red.mean() + 1


def test_noir_has_no_colour_left(before: Clip, edited: Edited) -> None:
    after = edited("film noir")

    assert max(np.abs(after.blue).mean(), np.abs(after.red).mean()) < 1
    assert np.abs(before.red).mean() > 10


def test_sepia_has_one_brown_tone(edited: Edited) -> None:
    after = edited("sepia")

    assert after.red.mean() > 4
    assert after.blue.mean() < -4
    assert after.red.std() < 8


def test_mirror_is_the_source_seen_in_a_mirror(before: Clip, edited: Edited) -> None:
    after = edited("mirror the scene")

    assert np.abs(after.luma - before.luma[:, :, ::-1]).mean() < 3
    assert np.abs(after.red - before.red[:, :, ::-1]).mean() < 3


def test_snow_brightens_pales_and_falls(before: Clip, edited: Edited) -> None:
    after = edited("let it snow")

    assert after.luma.mean() > before.luma.mean() + 8
    assert np.abs(after.red).mean() < 0.7 * np.abs(before.red).mean()
    assert movement(after) > movement(before) + 0.5


@pytest.mark.parametrize("word", ["rain", "autumn", "underwater", "fog"])
def test_weather_moves(word: str, before: Clip, edited: Edited) -> None:
    after = edited(word)

    assert movement(after) > movement(before) + 0.2


def test_cartoon_gathers_tones_on_few_levels(before: Clip, edited: Edited) -> None:
    def share(clip: Clip) -> float:
        counts = np.sort(np.bincount(clip.luma.ravel(), minlength=256))[::-1]
        return float(counts[:60].sum() / counts.sum())

    after = edited("as a cartoon")

    assert share(after) > share(before) + 0.1
    assert np.abs(after.blue).mean() > 1.2 * np.abs(before.blue).mean()


def test_pixel_art_is_flat_within_its_blocks(edited: Edited) -> None:
    after = edited("pixel art")

    within = np.abs(np.diff(after.luma[:, :, :4].astype(float), axis=2)).mean()
    assert within < 1.5


def test_sketch_is_lines_on_pale_paper(before: Clip, edited: Edited) -> None:
    after = edited("pencil sketch")

    assert after.luma.mean() > before.luma.mean() + 30
    assert np.abs(after.red).mean() < 6
    assert detail(after) > detail(before)


def test_several_words_combine(edited: Edited) -> None:
    both = edited("a snowy dusk")

    assert np.abs(both.luma - edited("let it snow").luma).mean() > 8
    assert np.abs(both.luma - edited("turn the day into dusk").luma).mean() > 3


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("Make it SNOW, at dusk.", {"snow", "dusk"}),
        ("in black and white", {"noir"}),
        ("black-and-white, please", {"noir"}),
        ("golden hour light", {"dusk"}),
        ("the snowman dances", set()),
        ("a drainpipe and a brainwave", set()),
        ("", set()),
        ("雪を降らせて", set()),
    ],
)
def test_only_whole_words_ask_for_a_treatment(prompt: str, names: set[str]) -> None:
    assert {treatment.name for treatment in asked_for(prompt)} == names


def test_other_prompts_get_a_grade_of_their_own_each_time_the_same(
    source: Path, before: Clip, edited: Edited, tmp_path: Path
) -> None:
    one, two = edited("make the hats golden"), edited("give everybody a balloon")
    develop(source, tmp_path / "again.mp4", prompt="make the hats golden", keep_audio=True)
    again = read_clip(tmp_path / "again.mp4")

    def apart(a: Clip, b: Clip) -> float:
        return float(np.abs(a.blue - b.blue).mean() + np.abs(a.red - b.red).mean())

    assert min(apart(one, before), apart(two, before), apart(one, two)) > 6
    assert apart(one, again) == 0


def test_two_grades_in_a_row_are_one() -> None:
    first, second = grade(exposure=0.8, saturation=0.5), grade(gamma=1.4, highlights=(0.2, 0, 0))
    light = np.linspace(0, 1, 256)

    both = first.then(second)

    assert np.allclose(both.tone, np.interp(first.tone, light, second.tone))
    assert np.allclose(both.turn, 0.5 * np.eye(2))
