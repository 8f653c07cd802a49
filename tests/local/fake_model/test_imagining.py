"""A video that is imagined: its shape, and the pictures it shows."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from local.fake_model import imagine


@pytest.mark.parametrize(
    ("ratio", "size"), [("16:9", (1280, 720)), ("9:16", (720, 1280)), ("1:1", (960, 960))]
)
def test_a_video_can_be_imagined_in_each_shape(
    tmp_path: Path, ratio: str, size: tuple[int, int]
) -> None:
    made = tmp_path / "made.mp4"

    imagine(made, prompt="hills", images=[], duration_seconds=1, aspect_ratio=ratio, sound=True)

    with av.open(str(made)) as film:
        frames = [frame.to_ndarray(format="gray") for frame in film.decode(video=0)]
        assert film.streams.audio[0].codec_context.name == "aac"
    assert len(frames) == 30
    assert frames[0].shape == (size[1], size[0])
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() > 1


def test_an_imagined_video_shows_each_picture_in_turn(tmp_path: Path) -> None:
    for name, colour in (("red", (220, 20, 20)), ("blue", (20, 20, 220))):
        Image.new("RGB", (200, 200), colour).save(tmp_path / f"{name}.png")
    images = [tmp_path / "red.png", tmp_path / "blue.png"]
    made = tmp_path / "made.mp4"

    imagine(
        made, prompt="mirror", images=images, duration_seconds=1, aspect_ratio="1:1", sound=False
    )

    with av.open(str(made)) as film:
        frames = [frame.to_ndarray(format="rgb24").mean(axis=(0, 1)) for frame in film.decode()]
        assert not film.streams.audio
    assert frames[0][0] > 150 > frames[0][2]
    assert frames[-1][2] > 150 > frames[-1][0]


def test_an_unknown_shape_cannot_be_imagined(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="none of the ratios"):
        imagine(
            tmp_path / "made.mp4",
            prompt="hills",
            images=[],
            duration_seconds=1,
            aspect_ratio="2:1",
            sound=False,
        )
