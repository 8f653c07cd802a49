"""What a reference picture is, read from its first bytes: format and size in pixels."""

from retake.domain.values import dataclass

HEADER_BYTES = 64 * 1024  # a JPEG's size stands behind its metadata, rarely further in than this

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
# Markers of a JPEG that carry no length, and those that begin a frame and so hold its size
# (ITU-T T.81, table B.1); C4, C8 and CC lie between them and are something else.
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Picture:
    """`format` is png, jpg or webp; the sides are None when the header was not long enough."""

    format: str
    width: int | None = None
    height: int | None = None


def read_picture(head: bytes) -> Picture | None:
    """The picture these first bytes begin; None when they begin something else."""
    if head.startswith(_PNG):
        return Picture("png", *_big(head, 16, 20)) if len(head) >= 24 else Picture("png")
    if head.startswith(_JPEG):
        return Picture("jpg", *_jpeg_sides(head))
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Picture("webp", *_webp_sides(head))
    return None


def _big(head: bytes, *places: int) -> list[int]:
    return [int.from_bytes(head[place : place + 4], "big") for place in places]


def _jpeg_sides(head: bytes) -> tuple[int, int] | tuple[()]:
    place = 2
    while place + 9 <= len(head):
        if head[place] != 0xFF:
            return ()
        marker = head[place + 1]
        if marker in _FRAMES:
            height, width = head[place + 5 : place + 7], head[place + 7 : place + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        bare = marker in _BARE or marker == 0xFF
        place += 2 if bare else 2 + int.from_bytes(head[place + 2 : place + 4], "big")
    return ()


def _webp_sides(head: bytes) -> tuple[int, int] | tuple[()]:
    # The three kinds of WebP (RFC 9649, section 2) keep their size in three ways.
    kind = head[12:16]
    if kind == b"VP8X" and len(head) >= 30:
        return (
            int.from_bytes(head[24:27], "little") + 1,
            int.from_bytes(head[27:30], "little") + 1,
        )
    if kind == b"VP8L" and len(head) >= 25:
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and len(head) >= 30:
        return (
            int.from_bytes(head[26:28], "little") & 0x3FFF,
            int.from_bytes(head[28:30], "little") & 0x3FFF,
        )
    return ()
