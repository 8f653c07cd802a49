"""How long a fragmented video lasts: its index says nothing, only its fragments (`moof`) know.

The last fragment tells the end. Where it lies is told by the random access list at the end of the
file (`mfra`), the segment list at its beginning (`sidx`), or found by going backwards from the end.
Layouts: ISO/IEC 14496-12, sections 8.8 and 8.16.
"""

import struct
from collections import Counter
from dataclasses import dataclass, field

from retake.domain.errors import NotFootage
from retake.domain.vocabulary import Reason
from retake.media.mp4.boxes import (
    HEADER_BYTES,
    TOP_LEVEL,
    Box,
    Malformed,
    box_at,
    child,
    children,
    number,
)
from retake.media.mp4.tracks import Movie, Track
from retake.media.ranged_reader import TAIL_BYTES, Blocks
from retake.media.rhythm import usual_gap

# Boxes walked one by one before any list is asked: five fragments, so that the usual short clip
# gives its exact frame rate; and after the jump, before the last one is sought from the end.
BOXES_COUNTED, BOXES_AFTER_JUMP = 10, 24
TAIL_WINDOWS = tuple(TAIL_BYTES << doubling for doubling in range(4))
MFRO_BYTES = 16
# A moof begins with its mfhd box, which is always 16 bytes long.
MOOF_MFHD = b"moof\x00\x00\x00\x10mfhd"

# Flags of a track fragment header (8.8.7) before its default duration, with the fields' widths.
FIELDS_BEFORE_DURATION = ((0x1, 8), (0x2, 4))
DEFAULT_DURATION = 0x8
# Flags of a track run (8.8.8): fields before its samples, and fields of each; four bytes each.
RUN_FIELDS = (0x1, 0x4)
SAMPLE_FIELDS = (0x100, 0x200, 0x400, 0x800)
SAMPLE_DURATION = 0x100


@dataclass(frozen=True, slots=True)
class Span:
    """How long a track lasts; over the fragments seen, its usual frame rate and the average."""

    seconds: float
    fps: float
    average_fps: float


@dataclass(frozen=True, slots=True)
class _Fragment:
    start: int | None  # in ticks; older writers leave it out
    ticks: int
    samples: int
    gaps: Counter[int]


@dataclass(slots=True)
class _Tally:
    begin: int | None
    end: int = 0
    ticks: int = 0
    samples: int = 0
    timed: bool = True
    next: int = 0  # the offset at which the walk would go on
    last: tuple[int, int] | None = None  # start and ticks of the fragment before that
    gaps: Counter[int] = field(default_factory=Counter)
    awaits_media: bool = False  # pictures were announced, and nothing has come yet that holds them

    def add(self, fragment: _Fragment) -> None:
        start = self.end if fragment.start is None else fragment.start
        self.begin = start if self.begin is None else self.begin
        self.end = max(self.end, start + fragment.ticks)
        if self.last and start > self.last[0]:
            # Some writers guess how long a fragment's last picture stays; the next one knows.
            self.ticks += start - self.last[0] - self.last[1]
        self.last = (start, fragment.ticks)
        self.ticks += fragment.ticks
        self.samples += fragment.samples
        self.gaps += fragment.gaps
        self.timed = self.timed and fragment.start is not None


def measure(
    blocks: Blocks, movie: Movie, track: Track, first: int, segments: Box | None = None
) -> Span:
    """The length of a track whose first fragment lies at `first`, its `sidx` box before it.

    Raises `Malformed`, or `NotFootage` when the file is cut or the budget is spent.
    """
    # Where the index holds pictures too, the fragments continue them.
    tally = _Tally(begin=0 if track.samples else None)
    at = _walk(blocks, movie, track, tally, first, boxes=BOXES_COUNTED)
    if tally.timed and at < blocks.size_bytes:
        listed = (_last_in_mfra(blocks, track), _last_in_sidx(blocks, track, segments))
        at = max(at, *(offset for offset in listed if _is_ours(blocks, movie, track, offset)), 0)
    at = _walk(blocks, movie, track, tally, at, boxes=BOXES_AFTER_JUMP)
    if tally.timed and at < blocks.size_bytes:
        at = _last_before_end(blocks, movie, track, at)
    _walk(blocks, movie, track, tally, at)
    if tally.awaits_media:
        raise _cut_short("its last pictures are announced, but not in it")
    if tally.ticks == 0:
        raise Malformed("its fragments hold no pictures")
    average = tally.samples * track.ticks_per_second / tally.ticks
    gap = usual_gap(tally.gaps, track.ticks_per_second)
    return Span(
        seconds=(tally.end - (tally.begin or 0)) / track.ticks_per_second,
        fps=track.ticks_per_second / gap if gap else average,
        average_fps=average,
    )


def _walk(
    blocks: Blocks, movie: Movie, track: Track, tally: _Tally, at: int, *, boxes: int = -1
) -> int:
    """Add fragments from an offset on, at most so many boxes; returns the offset after those."""
    if at != tally.next:
        tally.last = None
    while at < blocks.size_bytes and boxes != 0:
        blocks.count_box()
        boxes -= 1
        try:
            box = box_at(blocks.read(at, HEADER_BYTES), at, blocks.size_bytes)
        except Malformed:
            return blocks.size_bytes  # padding after the last fragment
        if box.end > blocks.size_bytes and box.kind not in TOP_LEVEL:
            return blocks.size_bytes  # padding, too
        if box.end > blocks.size_bytes:
            raise _cut_short(f"it lacks {box.end - blocks.size_bytes} bytes of its last part")
        if box.kind == b"moov":
            raise Malformed("a second video begins behind the first one")
        if box.kind == b"mdat":
            tally.awaits_media = False
        if box.kind == b"moof" and (fragment := _read_fragment(blocks, movie, track, box)):
            tally.awaits_media = fragment.samples > 0
            tally.add(fragment)
        at = tally.next = box.end
    return at


