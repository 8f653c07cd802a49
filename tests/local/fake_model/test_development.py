"""Whatever clip is edited: its time and sound are left alone, and every player takes the result."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from local.fake_model import Stopped, develop
from tests.local.fake_model.film import STEADY, Clip, Edited, read_clip, write_clip

UNEVEN = (0, 300, 1500, 1600, 2900, 3000, 4800, 5500)


def test_uneven_timestamps_are_kept(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "uneven.mp4", stamps=UNEVEN)

    develop(clip, tmp_path / "after.mp4", prompt="dusk", keep_audio=True)

    after = read_clip(tmp_path / "after.mp4")
    assert after.times == tuple(Fraction(stamp, 12288) for stamp in UNEVEN)
    assert after.seconds == pytest.approx((UNEVEN[-1] + 512) / 12288, abs=1 / 24)


def test_a_transport_stream_begins_at_zero_afterwards(tmp_path: Path) -> None:
    clip = write_clip(
        tmp_path / "broadcast.ts", stamps=[24576 + stamp for stamp in STEADY], voice=None
    )

    develop(clip, tmp_path / "after.mp4", prompt="dusk", keep_audio=True)

    before, after = read_clip(clip), read_clip(tmp_path / "after.mp4")
    assert before.times[0] > 1
    assert after.times[0] < Fraction(1, 10)
    assert [time - after.times[0] for time in after.times] == [
        time - before.times[0] for time in before.times
    ]


def test_sound_is_dropped_when_it_is_not_wanted(source: Path, tmp_path: Path) -> None:
    develop(source, tmp_path / "after.mp4", prompt="dusk", keep_audio=False)

    assert read_clip(tmp_path / "after.mp4").sound == ()


def test_sound_that_mp4_cannot_hold_becomes_aac_of_the_same_length(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "pcm.mkv", voice="pcm_s16le")

    develop(clip, tmp_path / "after.mp4", prompt="dusk", keep_audio=True)

    with av.open(str(tmp_path / "after.mp4")) as film:
        assert film.streams.audio[0].codec_context.name == "aac"
        samples = sum(frame.samples for frame in film.decode(audio=0))
    assert samples == pytest.approx(20 * 1024, abs=2048)


def test_a_clip_without_sound_stays_without(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "silent.mp4", voice=None)

    develop(clip, tmp_path / "after.mp4", prompt="dusk", keep_audio=True)

    assert read_clip(tmp_path / "after.mp4").sound == ()


def test_the_result_is_what_every_player_takes(source: Path, tmp_path: Path) -> None:
    develop(source, tmp_path / "after.mp4", prompt="dusk", keep_audio=True)

    head = (tmp_path / "after.mp4").read_bytes()
    with av.open(str(tmp_path / "after.mp4")) as film:
        context = film.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
    assert head.index(b"moov") < head.index(b"mdat")


def test_a_clip_of_other_pixels_and_odd_sides_is_taken(tmp_path: Path) -> None:
    clip = write_clip(
        tmp_path / "odd.mkv", codec="ffv1", pixels="yuv444p", voice=None, size=(321, 181)
    )

    develop(clip, tmp_path / "after.mp4", prompt="mirror", keep_audio=True)

    assert read_clip(tmp_path / "after.mp4").luma.shape == (12, 180, 320)


def test_a_clip_that_uses_the_full_range_keeps_its_contrast(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "full.mp4", pixels="yuvj420p", voice=None)

    develop(clip, tmp_path / "after.mp4", prompt="mirror", keep_audio=False)

    light = []
    for path in (clip, tmp_path / "after.mp4"):
        with av.open(str(path)) as film:
            light.append(next(film.decode(video=0)).to_ndarray(format="rgb24").astype(int))
    assert np.abs(light[1][:, ::-1] - light[0]).mean() < 4


def test_a_clip_held_upright_comes_out_upright(source: Path, before: Clip, tmp_path: Path) -> None:
    # ISO/IEC 14496-12, 8.3.2: the matrix stands 40 bytes into the body of a version 0 tkhd box.
    data = bytearray(source.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40
    quarter_turn = (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    data[matrix : matrix + 36] = np.array(quarter_turn, ">i4").tobytes()
    (tmp_path / "phone.mp4").write_bytes(data)

    develop(tmp_path / "phone.mp4", tmp_path / "after.mp4", prompt="mirror", keep_audio=True)

    after = read_clip(tmp_path / "after.mp4")
    clockwise = np.rot90(before.luma, -1, axes=(1, 2))
    assert np.abs(after.luma - clockwise[:, :, ::-1]).mean() < 3


@pytest.mark.parametrize(
    ("ratio", "shape"),
    [("9:16", (180, 102)), ("1:1", (180, 180)), ("21:9", (138, 320)), ("auto", (180, 320))],
)
def test_an_aspect_ratio_cuts_from_the_middle(
    source: Path, before: Clip, tmp_path: Path, ratio: str, shape: tuple[int, int]
) -> None:
    after = tmp_path / "after.mp4"

    develop(source, after, prompt="mirror", keep_audio=False, aspect_ratio=ratio)

    luma = read_clip(after).luma
    top, left = (180 - shape[0]) // 2 // 2 * 2, (320 - shape[1]) // 2 // 2 * 2
    part = before.luma[:, top : top + shape[0], left : left + shape[1]]
    assert luma.shape[1:] == shape
    assert np.abs(luma[:, :, ::-1] - part).mean() < 4


def test_reference_pictures_tint_the_edit_and_stand_in_its_corner(
    source: Path, edited: Edited, tmp_path: Path
) -> None:
    Image.new("RGB", (90, 60), (210, 30, 30)).save(tmp_path / "red.png")

    develop(
        source,
        tmp_path / "after.mp4",
        prompt="mirror the scene",
        keep_audio=False,
        images=[tmp_path / "red.png"],
    )

    after, plain = read_clip(tmp_path / "after.mp4"), edited("mirror the scene")
    assert after.red[:, :40].mean() > plain.red[:, :40].mean() + 20
    assert after.red[:, 72:78, 140:150].mean() > 70


@pytest.mark.parametrize(
    "content", [b"", b"not a film", b"\x00\x00\x00\x18ftypmp42" + bytes(400)], ids=len
)
def test_what_is_no_video_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(content)

    with pytest.raises(ValueError, match=r"broken\.mp4 is not a decodable video"):
        develop(tmp_path / "broken.mp4", tmp_path / "after.mp4", prompt="dusk", keep_audio=True)

    assert not (tmp_path / "after.mp4").exists()


def test_a_sound_file_and_a_bad_picture_are_refused(source: Path, tmp_path: Path) -> None:
    with av.open(str(tmp_path / "song.m4a"), "w", format="mp4") as film:
        voice = film.add_stream("aac", rate=48000, layout="mono")
        film.mux(voice.encode(None))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    after = tmp_path / "after.mp4"

    with pytest.raises(ValueError, match=r"song\.m4a"):
        develop(tmp_path / "song.m4a", after, prompt="dusk", keep_audio=True)
    with pytest.raises(ValueError, match=r"bad\.png is not a readable picture"):
        develop(source, after, prompt="dusk", keep_audio=True, images=[tmp_path / "bad.png"])
    with pytest.raises(ValueError, match="is not an aspect ratio"):
        develop(source, after, prompt="dusk", keep_audio=True, aspect_ratio="wide")

    assert not after.exists()


def test_a_film_that_nobody_waits_for_any_more_stops_at_the_next_frame(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4")
    asked: list[bool] = []

    def is_stopped() -> bool:
        asked.append(len(asked) == 2)
        return asked[-1]

    with pytest.raises(Stopped):
        develop(clip, tmp_path / "after.mp4", prompt="dusk", keep_audio=True, is_stopped=is_stopped)

    assert asked == [False, False, True]
    assert not (tmp_path / "after.mp4").exists()
