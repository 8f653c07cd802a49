"""The street that is drawn for whoever has no clip."""

from pathlib import Path

import av
import numpy as np
import pytest

from local.sample import make_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "street.mp4"
    return make_clip(path, duration_seconds=1.5, width=320, height=180, fps=20)


def frames_of(path: Path) -> list[np.typing.NDArray[np.int16]]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24").astype(np.int16) for frame in film.decode(video=0)]


def test_the_clip_has_the_size_rate_and_length_asked_for(clip: Path) -> None:
    with av.open(str(clip)) as film:
        video, audio = film.streams.video[0], film.streams.audio[0]

        assert (video.width, video.height) == (320, 180)
        assert video.average_rate == 20
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (film.duration or 0) / av.time_base == pytest.approx(1.5, abs=0.1)
    assert len(frames_of(clip)) == 30


def test_things_move_on_the_street_and_little_in_the_sky(clip: Path) -> None:
    frames = frames_of(clip)

    change = np.abs(frames[-1] - frames[0]).mean(axis=2)
    assert change[125:160].mean() > 2 * change[:25].mean()
    assert change.mean() > 3


def test_the_picture_is_rich_and_the_sky_is_blue(clip: Path) -> None:
    first = frames_of(clip)[0]

    assert first.std() > 35
    assert first[:20, :, 2].mean() > first[:20, :, 0].mean() + 20


def test_the_sound_is_heard_on_both_sides_and_never_clips(clip: Path) -> None:
    with av.open(str(clip)) as film:
        heard = np.concatenate([frame.to_ndarray() for frame in film.decode(audio=0)], axis=1)

    assert heard.shape[0] == 2
    assert (heard.std(axis=1) > 0.01).all()
    assert np.abs(heard).max() < 1


def test_a_seed_gives_one_street_and_another_seed_another(tmp_path: Path) -> None:
    made = [
        make_clip(
            tmp_path / f"{name}.mp4",
            duration_seconds=0.1,
            width=160,
            height=90,
            sound=False,
            seed=seed,
        )
        for name, seed in (("one", 1), ("again", 1), ("two", 2))
    ]

    one, again, two = (frames_of(path)[0] for path in made)

    assert (one == again).all()
    assert np.abs(one - two).mean() > 5


def test_a_silent_portrait_clip_can_be_had(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "tall.mp4", duration_seconds=0.2, width=90, height=160, sound=False)

    with av.open(str(path)) as film:
        assert not film.streams.audio
    assert frames_of(path)[0].shape == (160, 90, 3)


@pytest.mark.parametrize("size", [(321, 180), (320, 181), (32, 32), (0, 0)])
def test_an_odd_or_tiny_frame_is_refused(size: tuple[int, int], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no frame size"):
        make_clip(tmp_path / "odd.mp4", width=size[0], height=size[1])
