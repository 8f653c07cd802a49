"""The tracks a movie's index (`moov`) announces, and the index cut down to one of them.

Layouts: ISO/IEC 14496-12, sections 8.3 to 8.8; Apple's QuickTime File Format Specification.
"""

import struct
import sys
from array import array
from collections.abc import Callable, Mapping

from retake.domain.display import Display, turn_of
from retake.domain.values import dataclass
from retake.media.mp4.boxes import Box, Malformed, box_at, box_bytes, child, children, number
from retake.media.mp4.sample_entry import SampleEntry, read_sample_entry
from retake.media.mp4.sample_table import duration_field, read_edits, read_gaps, told_duration

VIDEO, SOUND = b"vide", b"soun"
# How covers and thumbnails are coded; a film may be too, where no other track holds one.
STILLS = frozenset({"jpeg", "mjpa", "mjpb", "png"})

# What is left of an index cut down to one track: enough to know the pictures, and nothing that
# could refer to another file (`dinf`), be packed (`cmov`) or describe other tracks.
KEPT: dict[bytes, frozenset[bytes]] = {
    b"trak": frozenset({b"tkhd", b"edts", b"mdia"}),
    b"edts": frozenset({b"elst"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf"}),
    b"minf": frozenset({b"vmhd", b"stbl"}),
    b"stbl": frozenset(
        {b"stsd", b"stts", b"ctts", b"cslg", b"stss", b"stsc", b"stsz", b"stz2", b"stco", b"co64"}
    ),
}

# A demuxer unfolds these tables to one record per picture, and once more for each entry of an edit
# list, so a few bytes can claim gigabytes. Half a million pictures are two hours at 60 a second.
MAX_SAMPLES = 524_288
MAX_UNFOLDED = 2 * MAX_SAMPLES
MAX_EDITS = 64
MAX_DESCRIPTIONS = 16

# tkhd, mvhd and mdhd: bytes before the first field after the times, in version 0 and 1
_AFTER_TIMES = (12, 20)
ENABLED = 0x1


@dataclass(frozen=True, slots=True)
class Track:
    """One track: its handler (`vide`, `soun`, …), time scale in ticks a second, and format code.

    `gaps` counts how often each picture's stay comes, in ticks; `shown_seconds` is how long a
    player is busy with it, late beginnings included.
    """

    number: int
    handler: bytes
    enabled: bool
    ticks_per_second: int
    format: str
    samples: int
    edits: int
    entry: SampleEntry
    display: Display
    gaps: Mapping[int, int]
    shown_seconds: float
    media_header: Box
    box: Box

    @property
    def ticks(self) -> int:
        """How long all its pictures stay together."""
        return sum(gap * count for gap, count in self.gaps.items())


@dataclass(frozen=True, slots=True)
class Movie:
    """An index: its tracks, and whether the pictures are in fragments announced elsewhere.

    `sample_ticks` is what each track's fragments say when they say nothing of a duration.
    """

    moov: bytes
    tracks: tuple[Track, ...]
    fragmented: bool
    sample_ticks: dict[int, int]

    def video(self) -> Track | None:
        """The track with the pictures: the first enabled one that is no cover, else the first."""
        videos = [track for track in self.tracks if track.handler == VIDEO]
        most = max((track.samples for track in videos), default=0)

        def rank(track: Track) -> tuple[bool, bool, bool]:
            return track.format in STILLS, track.samples <= 1 < most, not track.enabled

        return min(videos, key=rank, default=None)

    @property
    def whole_seconds(self) -> float:
        """How long the longest of its films and sounds is shown."""
        heard = [each for each in self.tracks if each.handler in (VIDEO, SOUND) and each.enabled]
        return max((each.shown_seconds for each in heard), default=0.0)

    @property
    def sounds(self) -> int:
        """How many tracks hold sound."""
        return sum(track.handler == SOUND for track in self.tracks)

    def has_audio(self) -> bool:
        """Whether any track holds sound."""
        return any(track.handler == SOUND for track in self.tracks)

    def alone(self, track: Track) -> bytes:
        """The index with this track only, as a whole `moov` box; raises `Malformed` on bombs."""
        if track.samples * track.edits > MAX_UNFOLDED:
            raise Malformed(f"its index edits {track.samples} pictures {track.edits} times")
        moov = _with_duration(self.moov, track)
        body = b"".join(
            _cut_down(moov, box) for box in _inside(moov) if box.kind == b"mvhd" or box == track.box
        )
        return box_bytes(b"moov", body)


def read_movie(moov: bytes) -> Movie:
    """Read a whole `moov` box; raises `Malformed`."""
    tracks: list[Track] = []
    fragmented, sample_ticks = False, {}
    turn, ticks_per_second = (1.0, 0.0, 0.0, 1.0), 0
    for box in _inside(moov):
        if box.kind == b"cmov":
            raise Malformed("its index is compressed")
        if box.kind == b"mvhd":
            # after the times: time scale, duration, rate, volume, reserved, matrix
            turn = _matrix(moov, box, after_duration=16)
            ticks_per_second = number(moov, box.body + _after_times(moov, box))
    for box in _inside(moov):
        if box.kind == b"trak":
            tracks.append(_read_track(moov, box, turn, ticks_per_second))
        elif box.kind == b"mvex":
            fragmented = True
            for entry in children(moov, box.body, box.end):
                if entry.kind == b"trex":
                    track = number(moov, entry.body + 4)
                    sample_ticks[track] = number(moov, entry.body + 12)
    return Movie(moov, tuple(tracks), fragmented, sample_ticks)


def _inside(moov: bytes) -> list[Box]:
    whole = box_at(moov[:16], 0, len(moov))
    return list(children(moov, whole.body, whole.end))


def _read_track(
    moov: bytes, trak: Box, turn: tuple[float, float, float, float], movie_ticks_per_second: int
) -> Track:
    def find(*path: bytes) -> Box:
        box = child(moov, trak.body, trak.end, *path)
        if box is None:
            raise Malformed(f"a track lacks its {path[-1].decode()} box")
        return box

    tkhd, mdhd = find(b"tkhd"), find(b"mdia", b"mdhd")
    hdlr, stbl = find(b"mdia", b"hdlr"), find(b"mdia", b"minf", b"stbl")
    stsd = child(moov, stbl.body, stbl.end, b"stsd")
    sizes = child(moov, stbl.body, stbl.end, b"stsz") or child(moov, stbl.body, stbl.end, b"stz2")
    elst = child(moov, trak.body, trak.end, b"edts", b"elst")
    code = moov[stsd.body + 12 : min(stsd.body + 16, stsd.end)] if stsd else b""
    is_video = moov[hdlr.body + 8 : hdlr.body + 12] == VIDEO
    entry = read_sample_entry(moov, stsd) if stsd and is_video else SampleEntry()
    # after the times: track, reserved, duration, reserved, layer, group, volume, reserved
    matrix = _matrix(moov, tkhd, after_duration=16, before_duration=8)
    is_mirrored, rotation_degrees = turn_of(_combined(matrix, turn))
    gaps = read_gaps(moov, child(moov, stbl.body, stbl.end, b"stts"))
    ticks_per_second = number(moov, mdhd.body + _after_times(moov, mdhd))
    shown = read_edits(moov, elst) / movie_ticks_per_second if movie_ticks_per_second else 0.0
    ticks = told_duration(moov, mdhd) or sum(gap * count for gap, count in gaps.items())
    return Track(
        number=number(moov, tkhd.body + _after_times(moov, tkhd)),
        handler=moov[hdlr.body + 8 : hdlr.body + 12],
        enabled=bool(number(moov, tkhd.body + 1, 3) & ENABLED),
        ticks_per_second=ticks_per_second,
        format=code.decode("latin-1").strip(),
        samples=number(moov, sizes.body + 8) if sizes else 0,
        edits=number(moov, elst.body + 4) if elst else 0,
        entry=entry,
        display=Display(
            width=entry.width,
            height=entry.height,
            pixel_aspect=entry.pixel_aspect,
            is_mirrored=is_mirrored,
            rotation_degrees=rotation_degrees,
            crop=entry.crop,
        ),
        gaps=gaps,
        shown_seconds=shown or (ticks / ticks_per_second if ticks_per_second else 0.0),
        media_header=mdhd,
        box=trak,
    )


def _after_times(moov: bytes, box: Box) -> int:
    return _AFTER_TIMES[1 if number(moov, box.body, 1) else 0]


def _matrix(
    moov: bytes, box: Box, *, after_duration: int, before_duration: int = 4
) -> tuple[float, float, float, float]:
    wide = 8 if number(moov, box.body, 1) else 4
    start = box.body + _after_times(moov, box) + before_duration + wide + after_duration
    if start + 36 > box.end:
        raise Malformed("a transformation matrix is cut short")
    a, b, _, c, d = struct.unpack_from(">5i", moov, start)
    return a / 65536, b / 65536, c / 65536, d / 65536


def _combined(
    track: tuple[float, float, float, float], movie: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """The track's transformation, and the movie's after it."""
    return (
        track[0] * movie[0] + track[1] * movie[2],
        track[0] * movie[1] + track[1] * movie[3],
        track[2] * movie[0] + track[3] * movie[2],
        track[2] * movie[1] + track[3] * movie[3],
    )


def _with_duration(moov: bytes, track: Track) -> bytes:
    """The index with the duration that the track's table gives, where its header says none."""
    if told_duration(moov, track.media_header):
        return moov
    at, wide = duration_field(moov, track.media_header)
    ticks = min(track.ticks, (1 << 8 * wide) - 2)
    return moov[:at] + ticks.to_bytes(wide, "big") + moov[at + wide :]


def _cut_down(moov: bytes, box: Box) -> bytes:
    if (kept := KEPT.get(box.kind)) is None:
        _refuse_bomb(moov, box)
        return moov[box.start : box.end]
    inner: dict[bytes, Box] = {}
    for found in children(moov, box.body, box.end):
        if found.kind in kept:
            inner.setdefault(found.kind, found)  # a second table could belie the one looked at
    body = b"".join(_cut_down(moov, found) for found in inner.values())
    return box_bytes(box.kind, body)


def _refuse_bomb(moov: bytes, box: Box) -> None:
    if (claims := _CLAIMS.get(box.kind)) is None:
        return
    count, most = claims
    if (claimed := count(moov, box)) > most:
        raise Malformed(f"its index claims {claimed} entries of one sort")


def _sum_of_counts(moov: bytes, box: Box) -> int:
    """How many samples a list of (count, value) pairs speaks of."""
    pairs = max(0, box.end - box.body - 8) // 8
    listed = array("I", moov[box.body + 8 : box.body + 8 + 8 * pairs])
    if sys.byteorder == "little":
        listed.byteswap()
    return sum(listed[::2])


# How to read what a table claims, and the most of it.
_CLAIMS: dict[bytes, tuple[Callable[[bytes, Box], int], int]] = {
    b"stsz": (lambda moov, box: number(moov, box.body + 8), MAX_SAMPLES),
    b"stz2": (lambda moov, box: number(moov, box.body + 8), MAX_SAMPLES),
    b"stts": (_sum_of_counts, MAX_SAMPLES),
    b"ctts": (_sum_of_counts, MAX_SAMPLES),
    b"elst": (lambda moov, box: number(moov, box.body + 4), MAX_EDITS),
    b"stsd": (lambda moov, box: number(moov, box.body + 4), MAX_DESCRIPTIONS),
}
