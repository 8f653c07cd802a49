"""What an H.264 sequence parameter set says of pixels, fields and colours.

ITU-T H.264, 7.3.2.1.1 and E.1.1. Read here because it stands in the index, while libav tells it
only of pictures that it has decoded, which the probe never does.
"""

from fractions import Fraction

from retake.domain.display import SQUARE
from retake.domain.values import dataclass

# Profiles whose sets name chroma and depth; all others are 4:2:0 at 8 bits.
_HIGH = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_ASPECTS = (  # Table E-1
    *((1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11), (80, 33)),
    *((18, 11), (15, 11), (64, 33), (160, 99), (4, 3), (3, 2), (2, 1)),
)
_EXTENDED_ASPECT = 255


@dataclass(frozen=True, slots=True)
class SequenceParameters:
    """Chroma and depth as in `SampleEntry`; `may_have_fields` where not all pictures are frames."""

    chroma: int
    bits: int
    may_have_fields: bool
    pixel_aspect: Fraction = SQUARE
    transfer: int = 2


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._number = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ValueError
        return self._number >> self._left & ((1 << count) - 1)

    def golomb(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise ValueError
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        code = self.golomb()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def read_sps(nal: bytes) -> SequenceParameters | None:
    """Read a set, its unit's header included; None where it makes no sense."""
    try:
        return _read(_Bits(nal[1:1024].replace(b"\0\0\3", b"\0\0")))
    except ValueError:
        return None


def _read(bits: _Bits) -> SequenceParameters:
    profile = bits.take(8)
    bits.take(16)  # constraints, level
    bits.golomb()  # its id
    chroma, depth = 1, 8
    if profile in _HIGH:
        chroma = bits.golomb()
        if chroma == 3:
            bits.take(1)
        depth = 8 + bits.golomb()
        bits.golomb()
        bits.take(1)
        if bits.take(1):
            _skip_scaling(bits, 12 if chroma == 3 else 8)
    bits.golomb()  # log2_max_frame_num
    _skip_order(bits)
    bits.golomb()  # max_num_ref_frames
    bits.take(1)
    bits.golomb()  # width
    bits.golomb()  # height
    frames_only = bits.take(1)
    if not frames_only:
        bits.take(1)
    bits.take(1)
    if bits.take(1):
        for _ in range(4):
            bits.golomb()
    aspect, transfer = _usability(bits) if bits.take(1) else (SQUARE, 2)
    return SequenceParameters(chroma, depth, not frames_only, aspect, transfer)


def _skip_order(bits: _Bits) -> None:
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(min(bits.golomb(), 255)):
            bits.signed()


def _skip_scaling(bits: _Bits, lists: int) -> None:
    for index in range(lists):
        if bits.take(1):
            last = following = 8
            for _ in range(16 if index < 6 else 64):
                if following:
                    following = (last + bits.signed()) % 256
                last = following or last


def _usability(bits: _Bits) -> tuple[Fraction, int]:
    aspect, transfer = SQUARE, 2
    if bits.take(1):
        code = bits.take(8)
        if code == _EXTENDED_ASPECT:
            wide, high = bits.take(16), bits.take(16)
            aspect = Fraction(wide, high) if wide and high else SQUARE
        elif 1 <= code <= len(_ASPECTS):
            aspect = Fraction(*_ASPECTS[code - 1])
    if bits.take(1):
        bits.take(1)
    if bits.take(1):
        bits.take(4)
        if bits.take(1):
            bits.take(8)
            transfer = bits.take(8)
    return aspect, transfer
