"""Pictures: format and size as an image library sees them, from the first bytes alone."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from retake.media.image_header import HEADER_BYTES, Picture, read_picture


def encoded(kind: str, width: int, height: int, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (200, 120, 60)).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "options", "word"),
    [
        ("PNG", {}, "png"),
        ("JPEG", {}, "jpg"),
        ("JPEG", {"progressive": True}, "jpg"),
        ("JPEG", {"exif": Image.Exif().tobytes() + bytes(30_000)}, "jpg"),
        ("WEBP", {}, "webp"),
        ("WEBP", {"lossless": True}, "webp"),
        ("WEBP", {"exif": Image.Exif().tobytes()}, "webp"),
    ],
)
def test_format_and_sides_are_read_from_the_header(
    kind: str, options: dict[str, Any], word: str
) -> None:
    head = encoded(kind, 321, 654, **options)[:HEADER_BYTES]

    assert read_picture(head) == Picture(word, 321, 654)


@pytest.mark.parametrize("body", [b"", b"GIF89a", b"<svg>", b"RIFF....WAVE", b"text"])
def test_anything_else_is_no_picture(body: bytes) -> None:
    assert read_picture(body) is None


@given(st.sampled_from(["PNG", "JPEG", "WEBP"]), st.integers(0, 400))
def test_a_cut_header_still_tells_the_format(kind: str, length: int) -> None:
    picture = read_picture(encoded(kind, 40, 30)[: 12 + length])

    assert picture is not None
    assert picture.width in (None, 40)


@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPVP8X"]), st.binary()
)
def test_no_bytes_can_break_the_reading(start: bytes, rest: bytes) -> None:
    assert read_picture(start + rest) is not None
