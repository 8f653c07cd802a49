"""When the pictures of a track begin, by its index.

Layouts: ISO/IEC 14496-12, 8.6.1.2 (`stts`), 8.6.6 (`elst`) and 8.4.2 (`mdhd`).
"""

import sys
from array import array
from collections import Counter
from collections.abc import Mapping

from retake.media.mp4.boxes import Box, number

_LONGEST_LIST = 524_288


def read_gaps(moov: bytes, stts: Box | None) -> Mapping[int, int]:
    """How often each length of stay comes, in the track's ticks."""
    gaps: Counter[int] = Counter()
    if stts is None:
        return gaps
    pairs = min(max(0, stts.end - stts.body - 8) // 8, _LONGEST_LIST)
    listed = array("I", moov[stts.body + 8 : stts.body + 8 + 8 * pairs])
    if sys.byteorder == "little":
        listed.byteswap()
    for count, gap in zip(listed[::2], listed[1::2], strict=True):
        gaps[gap] += count
    return gaps


def read_edits(moov: bytes, elst: Box | None) -> int:
    """How long a track is shown, late beginnings included, in the movie's ticks; 0: not said."""
    if elst is None:
        return 0
    wide = 8 if number(moov, elst.body, 1) else 4
    entry = 2 * wide + 4
    count = min(number(moov, elst.body + 4), (elst.end - elst.body - 8) // entry)
    return sum(number(moov, elst.body + 8 + entry * at, wide) for at in range(count))


def duration_field(moov: bytes, mdhd: Box) -> tuple[int, int]:
    """Where a media header has its duration, and in how many bytes."""
    return (mdhd.body + 24, 8) if number(moov, mdhd.body, 1) else (mdhd.body + 16, 4)


def told_duration(moov: bytes, mdhd: Box) -> int:
    """The duration in a media header; 0 where it says none, as recorders do that were cut off."""
    at, wide = duration_field(moov, mdhd)
    told = number(moov, at, wide)
    return 0 if told == (1 << 8 * wide) - 1 else told
