"""The mark: put into a video while it streams, and nothing of the video is lost by it."""

import io
import itertools
from collections.abc import Iterator
from contextlib import suppress

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retake.domain.errors import NoAnswer, NotFootage
from retake.domain.vocabulary import Reason
from retake.media.ai_label import CREDENTIALS, GROWTH_BYTES, INDEX_BYTES, Marking

from tests.retake.media.labelled_videos import (
    COMMENT,
    comment_in,
    item,
    item_list,
    marked,
    packets,
    pictures,
    streamed,
    with_user_data,
)
from tests.support.video_files import body_of, box, large_box, replaced, top_level, words
from virtual.clips import small

TABLES = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


@pytest.mark.parametrize("container", ["mp4", "mov"])
@pytest.mark.parametrize("index", ["first", "last"])
@pytest.mark.parametrize("sound", [True, False])
def test_a_marked_video_has_the_comment_and_every_frame_it_had(
    container: str, index: str, sound: bool
) -> None:
    clip = small(container=container, index=index, sound=sound)

    out, marking = marked(clip)

    assert marking.marked
    assert comment_in(out) == COMMENT
    assert pictures(out) == pictures(clip)
    assert packets(out) == packets(clip)


@pytest.mark.parametrize("size", [1, 7, 8, 1000, 10**6])
def test_the_pieces_in_which_a_video_comes_change_nothing(size: int) -> None:
    clip = small()

    out, _ = marked(clip, size)

    assert out == marked(clip, 333)[0]


@st.composite
def layouts(draw: st.DrawFn) -> bytes:
    """A clip whose parts lie otherwise: fillings, long headers, wide offsets, any order."""
    clip = small(sound=draw(st.booleans()))
    parts = {kind: (start, end) for kind, start, end in top_level(clip)}
    media = clip[parts[b"mdat"][0] + 8 : parts[b"mdat"][1]]
    wide, long_media, long_index = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    between = st.lists(
        st.sampled_from([b"free", b"skip", b"wide", b"uuid", b"xtra"]).flatmap(
            lambda kind: st.binary(min_size=16, max_size=40).map(lambda body: box(kind, body))
        ),
        max_size=2,
    ).map(b"".join)
    around = [draw(between) for _ in range(3)]
    index_first = draw(st.booleans())
    ftyp = clip[slice(*parts[b"ftyp"])]
    whole = large_box if long_media else (lambda kind, body, size: box(kind, body))
    mdat = whole(b"mdat", media, size=len(media) + (16 if long_media else 8))
    moov = body_of(clip, (b"moov",))

    def built(by: int) -> tuple[bytes, int]:
        body = moved(moov, by, wide)
        size = len(body) + (16 if long_index else 8)
        index = large_box(b"moov", body, size=size) if long_index else box(b"moov", body)
        first, second = (index, mdat) if index_first else (mdat, index)
        data = ftyp + around[0] + first + around[1] + second + around[2]
        return data, data.index(mdat) + len(mdat) - len(media)

    _, at = built(0)
    return built(at - parts[b"mdat"][0] - 8)[0]


def moved(boxes: bytes, by: int, wide: bool) -> bytes:
    """The same index for media that lies elsewhere, in 32 or 64 bits."""
    out = b""
    for kind, start, end in top_level(boxes):
        body = boxes[start + 8 : end]
        if kind in TABLES:
            out += box(kind, moved(body, by, wide))
        elif kind == b"stco":
            count = int.from_bytes(body[4:8], "big")
            places = [
                int.from_bytes(body[8 + 4 * n : 12 + 4 * n], "big") + by for n in range(count)
            ]
            width = 8 if wide else 4
            out += box(
                b"co64" if wide else b"stco",
                body[:8] + b"".join(place.to_bytes(width, "big") for place in places),
            )
        else:
            out += boxes[start:end]
    return out


@settings(max_examples=80, deadline=None)
@given(layouts(), st.integers(1, 3000))
def test_wherever_its_parts_lie_the_index_still_finds_them(clip: bytes, size: int) -> None:
    before = packets(clip)

    out, marking = marked(clip, size)

    assert before
    assert marking.marked, marking.why_not
    assert packets(out) == before
    assert comment_in(out) == COMMENT


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_video_is_passed_on_or_called_cut_short_and_never_lost(
    data: st.DataObject,
) -> None:
    clip = bytearray(small(index=data.draw(st.sampled_from(["first", "last"]))))
    for _ in range(data.draw(st.integers(1, 4))):
        clip[data.draw(st.integers(0, len(clip) - 1))] = data.draw(st.integers(0, 255))
    whole = bytes(clip)
    marking = Marking(streamed(whole), COMMENT)

    out = b""
    with suppress(NotFootage):
        for piece in marking:
            out += piece
    filled = out == whole + box(b"free", bytes(GROWTH_BYTES - 8))
    assert filled or marking.marked or whole.startswith(out)
    assert not marking.marked or len(out) == len(whole) + GROWTH_BYTES


