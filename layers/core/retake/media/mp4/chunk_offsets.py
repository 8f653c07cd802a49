"""The places in a file that its index names, moved on when the file grows in front of them.

Layouts: ISO/IEC 14496-12, sections 8.7.5 (`stco`, `co64`), 8.7.2 (`dref`) and 8.8 (fragments).
"""

import sys
from array import array

from retake.media.mp4.boxes import Box, Malformed, child, children, number

MAX_TRACKS = 64
# Boxes that name places in the file in ways that are not followed here: fragments, a packed index,
# items, auxiliary information of encrypted pictures.
UNFOLLOWED = {b"mvex": "it is in fragments", b"cmov": "it is packed"}
UNFOLLOWED_SAMPLES = frozenset({b"saio"})
OFFSET_BYTES = {b"stco": 4, b"co64": 8}
_CODES = {4: "I", 8: "Q"}
SELF_CONTAINED = 1  # the flag of a data reference: the media is in this very file


def shifted(moov: bytes, head: Box, *, behind: int, by: int) -> bytes:
    """The body of a `moov` box whose offsets at or after `behind` are moved on by so many bytes.

    Raises Malformed when the index names places in a way that is not understood, or an offset
    would not fit its field any more.
    """
    whole = bytearray(moov)
    tracks = 0
    for box in children(moov, head.body, head.end):
        if box.kind in UNFOLLOWED:
            raise Malformed(UNFOLLOWED[box.kind])
        if box.kind == b"meta" and b"iloc" in moov[box.start : box.end]:
            raise Malformed("it names items by their place")
        if box.kind == b"trak":
            tracks += 1
            _shift_track(moov, box, whole, behind, by)
    if tracks == 0 or tracks > MAX_TRACKS:
        raise Malformed(f"it holds {tracks} tracks")
    return bytes(whole[head.body :])


def _shift_track(moov: bytes, trak: Box, whole: bytearray, behind: int, by: int) -> None:
    _check_references(moov, trak)
    table = child(moov, trak.body, trak.end, b"mdia", b"minf", b"stbl")
    if table is None:
        return
    for box in children(moov, table.body, table.end):
        if box.kind in UNFOLLOWED_SAMPLES:
            raise Malformed("it names places in a way that is not known")
        if box.kind in OFFSET_BYTES:
            width = OFFSET_BYTES[box.kind]
            begin = box.body + 8  # version and flags, and how many there are
            count = number(moov, box.body + 4)
            end = begin + count * width
            if end > box.end:
                raise Malformed("its list of places is cut short")
            whole[begin:end] = _moved(moov[begin:end], width, behind, by)


def _moved(table: bytes, width: int, behind: int, by: int) -> bytes:
    offsets = array(_CODES[width], table)
    if sys.byteorder == "little":
        offsets.byteswap()
    if not offsets or max(offsets) < behind:
        return table
    if max(offsets) + by >= 1 << (8 * width):
        raise Malformed("its places are too far on for their fields")
    moved = array(_CODES[width], (at + by if at >= behind else at for at in offsets))
    if sys.byteorder == "little":
        moved.byteswap()
    return moved.tobytes()


def _check_references(moov: bytes, trak: Box) -> None:
    """Offsets into another file must stay; nothing here would know which those are."""
    references = child(moov, trak.body, trak.end, b"mdia", b"minf", b"dinf", b"dref")
    if references is None:
        return
    for box in children(moov, references.body + 8, references.end):
        if not number(moov, box.body) & SELF_CONTAINED:
            raise Malformed("it refers to another file")
