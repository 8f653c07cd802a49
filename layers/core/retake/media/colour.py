"""From the colours of any clip to those that every player shows alike: BT.709, limited range, SDR.

Codes of matrix, primaries and transfer are those of ITU-T H.273, which libav counts by too.
"""

from retake.domain.values import dataclass

RGB, BT709, UNSAID, BT601, BT2020 = 0, 1, 2, 6, 9
LIMITED, FULL = 1, 2  # libav's AVCOL_RANGE
HDR_TRANSFERS = frozenset({16, 18})  # PQ, HLG
# Up to here a picture that says nothing is television's of old, as players take it.
_SD_LINES, _SD_COLUMNS = 576, 1024
_EXACT = "bicubic+accurate_rnd+full_chroma_int"


@dataclass(frozen=True, slots=True)
class Colours:
    """Matrix, primaries and transfer as codes, the range as libav counts it."""

    matrix: int = UNSAID
    primaries: int = UNSAID
    transfer: int = UNSAID
    range: int = 0

    @property
    def is_hdr(self) -> bool:
        return self.transfer in HDR_TRANSFERS

    @property
    def is_wide(self) -> bool:
        """Whether a table is needed (retake.media.tone_map), not a matrix."""
        return self.is_hdr or self.primaries == BT2020


@dataclass(frozen=True, slots=True)
class Conversion:
    """How libswscale is told of it, what the new file says of it, and what a person is told."""

    options: str
    tags: Colours
    said: str | None = None


def conversion(found: Colours, width: int, height: int, *, is_rgb: bool) -> Conversion:
    """What becomes of the colours of a picture of this size, as it is coded.

    High definition that says nothing of its matrix goes on saying nothing, and keeps its values:
    whatever a player assumes, it shows the same as before.
    """
    is_sd = min(width, height) <= _SD_LINES and max(width, height) <= _SD_COLUMNS
    matrix = found.matrix if found.matrix not in (RGB, UNSAID) else BT601 if is_sd else UNSAID
    if found.is_wide:
        said = "its HDR colours mapped to SDR" if found.is_hdr else "its wide colours to BT.709"
        return Conversion("", Colours(BT709, BT709, BT709, LIMITED), said)
    primaries = BT709 if found.primaries == UNSAID else found.primaries
    transfer = BT709 if found.transfer == UNSAID else found.transfer
    tags = Colours(BT709, primaries, transfer, LIMITED)
    if is_rgb:
        options = f"out_color_matrix={BT709}:out_range=tv:flags={_EXACT}"
        return Conversion(options, tags, "its RGB colours to BT.709")
    if matrix == UNSAID:
        kept = Colours(UNSAID, found.primaries, found.transfer, LIMITED)
        return Conversion("out_range=tv:flags=bicubic", kept)
    if matrix == BT709:
        return Conversion("out_range=tv:flags=bicubic", tags)
    options = f"in_color_matrix={matrix}:out_color_matrix={BT709}:out_range=tv:flags={_EXACT}"
    return Conversion(options, tags, "its colours from BT.601 to BT.709" if is_sd else None)