def test_a_comment_that_is_there_stays_behind_ours() -> None:
    clip = with_user_data(
        small(), item_list(item(b"\xa9too", b"Lavf"), item(b"\xa9cmt", "déjà là".encode()))
    )

    out, _ = marked(clip)

    assert comment_in(out) == f"{COMMENT} | déjà là"
    with av.open(io.BytesIO(out), "r") as film:
        assert film.metadata["encoder"] == "Lavf"
    assert pictures(out) == pictures(clip)


@pytest.mark.parametrize(
    "inside",
    [
        (),
        (bytes(4),),  # QuickTime's end of a list
        (box(b"\xa9mak", b"\0\x05\x15\xc7Maker"), bytes(4)),
        (item_list(handler=b"mdta"),),
        (box(b"meta", box(b"hdlr", bytes(8) + b"mdta" + bytes(13))),),  # without a version
        (box(b"meta", bytes(4) + box(b"hdlr", bytes(8) + b"mdir" + bytes(13))),),
        (item_list(after=box(b"free", bytes(100))),),
        (item_list(item(b"\xa9cmt", b"x" * 5000)),),
    ],
)
def test_other_metadata_is_kept_and_the_comment_can_be_read(inside: tuple[bytes, ...]) -> None:
    clip = with_user_data(small(), *inside)

    out, marking = marked(clip)

    assert marking.marked, marking.why_not
    assert (comment_in(out) or "").startswith(COMMENT)
    assert packets(out) == packets(clip)


def test_a_signed_video_is_not_touched() -> None:
    clip = small()
    brands = next(end for kind, _, end in top_level(clip) if kind == b"ftyp")
    signed = clip[:brands] + box(b"uuid", CREDENTIALS + bytes(90)) + clip[brands:]

    out, marking = marked(signed)

    assert out == signed
    assert "credentials" in marking.why_not


@pytest.mark.parametrize(
    "data", [b"", b"x", b"<html>sorry</html>" * 100, b"\x1aE\xdf\xa3webm" * 100, bytes(4096)]
)
def test_what_is_no_mp4_passes_unchanged(data: bytes) -> None:
    out, marking = marked(data)

    assert out == data
    assert not marking.marked


@pytest.mark.parametrize(
    ("clip", "why"),
    [
        (small(index="fragmented"), "fragments"),
        (replaced(small(), (b"moov",), box(b"cmov", bytes(40))), "packed"),
        (
            replaced(
                small(),
                (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"),
                words(0, 1) + box(b"url ", words(0) + b"file:///etc/passwd\0"),
            ),
            "another file",
        ),
        (replaced(small(), (b"moov",), bytes(INDEX_BYTES)), "too big"),
        (with_user_data(small(), item_list(), item_list()), "one of"),
        (with_user_data(small(), b"\1\2\3"), "cut short"),
    ],
    ids=["fragments", "packed", "elsewhere", "big", "twice", "cut"],
)
def test_what_cannot_be_marked_is_only_filled_up_behind_its_end(clip: bytes, why: str) -> None:
    out, marking = marked(clip)

    assert not marking.marked
    assert why in marking.why_not
    assert out == clip + box(b"free", bytes(GROWTH_BYTES - 8))


def test_an_offset_at_the_end_of_its_field_leaves_the_video_unmarked() -> None:
    clip = small(index="first", sound=False)
    table = words(0, 1, 2**32 - 100)
    full = replaced(clip, (*TABLES, b"stco"), table)

    out, marking = marked(full)

    assert "too far on" in marking.why_not
    assert out[: len(full)] == full


def test_a_last_box_may_go_on_to_the_end_of_the_file() -> None:
    clip = small(index="first")
    start = next(start for kind, start, _ in top_level(clip) if kind == b"mdat")
    endless = clip[:start] + bytes(4) + clip[start + 4 :]

    out, marking = marked(endless)

    assert marking.marked
    assert packets(out) == packets(endless)


@pytest.mark.parametrize("lost", [1, 500, 1023])
def test_a_video_that_ends_early_is_not_filled_up_to_look_whole(lost: int) -> None:
    clip = small(index="last")

    with pytest.raises(NotFootage) as refusal:
        marked(clip[:-lost])

    assert refusal.value.reason is Reason.TRUNCATED


def test_a_broken_transfer_is_told_as_it_is() -> None:
    def breaking() -> Iterator[bytes]:
        yield small()[:2000]
        raise NoAnswer("reset")

    marking = Marking(breaking(), COMMENT)

    with pytest.raises(NoAnswer):
        list(marking)


def test_media_passes_in_the_pieces_it_came_in() -> None:
    clip = small()
    media = next(start for kind, start, _ in top_level(clip) if kind == b"mdat")
    hole = bytes(1 << 20)
    head = clip[:media] + (8 + 64 * len(hole)).to_bytes(4, "big") + b"mdat"

    marking = Marking(itertools.chain([head], itertools.repeat(hole, 64)), COMMENT)

    assert max(len(piece) for piece in marking) <= len(hole) + len(head)
