"""Files made to confuse: whatever the bytes, sane figures or a named reason, within the budget."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from retake.domain.errors import NotFootage
from retake.media.file_type import looks_like
from retake.media.probe import probe

from tests.support.video_files import FTYP, Stored, box, large_box, replaced, top_level, words
from virtual import clips
from virtual.clips import small

TABLES = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
EDITS = (b"moov", b"trak", b"edts", b"elst")
CLIP = small(index="first", sound=False)
MILLION = 1_000_000


@pytest.mark.parametrize(
    ("bomb", "reason"),
    [
        (FTYP + bytes(range(256)) * 4, "UNREADABLE_VIDEO"),
        (FTYP + box(b"moov", b"garbage!" * 10), "TRUNCATED"),
        (FTYP + box(b"moov", b"garbage!" * 10) + box(b"mdat"), "UNREADABLE_VIDEO"),
        (FTYP + box(b"moov", size=2**32 - 1), "TRUNCATED"),
        (FTYP + large_box(b"mdat", b"", size=2**64 - 1), "TRUNCATED"),
        (FTYP + box(b"moov", size=4), "UNREADABLE_VIDEO"),
        (FTYP + box(b"free") * 100_000, "UNREADABLE_VIDEO"),
        (FTYP + box(b"moov", box(b"trak") * 100_000) + box(b"mdat"), "UNREADABLE_VIDEO"),
        (FTYP + box(b"moov", bytes(9 * 2**20)) + box(b"mdat"), "UNREADABLE_VIDEO"),
        (FTYP + box(b"moov", box(b"cmov", bytes(64))) + box(b"mdat"), "UNREADABLE_VIDEO"),
        # tables of a few bytes that claim millions of pictures, or fold them many times
        (replaced(CLIP, (*TABLES, b"stsz"), words(0, 1, 2**32 - 1)), "UNREADABLE_VIDEO"),
        (replaced(CLIP, (*TABLES, b"stts"), words(0, 1, 2**32 - 1, 1)), "UNREADABLE_VIDEO"),
        (replaced(CLIP, EDITS, words(0, 2**32 - 1, 1, 0, 65536)), "UNREADABLE_VIDEO"),
        (
            replaced(
                replaced(CLIP, (*TABLES, b"stsz"), words(0, 1, MILLION // 2)),
                EDITS,
                words(0, 60) + words(MILLION, 0, 65536) * 60,
            ),
            "UNREADABLE_VIDEO",
        ),
    ],
)
def test_a_bomb_is_defused_within_the_budget(bomb: bytes, reason: str) -> None:
    stored = Stored(bomb)

    with pytest.raises(NotFootage) as refused:
        probe(stored)

    assert refused.value.reason == reason
    assert stored.requests <= 64
    assert stored.bytes_read <= max(1024 * 1024, len(bomb))


def test_boxes_nested_a_hundred_thousand_deep_are_refused() -> None:
    depth = 100_000
    nested = b"".join(box(b"trak", size=8 + 8 * (depth - level)) for level in range(depth))

    with pytest.raises(NotFootage) as refused:
        probe(Stored(FTYP + box(b"moov", nested) + box(b"mdat")))

    assert refused.value.reason == "UNREADABLE_VIDEO"


# ------------------------------------------------------------------ whatever the bytes

REASONS = {"EMPTY", "NOT_A_VIDEO", "TRUNCATED", "NO_VIDEO_TRACK", "UNREADABLE_VIDEO"}
SEEDS = [small(index=index, gop=6) for index in clips.MOVFLAGS]
QUICK = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.large_base_example]
)
EDGES = [0, 1, 7, 8, 2**31 - 1, 2**31, 2**32 - 1]


def assert_sane_or_refused(data: bytes) -> str | None:
    """Either figures a person would believe, or a reason; and never beyond the budget."""
    stored = Stored(data)
    reason, sentence = None, "."
    try:
        footage = probe(stored)
    except NotFootage as refused:
        reason, sentence = refused.reason, str(refused)
    else:
        assert 0 < footage.duration_seconds <= 7 * 24 * 3600
        assert 0 < footage.fps <= 1000
        assert math.isfinite(footage.fps)
        assert footage.width > 0
        assert footage.height > 0
    assert reason in REASONS | {None}
    assert sentence.endswith(".")
    assert stored.requests <= 64
    assert stored.bytes_read <= 1024 * 1024
    return reason


def outside_media(data: bytes) -> list[int]:
    """The offsets of all bytes that mean something to a reader of boxes."""
    return [
        at
        for kind, start, end in top_level(data)
        for at in range(start, start + 8 if kind == b"mdat" else end)
    ]


POSITIONS = [outside_media(seed) for seed in SEEDS]


@QUICK
@given(st.data())
def test_flipped_bytes_never_surprise(draw: st.DataObject) -> None:
    seed = draw.draw(st.integers(0, len(SEEDS) - 1))
    data = bytearray(SEEDS[seed])
    flips = st.lists(st.tuples(st.sampled_from(POSITIONS[seed]), st.integers(0, 255)), max_size=8)

    for at, value in draw.draw(flips):
        data[at] = value

    assert_sane_or_refused(bytes(data))


@QUICK
@given(st.data())
def test_numbers_of_any_size_never_surprise(draw: st.DataObject) -> None:
    seed = draw.draw(st.integers(0, len(SEEDS) - 1))
    data = bytearray(SEEDS[seed])
    at = draw.draw(st.sampled_from(POSITIONS[seed]))

    data[at : at + 4] = draw.draw(st.sampled_from(EDGES) | st.integers(0, 2**32 - 1)).to_bytes(4)

    assert_sane_or_refused(bytes(data))


@pytest.mark.parametrize("index", list(clips.MOVFLAGS))
def test_a_cut_at_any_byte_never_surprises(index: clips.Index) -> None:
    data = small(index=index, gop=6, sound=False)

    for end in range(0, len(data), 3):
        assert_sane_or_refused(data[:end])


@pytest.mark.parametrize("index", ["first", "last"])
def test_a_cut_plain_file_is_never_taken_for_a_whole_one(index: clips.Index) -> None:
    data = small(index=index, sound=False)
    bounds = {end for _, _, end in top_level(data)}

    cuts = sorted(bounds | {bound - 1 for bound in bounds} | set(range(32, len(data), 37)))

    assert {assert_sane_or_refused(data[:end]) for end in cuts if end < len(data)} == {"TRUNCATED"}


@QUICK
@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"ftyp", b"moov", b"trak", b"mdat", b"moof", b"sidx", b"mfra"]),
            st.sampled_from([None, *EDGES]),
            st.binary(max_size=40),
        ),
        max_size=12,
    )
)
def test_invented_boxes_never_surprise(
    boxes: list[tuple[bytes, int | None, bytes]],
) -> None:
    assert_sane_or_refused(FTYP + b"".join(box(kind, body, size=s) for kind, s, body in boxes))


@QUICK
@given(st.binary(max_size=600))
def test_any_bytes_look_like_something(head: bytes) -> None:
    assert looks_like(head)
