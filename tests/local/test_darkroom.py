"""The simulated edit: it follows the prompt, and leaves time and sound alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image

from local.darkroom import develop, imagine
from local.darkroom.grade import grade
from local.darkroom.treatments import TREATMENTS, asked_for

Frames = NDArray[np.int16]
STEADY = tuple(range(0, 12 * 512, 512))
UNEVEN = (0, 300, 1500, 1600, 2900, 3000, 4800, 5500)


@dataclass(frozen=True)
class Clip:
    """What a decoder finds in a file; colours as U and V around zero."""

    luma: Frames
    blue: Frames
    red: Frames
    times: tuple[Fraction, ...]
    sound: tuple[bytes, ...]
    seconds: float


def write_clip(
    path: Path,
    *,
    stamps: Sequence[int] = STEADY,
    codec: str = "libx264",
    voice: str | None = "aac",
    pixels: str = "yuv420p",
    size: tuple[int, int] = (320, 180),
) -> Path:
    """A coloured picture with a moving square; stamps count 12288ths of a second."""
    width, height = size
    rows, columns = np.mgrid[:height, :width]
    scene = np.stack([columns * 255 // width, rows * 255 // height, 90 + columns * 0], axis=2)
    scene[: height // 3, :, 2] = 235
    scene[20:60:4, 20:100] = 250
    steps = [*(later - earlier for earlier, later in pairwise(stamps)), 512]
    with av.open(str(path), "w") as film:
        track = film.add_stream(codec, rate=24, options={"preset": "fast", "crf": "12"})
        assert isinstance(track, VideoStream)
        track.width, track.height, track.pix_fmt = width, height, pixels
        track.codec_context.time_base = Fraction(1, 12288)
        speech = film.add_stream(voice, rate=48000, layout="mono") if voice else None
        for index, (stamp, step) in enumerate(zip(stamps, steps, strict=True)):
            image = scene.astype(np.uint8)
            image[60:120, 10 + 12 * index : 60 + 12 * index] = (40, 150, 60)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base, frame.duration = stamp, Fraction(1, 12288), step
            film.mux(track.encode(frame))
        film.mux(track.encode(None))
        if speech:
            assert isinstance(speech, AudioStream)
            write_tone(film, speech)
    return path


def write_tone(film: OutputContainer, speech: AudioStream) -> None:
    whole = speech.codec_context.name.startswith("pcm")
    for index in range(20):
        wave = np.sin((np.arange(1024) + 1024 * index) * 0.05)[None] * 0.3
        made = (wave * 32767).astype(np.int16) if whole else wave.astype(np.float32)
        heard = av.AudioFrame.from_ndarray(made, format="s16" if whole else "fltp", layout="mono")
        heard.sample_rate, heard.pts = 48000, 1024 * index
        film.mux(speech.encode(heard))
    film.mux(speech.encode(None))


def read_clip(path: Path) -> Clip:
    planes: list[tuple[Frames, Frames, Frames]] = []
    times = []
    with av.open(str(path)) as film:
        for frame in film.decode(film.streams.video[0]):
            flat = frame.to_ndarray(format="yuv420p").astype(np.int16).ravel()
            count, half = frame.width * frame.height, (frame.height // 2, frame.width // 2)
            luma = flat[:count].reshape(frame.height, frame.width)
            blue, red = (part.reshape(half) - 128 for part in np.split(flat[count:], 2))
            planes.append((luma, blue, red))
            assert frame.pts is not None
            assert frame.time_base is not None
            times.append(frame.pts * frame.time_base)
    luma, blue, red = (np.stack(part) for part in zip(*planes, strict=True))
    with av.open(str(path)) as film:
        packets = film.demux(film.streams.audio) if film.streams.audio else ()
        sound = tuple(bytes(packet) for packet in packets if packet.size)
        seconds = (film.duration or 0) / av.time_base
    return Clip(luma, blue, red, tuple(times), sound, seconds)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("footage") / "source.mp4")


@pytest.fixture(scope="module")
def before(source: Path) -> Clip:
    return read_clip(source)


@pytest.fixture(scope="module")
def edited(source: Path) -> Callable[[str], Clip]:
    """The source as a prompt changes it; each prompt is developed once for all tests."""
    made: dict[str, Clip] = {}

    def after(prompt: str) -> Clip:
        if prompt not in made:
            path = source.with_name(f"after-{len(made)}.mp4")
            develop(source, path, prompt=prompt, keep_audio=True)
            made[prompt] = read_clip(path)
        return made[prompt]

    return after


def detail(clip: Clip) -> float:
    """The mean step between neighbouring pixels of a row."""
    return float(np.abs(np.diff(clip.luma, axis=2)).mean())


def movement(clip: Clip) -> float:
    """How much the lower right corner changes in the end; the source's stands still."""
    corner = clip.luma[:, 130:, 200:]
    return float(np.abs(corner[-1] - corner[0]).mean())


Edited = Callable[[str], Clip]


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


def test_two_grades_in_a_row_are_one() -> None:
    first, second = grade(exposure=0.8, saturation=0.5), grade(gamma=1.4, highlights=(0.2, 0, 0))
    light = np.linspace(0, 1, 256)

    both = first.then(second)

    assert np.allclose(both.tone, np.interp(first.tone, light, second.tone))
    assert np.allclose(both.turn, 0.5 * np.eye(2))


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
