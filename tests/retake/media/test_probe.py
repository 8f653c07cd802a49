"""Looking into stored videos: true figures for good files, a named reason for all others."""

import io

import av
import pytest
from retake.catalog.repair_plan import CONVERTIBLE
from retake.domain.errors import NotFootage
from retake.domain.footage import Footage
from retake.media.probe import probe
from retake.media.ranged_reader import Budget

from tests.support import video_files as files
from tests.support.video_files import Stored, box, large_box, replaced, words
from virtual.clips import MOVFLAGS, Index, clip, recording, small

EDITS = (b"moov", b"trak", b"edts", b"elst")


def refusal(data: bytes, **budget: float) -> NotFootage:
    """The reason why these bytes are no footage."""
    with pytest.raises(NotFootage) as refused:
        probe(Stored(data), budget=Budget(**budget))  # type: ignore[arg-type]
    return refused.value


# ------------------------------------------------------------------ what good files hold


def test_an_ordinary_clip_is_described_fully() -> None:
    data = clip(5, 1280, 720, 24)

    footage = probe(Stored(data))

    assert footage == Footage(
        container="mp4",
        codec="h264",
        duration_seconds=5.0,
        width=1280,
        height=720,
        fps=24.0,
        has_audio=True,
        size_bytes=len(data),
        brand="isom",
    )


@pytest.mark.parametrize("seconds", [2.9, 3.0, 5.9, 6.0, 10.0, 10.1])
@pytest.mark.parametrize("index", list(MOVFLAGS))
def test_the_duration_is_the_encoded_one_wherever_the_index_lies(
    seconds: float, index: Index
) -> None:
    footage = probe(Stored(small(seconds=seconds, fps=30, index=index)))

    assert footage.duration_seconds == pytest.approx(seconds, abs=1e-3)
    assert footage.fps == pytest.approx(30, rel=1e-3)


@pytest.mark.parametrize(
    "movflags",
    [
        "frag_keyframe",  # the first pictures in the index, the others in fragments
        "dash+frag_keyframe",  # a segment list before every fragment
        "isml+frag_keyframe",  # fragments without their start time
        "empty_moov+separate_moof+frag_keyframe",  # a fragment holds one track
        "empty_moov+default_base_moof+frag_every_frame",  # hundreds of fragments, few listed
        "empty_moov+default_base_moof+frag_every_frame+skip_trailer",  # … none listed
        "hybrid_fragmented",  # fragments hidden behind an ordinary index afterwards
    ],
)
def test_every_way_of_fragmenting_gives_the_encoded_duration(movflags: str) -> None:
    footage = probe(Stored(small(seconds=4, movflags=movflags)))

    assert footage.duration_seconds == pytest.approx(4.0, abs=1e-3)
    assert footage.fps == pytest.approx(24, rel=1e-3)


@pytest.mark.parametrize("index", ["last", "fragmented"])
def test_a_variable_frame_rate_gives_the_rate_that_pictures_have_and_the_average(
    index: Index,
) -> None:
    footage = probe(Stored(small(seconds=6, fps=30, gop=30, variable=True, index=index)))

    # half the time at 30 pictures a second, half at 15
    assert footage.fps == pytest.approx(30, rel=0.01)
    assert footage.average_fps == pytest.approx(22.5, rel=0.01)
    assert footage.duration_seconds == pytest.approx(6.0, abs=1 / 15)


@pytest.mark.parametrize(
    ("rotation", "size"), [(0, (96, 64)), (90, (64, 96)), (180, (96, 64)), (270, (64, 96))]
)
def test_the_size_is_the_one_displayed(rotation: int, size: tuple[int, int]) -> None:
    footage = probe(Stored(small(width=96, rotation=rotation)))

    assert (footage.width, footage.height) == size
    assert footage.rotation_degrees == rotation


def test_quicktime_is_told_by_its_brand() -> None:
    footage = probe(Stored(small(container="mov")))

    assert (footage.container, footage.brand) == ("mov", "qt")


def test_quicktime_older_than_brands_is_still_a_video() -> None:
    data = small(container="mov", index="first")
    ftyp = files.top_level(data)[0]

    footage = probe(Stored(box(b"wide", bytes(ftyp[2] - 8)) + data[ftyp[2] :]))

    assert (footage.container, footage.brand) == ("mov", "")


@pytest.mark.parametrize(
    ("codec", "name"), [("libx264", "h264"), ("libx265", "hevc"), ("libsvtav1", "av1")]
)
def test_the_codec_is_named(codec: str, name: str) -> None:
    assert probe(Stored(small(codec=codec))).codec == name


def test_a_silent_clip_has_no_audio() -> None:
    assert probe(Stored(small(sound=False))).has_audio is False


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_an_edit_list_shortens_the_clip_as_a_player_would(share: float) -> None:
    data = small(seconds=2, sound=False, index="first")
    # movie ticks are milliseconds in libav's output
    trimmed = replaced(data, EDITS, words(0, 1, int(2000 * share), 0, 65536))

    footage = probe(Stored(trimmed))

    with av.open(io.BytesIO(trimmed), format="mov") as whole:
        stream = whole.streams.video[0]
        assert stream.time_base is not None
        told = float((stream.duration or 0) * stream.time_base)
    assert footage.duration_seconds == pytest.approx(told, abs=1e-6)
    assert footage.duration_seconds == pytest.approx(2 * share, abs=0.1)


