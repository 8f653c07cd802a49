"""What the index says of how pictures are coded and shown: a visual sample entry and its boxes.

Layouts: ISO/IEC 14496-12, 12.1.3 to 12.1.5 (`pasp`, `clap`, `colr`); 14496-15, 5.3.3 and 8.3.3
(`avcC`, `hvcC`); Apple's QuickTime File Format Specification (`fiel`).
"""

from fractions import Fraction

from retake.domain.display import SQUARE, sensible
from retake.domain.values import dataclass
from retake.media.mp4.boxes import Box, Malformed, children, number
from retake.media.mp4.h264 import read_sps

_WIDTH, _HEIGHT, _BOXES = 24, 26, 78  # after the entry's own header
_INTERLACED = 2  # fields to a picture
Crop = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class SampleEntry:
    """One way in which pictures of a track are coded.

    `chroma` is 0 for grey, 1 for 4:2:0, 2 for 4:2:2, 3 for 4:4:4; `transfer` as ITU-T H.273 counts.
    """

    format: str = ""
    width: int = 0
    height: int = 0
    pixel_aspect: Fraction = SQUARE
    crop: Crop | None = None
    is_interlaced: bool = False
    transfer: int = 2
    chroma: int = 1
    bits: int = 8


def read_sample_entry(moov: bytes, stsd: Box) -> SampleEntry:
    """The first entry of a description box; what is broken in it counts as not said."""
    if stsd.end < stsd.body + 16 + _BOXES:
        return SampleEntry()
    start = stsd.body + 8
    end = min(stsd.end, start + number(moov, start))
    kind = moov[start + 4 : start + 8].decode("latin-1").strip()
    width, height = number(moov, start + 8 + _WIDTH, 2), number(moov, start + 8 + _HEIGHT, 2)
    boxes: dict[bytes, bytes] = {}
    try:
        for box in children(moov, start + 8 + _BOXES, end):
            boxes.setdefault(box.kind, moov[box.body : box.end])
    except Malformed:
        pass  # QuickTime lets anything follow the boxes
    coded = _coded(boxes)
    aspect = _pixel_aspect(boxes.get(b"pasp", b""))
    return SampleEntry(
        format=kind,
        width=width,
        height=height,
        pixel_aspect=sensible(aspect if aspect else coded.pixel_aspect),
        crop=_clean_aperture(boxes.get(b"clap", b""), width, height),
        is_interlaced=boxes.get(b"fiel", b"\0")[0] == _INTERLACED or coded.is_interlaced,
        transfer=_transfer(boxes.get(b"colr", b"")) or coded.transfer,
        chroma=coded.chroma,
        bits=coded.bits,
    )


def _coded(boxes: dict[bytes, bytes]) -> SampleEntry:
    avc, hevc = boxes.get(b"avcC", b""), boxes.get(b"hvcC", b"")
    if len(avc) > 8 and avc[5] & 0x1F:
        length = int.from_bytes(avc[6:8], "big")
        sps = read_sps(avc[8 : 8 + length])
        if sps is not None:
            return SampleEntry(
                pixel_aspect=sps.pixel_aspect,
                is_interlaced=sps.may_have_fields,
                transfer=sps.transfer,
                chroma=sps.chroma,
                bits=sps.bits,
            )
    if len(hevc) >= 19:
        return SampleEntry(chroma=hevc[16] & 3, bits=(hevc[17] & 7) + 8)
    return SampleEntry()


def _pixel_aspect(pasp: bytes) -> Fraction | None:
    if len(pasp) < 8 or not number(pasp, 0) or not number(pasp, 4):
        return None
    return Fraction(number(pasp, 0), number(pasp, 4))


def _transfer(colr: bytes) -> int:
    return number(colr, 6, 2) if colr[:4] in (b"nclx", b"nclc") and len(colr) >= 8 else 0


def _clean_aperture(clap: bytes, width: int, height: int) -> Crop | None:
    """Left, top, width and height of the picture's clean part; None where that is all of it."""
    if len(clap) < 32:
        return None
    signed = [int.from_bytes(clap[i : i + 4], "big", signed=True) for i in range(0, 32, 4)]
    if min(signed[1::2]) < 1:
        return None
    wide, high, right, down = (
        Fraction(above, below) for above, below in zip(signed[::2], signed[1::2], strict=True)
    )
    left, top = right + Fraction(width - wide, 2), down + Fraction(height - high, 2)
    found = tuple(round(each) for each in (left, top, wide, high))
    left_px, top_px, wide_px, high_px = found
    fits = (
        left_px >= 0 and top_px >= 0 and left_px + wide_px <= width and top_px + high_px <= height
    )
    is_all = (wide_px, high_px) == (width, height)
    return (
        (left_px, top_px, wide_px, high_px)
        if fits and not is_all and min(wide_px, high_px) > 1
        else None
    )
