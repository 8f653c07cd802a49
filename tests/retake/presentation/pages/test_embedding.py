"""A page with its clips inside: as long as it said, whole again in base64, never held whole."""

import base64
import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retake.domain.errors import Unavailable
from retake.presentation.pages.compare import ComparedSide
from retake.presentation.pages.embedding import Clip, embedding_page, in_base64

PIECE = 1024 * 1024


def data_in(page: bytes, name: str) -> bytes:
    found = re.search(rb'<script type="text/plain" id="%s-data">([^<]*)<' % name.encode(), page)
    assert found is not None
    return base64.b64decode(found[1], validate=True)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=50)), st.lists(st.binary(max_size=50)))
def test_the_length_is_known_before_and_the_clips_come_out_as_they_went_in(
    before: list[bytes], after: list[bytes]
) -> None:
    sides = [Clip(len(b"".join(chunks)), chunks) for chunks in (before, after)]

    length, pieces = embedding_page({"name": "día"}, before=sides[0], after=sides[1])

    page = b"".join(pieces)
    assert len(page) == length
    assert data_in(page, "before") == b"".join(before)
    assert data_in(page, "after") == b"".join(after)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=50)))
def test_base64_is_one_text_however_the_bytes_come(chunks: list[bytes]) -> None:
    assert b"".join(in_base64(chunks)) == base64.b64encode(b"".join(chunks))


def test_a_large_clip_is_held_a_piece_at_a_time() -> None:
    taken = 0

    def chunks() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(48):
            taken += 1
            yield bytes(PIECE)

    _, pieces = embedding_page({}, before=None, after=Clip(48 * PIECE, chunks()))

    for number, piece in enumerate(pieces):
        assert len(piece) <= PIECE * 4 // 3 + 4
        assert taken <= number


def test_data_stand_before_the_script_that_reads_them() -> None:
    _, pieces = embedding_page({}, before=None, after=Clip(3, [b"abc"]))

    page = b"".join(pieces)
    assert page.index(b'id="after-data"') < page.index(b"'use strict'")


def test_a_still_is_shown_where_there_is_no_clip() -> None:
    still = ComparedSide(poster_url="data:image/jpeg;base64,AAAA")

    _, pieces = embedding_page({}, before=still, after=still)

    page = b"".join(pieces).decode()
    assert page.count('src="data:image/jpeg;base64,AAAA"') == 2
    assert "<video" not in page


def test_a_clip_that_breaks_off_breaks_off_the_page() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"abc"
        raise Unavailable("S3 broke off.")

    _, pieces = embedding_page({}, before=None, after=Clip(6, chunks()))

    with pytest.raises(Unavailable):
        list(pieces)