def test_a_64_bit_media_box_and_one_open_to_the_end_are_read() -> None:
    data = small(index="first")
    kind, start, end = files.top_level(data)[-1]
    media = data[start + 8 : end]
    shifted = data[: start - 8]  # the 8-byte free box before the media makes room for 64 bits

    wide = probe(Stored(shifted + large_box(kind, media, size=len(media) + 16)))
    open_ended = probe(Stored(data[:start] + box(kind, media, size=0)))

    assert wide.duration_seconds == open_ended.duration_seconds == 1.0


def test_padding_after_the_last_box_is_forgiven() -> None:
    padded = small() + b"\x00\x00\x00\x03junk" + bytes(100)

    assert probe(Stored(padded)).duration_seconds == 1.0


# ------------------------------------------------------------------ what looking costs


@pytest.mark.parametrize("index", ["first", "last"])
@pytest.mark.parametrize("size_bytes", [200_000_000, 3_000_000_000])
def test_a_huge_file_costs_a_few_small_reads(index: Index, size_bytes: int) -> None:
    stored = files.inflated(clip(5, index=index), size_bytes)

    footage = probe(stored)

    assert footage.duration_seconds == pytest.approx(5.0)
    assert footage.size_bytes == size_bytes
    assert stored.requests <= 6
    assert stored.bytes_read <= 128 * 1024


@pytest.mark.parametrize("index", ["fragmented", "segment list"])
def test_a_huge_fragmented_file_costs_a_few_more(index: Index) -> None:
    stored = files.inflated(clip(10, index=index), 200_000_000)

    footage = probe(stored)

    assert footage.duration_seconds == pytest.approx(10.0, abs=1e-3)
    assert stored.requests <= 12
    assert stored.bytes_read <= 256 * 1024


def test_a_list_of_fragments_that_is_wrong_is_not_believed() -> None:
    data = small(seconds=10, index="fragmented", gop=6)
    at, _ = next((start, end) for kind, start, end in files.top_level(data) if kind == b"mfra")
    at += 32  # the headers of the list and of its first track stay
    lying = data[:at] + bytes(byte ^ 0x5A for byte in data[at:-16]) + data[-16:]

    footage = probe(Stored(lying))

    assert footage.duration_seconds == pytest.approx(10.0, abs=1e-3)


def test_a_long_fragmented_file_is_not_walked_piece_by_piece() -> None:
    data = small(seconds=60, gop=6, index="fragmented without list", sound=False)
    stored = Stored(data)

    footage = probe(stored)

    assert footage.duration_seconds == pytest.approx(60.0, abs=1e-3)
    assert stored.requests <= 30


@pytest.mark.parametrize("limit", ["bytes_read", "requests", "boxes"])
def test_a_spent_budget_is_an_unreadable_video(limit: str) -> None:
    error = refusal(small(), **{limit: 0})

    assert error.reason == "UNREADABLE_VIDEO"


def test_a_slow_store_is_given_up() -> None:
    ticking = iter(range(0, 1000, 4))

    with pytest.raises(NotFootage) as refused:
        probe(Stored(clip(10, index="last")), budget=Budget(clock=lambda: float(next(ticking))))

    assert refused.value.reason == "UNREADABLE_VIDEO"


def test_the_failure_of_the_store_itself_is_not_blamed_on_the_video() -> None:
    class Down:
        size_bytes = 1000

        def read_at(self, offset: int, length: int) -> bytes:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        probe(Down())


# ------------------------------------------------------------------ what is refused, and why


def test_an_empty_file_is_said_to_be_empty() -> None:
    assert refusal(b"").reason == "EMPTY"


@pytest.mark.parametrize("name", list(files.pretenders()))
def test_another_kind_of_file_is_named(name: str) -> None:
    error = refusal(files.pretenders()[name])

    is_video = any(name in kind for kind in CONVERTIBLE)
    assert error.reason == ("FORMAT" if is_video else "NOT_A_VIDEO")
    assert name in str(error)
    assert "MP4" in str(error)


@pytest.mark.parametrize("beginning", ["wide", "free", "skip"])
def test_a_text_whose_first_words_sound_like_boxes_is_a_text(beginning: str) -> None:
    assert "text" in str(refusal(f"The {beginning} road to the sea\n".encode()))


@pytest.mark.parametrize("index", ["first", "last", "segment list", "fragmented without list"])
@pytest.mark.parametrize("missing", [1, 100, 2000])
def test_a_cut_file_is_said_to_be_cut(index: Index, missing: int) -> None:
    data = clip(2, 320, 180, sound=False, index=index)

    error = refusal(data[:-missing])

    assert error.reason == "TRUNCATED"
    assert "cut short" in str(error)


def test_an_open_ended_media_box_that_was_cut_is_noticed_by_the_index() -> None:
    data = small(index="first")
    kind, start, end = files.top_level(data)[-1]

    error = refusal(data[:start] + box(kind, data[start + 8 : end - 500], size=0))

    assert error.reason == "TRUNCATED"


def test_an_object_shorter_than_announced_is_cut() -> None:
    stored = Stored(small())
    stored.size_bytes += 10

    with pytest.raises(NotFootage) as refused:
        probe(stored)

    assert refused.value.reason == "TRUNCATED"


def test_a_recording_without_pictures_is_told_so() -> None:
    error = refusal(recording())

    assert error.reason == "NO_VIDEO_TRACK"
    assert "only sound" in str(error)


def test_encrypted_pictures_are_refused() -> None:
    data = small(index="first", sound=False).replace(
        b"avc1\x00\x00\x00\x00", b"encv\x00\x00\x00\x00"
    )

    assert "encrypted" in str(refusal(data))