def _read_fragment(blocks: Blocks, movie: Movie, track: Track, moof: Box) -> _Fragment | None:
    """What a fragment adds to a track, or None when it has nothing for it."""
    data = blocks.read(moof.start, moof.end - moof.start)
    start, gaps, ours = None, Counter[int](), False
    for traf in children(data, moof.body - moof.start, len(data)):
        tfhd = child(data, traf.body, traf.end, b"tfhd") if traf.kind == b"traf" else None
        if tfhd is None or number(data, tfhd.body + 4) != track.number:
            continue
        ours = True
        usual = _default_duration(data, tfhd, movie.sample_ticks.get(track.number, 0))
        for box in children(data, traf.body, traf.end):
            if box.kind == b"tfdt" and start is None:
                start = number(data, box.body + 4, 8 if number(data, box.body, 1) else 4)
            elif box.kind == b"trun":
                gaps += _read_run(data, box, usual)
    ticks = sum(gap * count for gap, count in gaps.items())
    return _Fragment(start, ticks, gaps.total(), gaps) if ours else None


def _default_duration(data: bytes, tfhd: Box, otherwise: int) -> int:
    flags = number(data, tfhd.body + 1, 3)
    if not flags & DEFAULT_DURATION:
        return otherwise
    before = sum(width for flag, width in FIELDS_BEFORE_DURATION if flags & flag)
    return number(data, tfhd.body + 8 + before)


def _read_run(data: bytes, trun: Box, usual: int) -> Counter[int]:
    """How many samples of a run last how many ticks."""
    flags, count = number(data, trun.body + 1, 3), number(data, trun.body + 4)
    if not flags & SAMPLE_DURATION:
        return Counter({usual: count})
    start = trun.body + 8 + 4 * sum(bool(flags & flag) for flag in RUN_FIELDS)
    fields = sum(bool(flags & flag) for flag in SAMPLE_FIELDS)
    if start + 4 * fields * count > trun.end:
        raise Malformed("a fragment claims more pictures than it lists")
    listed = struct.unpack_from(f">{fields * count}I", data, start)
    return Counter(listed[::fields])  # the duration is each sample's first field


def _cut_short(why: str) -> NotFootage:
    return NotFootage(Reason.TRUNCATED, f"The video is cut short: {why}.", field="video")


def _is_ours(blocks: Blocks, movie: Movie, track: Track, offset: int) -> bool:
    """Whether a fragment of this track lies at an offset that some list, or luck, has given."""
    try:
        box = box_at(blocks.read(offset, HEADER_BYTES), offset, blocks.size_bytes)
        if box.kind != b"moof" or box.end > blocks.size_bytes:
            return False
        blocks.count_box()
        return _read_fragment(blocks, movie, track, box) is not None
    except Malformed:
        return False


def _last_in_mfra(blocks: Blocks, track: Track) -> int:
    """Where the random access list (8.8.9) says the track's last fragment lies; 0 if it does not.

    It lists key pictures only, so fragments may follow that one.
    """
    size = blocks.size_bytes
    mfro = blocks.read(size - MFRO_BYTES, MFRO_BYTES)
    if mfro[4:8] != b"mfro":
        return 0
    length = number(mfro, 12)
    if not MFRO_BYTES < length <= TAIL_WINDOWS[-1]:
        return 0
    data = blocks.read(size - length, length)
    try:
        for box in children(data, 8, len(data)):
            if box.kind == b"tfra" and number(data, box.body + 4) == track.number:
                wide = 8 if number(data, box.body, 1) else 4
                widths = number(data, box.body + 8)
                entry = 2 * wide + sum((widths >> shift & 3) + 1 for shift in (0, 2, 4))
                last = box.body + 16 + entry * (number(data, box.body + 12) - 1)
                return number(data, last + wide, wide) if last > box.body else 0
    except Malformed:
        pass  # the list is a short cut; without it the fragments themselves are asked
    return 0


def _last_in_sidx(blocks: Blocks, track: Track, sidx: Box | None) -> int:
    """Where the segment list (8.16.3) says the last segment lies; 0 if it does not.

    Raises `NotFootage` when the list speaks of more than the file holds.
    """
    if sidx is None:
        return 0
    data = blocks.read(sidx.start, sidx.end - sidx.start)
    body = sidx.body - sidx.start
    try:
        wide = 8 if number(data, body, 1) else 4
        counted = body + 12 + 2 * wide + 2
        if number(data, body + 4) != track.number:
            return 0
        at = sidx.end + number(data, body + 12 + wide, wide)
        listed = [number(data, counted + 2 + 12 * i) for i in range(number(data, counted, 2))]
    except Malformed:
        return 0
    if not listed or any(entry >> 31 for entry in listed):  # a list of further lists
        return 0
    if at + sum(listed) > blocks.size_bytes:
        raise _cut_short("it lists parts beyond the end of the file")
    return at + sum(listed[:-1])


def _last_before_end(blocks: Blocks, movie: Movie, track: Track, at: int) -> int:
    """Where the track's last fragment lies, searched from the end back; `at` if not found."""
    size = blocks.size_bytes
    for window in TAIL_WINDOWS:
        start = max(at, size - window)
        data = blocks.read(start, size - start)
        found = data.rfind(MOOF_MFHD)
        while found >= 4:
            if _is_ours(blocks, movie, track, start + found - 4):
                return start + found - 4
            found = data.rfind(MOOF_MFHD, 0, found)
        if start == at:
            break
    return at
