"""The boxes an MP4 or QuickTime file is made of (ISO/IEC 14496-12, section 4.2).

A box is a length, a four-byte kind and a body; bodies of some kinds are boxes again.
"""

from collections.abc import Iterator

from retake.domain.values import dataclass

HEADER_BYTES = 16  # the longest box header: 32-bit size, kind, 64-bit size

# Boxes known to lie side by side in a file (ISO/IEC 14496-12 table 1, QuickTime, DASH, Apple).
TOP_LEVEL = frozenset(
    b"ftyp moov mdat moof mfra sidx ssix styp emsg prft free skip wide pnot PICT uuid meta udta "
    b"pdin meco junk".split()
)


class Malformed(Exception):
    """The bytes cannot be what the box structure says they are."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies: `start` of its header, `body`, and `end` (exclusive), in bytes."""

    kind: bytes
    start: int
    body: int
    end: int


def number(data: bytes, offset: int, length: int = 4) -> int:
    """The unsigned big-endian integer at an offset; raises `Malformed` past the end."""
    if offset < 0 or offset + length > len(data):
        raise Malformed("a number lies outside its box")
    return int.from_bytes(data[offset : offset + length], "big")


def box_at(head: bytes, start: int, limit: int) -> Box:
    """Read the box header in `head`, which lies at `start` inside a space that ends at `limit`.

    The returned end may lie beyond the limit: whether that means a cut file is the caller's to say.
    """
    size, kind, header = number(head, 0), head[4:8], 8
    if len(kind) < 4:
        raise Malformed("a box header is cut short")
    if size == 1:
        size, header = number(head, 8, 8), 16
    elif size == 0:  # "extends to the end of the file"
        size = limit - start
    if size < header:
        raise Malformed("a box is smaller than its own header")
    return Box(kind, start, start + header, start + size)


def children(data: bytes, start: int, end: int, *, most: int = 256) -> Iterator[Box]:
    """The boxes lying side by side in `data[start:end]`.

    Raises `Malformed` when one reaches out of that space or there are more than `most`.
    """
    # QuickTime ends some lists with four zero bytes, hence up to seven bytes may be left over.
    while end - start >= 8:
        if most == 0:
            raise Malformed("one box holds too many others")
        most -= 1
        box = box_at(data[start : min(start + HEADER_BYTES, end)], start, end)
        if box.end > end:
            raise Malformed("a box reaches out of the one around it")
        yield box
        start = box.end


def child(data: bytes, start: int, end: int, *path: bytes) -> Box | None:
    """The first box found by following kinds downwards, or None."""
    found: Box | None = None
    for kind in path:
        found = next((box for box in children(data, start, end) if box.kind == kind), None)
        if found is None:
            return None
        start, end = found.body, found.end
    return found


def box_bytes(kind: bytes, body: bytes) -> bytes:
    """A box of this kind around this body."""
    return (len(body) + 8).to_bytes(4, "big") + kind + body
