"""What is inside a video file: container, codec, length, picture size, sound.

`probe` looks through a few ranged reads; the file is never downloaded. Only the index of its video
track reaches libav, so a hostile file cannot make libav read, follow or unfold anything else.
"""

import io
import math
from collections.abc import Iterator
from dataclasses import replace

from retake.catalog.repair_plan import CONVERTIBLE, hint
from retake.domain.display import SQUARE, Display
from retake.domain.errors import NotFootage
from retake.domain.footage import Footage, Oddity
from retake.domain.values import dataclass
from retake.domain.vocabulary import Fit, Reason
from retake.media.file_type import looks_like
from retake.media.mp4.boxes import HEADER_BYTES, TOP_LEVEL, Box, Malformed, box_at, box_bytes
from retake.media.mp4.fragments import measure
from retake.media.mp4.tracks import Movie, Track, read_movie
from retake.media.ranged_reader import Blocks, Budget, Reader
from retake.media.rhythm import usual_gap

__all__ = ["Budget", "Footage", "NotFootage", "Reader", "looks_like", "probe"]

ALLOWED = "MP4 or QuickTime (MOV)"
MAX_FRAMES_PER_SECOND = 1000
MAX_SECONDS = 7 * 24 * 3600
HEAD_BYTES = 512
# A rate that differs less from the average is the same: of the last picture nobody knows how long
# it stays, and some writers guess.
SAME_RATE = 0.05
# Sound may end a little later than the pictures: its last packet is padded.
PADDING_SECONDS = 0.1
HDR_TRANSFERS = frozenset({16, 18})  # PQ and HLG, as ITU-T H.273 counts
# Apple's players want the parameter sets in the index (hvc1); Dolby's tag is the same as hev1.
UNUSUAL_TAGS = frozenset({"hev1", "dvhe", "avc3"})
# For a stream without packets: the smallest probe there is, so libav opens no decoder on them.
INDEX_ONLY = {"probesize": "32", "analyzeduration": "0", "protocol_whitelist": "none"}

# QuickTime files older than `ftyp` begin with one of these; the small ones are plain English words,
# so a text may begin with them too.
FIRST = frozenset(b"ftyp moov mdat free skip wide pnot".split())
SMALL = frozenset(b"free skip wide pnot".split())
# ISO/IEC 23008-12 and others: files made like MP4 which are pictures unless they hold a movie.
PICTURE_BRANDS = frozenset(b"heic heix heim heis mif1 msf1 avif avis crx ".split(b" "))


def index_of(blocks: Blocks) -> tuple[Movie, Track]:
    """The index of a stored file, and which of its tracks has the pictures.

    Raises NotFootage, and Malformed for an index that makes no sense.
    """
    moov = _outline(blocks).moov
    movie = read_movie(blocks.read_index(moov.start, moov.end - moov.start))
    return movie, _video_of(movie)


def index_file(movie: Movie, track: Track) -> bytes:
    """A file that holds this track's index and nothing else. Raises Malformed on bombs."""
    return box_bytes(b"ftyp", b"isom\0\0\2\0isom") + movie.alone(track)


@dataclass(frozen=True, slots=True)
class _Outline:
    brand: bytes
    moov: Box
    first_fragment: int | None
    segments: Box | None


def probe(reader: Reader, *, budget: Budget = Budget()) -> Footage:  # noqa: B008 - immutable
    """Say what a stored file holds, from its index alone. Raises as `examine`."""
    return examine(reader, budget=budget)[0]


def examine(
    reader: Reader,
    *,
    budget: Budget = Budget(),  # noqa: B008 - immutable
) -> tuple[Footage, Display, int]:
    """What a stored file holds, how its pictures are shown, and the number of their track.

    Raises `NotFootage` with one of EMPTY, NOT_A_VIDEO, TRUNCATED, NO_VIDEO_TRACK, UNREADABLE_VIDEO,
    also when the file cannot be understood within the budget.
    """
    if reader.size_bytes == 0:
        raise NotFootage(Reason.EMPTY, "The file is empty.", field="video", allowed=ALLOWED)
    blocks = Blocks(reader, budget)
    try:
        outline = _outline(blocks)
        moov = outline.moov
        movie = read_movie(blocks.read_index(moov.start, moov.end - moov.start))
        track = _video_of(movie)
        if movie.fragmented and outline.first_fragment is not None:
            span = measure(blocks, movie, track, outline.first_fragment, outline.segments)
            shot = _ask_libav(movie, track)
            seconds, fps, average = span.seconds, span.fps, span.average_fps
        else:
            shot = _ask_libav(movie, track)
            seconds, average = shot.seconds, shot.fps
            gap = usual_gap(track.gaps, track.ticks_per_second)
            fps = track.ticks_per_second / gap if gap else average
            if shot.media_end > blocks.size_bytes:
                raise _truncated("its index points past the end of the file")
    except Malformed as error:
        raise _unreadable(str(error)) from error
    if not (math.isfinite(seconds) and seconds > 0 and math.isfinite(fps) and fps > 0):
        raise _unreadable("its video track holds no pictures")
    if fps > MAX_FRAMES_PER_SECOND or seconds > MAX_SECONDS:
        raise _unreadable(f"it claims {seconds:.0f} seconds at {fps:.0f} pictures a second")
    # Of some codecs (MPEG-4, H.263) libav leaves the size to the pictures.
    width, height = shot.width or track.entry.width, shot.height or track.entry.height
    if width < 1 or height < 1:
        raise _unreadable("its pictures have no size")
    display = replace(track.display, width=width, height=height)
    width, height = display.sides
    is_longer = movie.whole_seconds > seconds + PADDING_SECONDS
    footage = Footage(
        container="mov" if outline.brand in (b"qt  ", b"") else "mp4",
        codec=shot.codec,
        duration_seconds=seconds,
        width=width,
        height=height,
        fps=fps,
        has_audio=movie.has_audio(),
        size_bytes=blocks.size_bytes,
        rotation_degrees=display.rotation_degrees,
        brand=outline.brand.decode("latin-1").strip(),
        average_fps=average if abs(average - fps) > fps * SAME_RATE else None,
        whole_seconds=movie.whole_seconds if is_longer else None,
        pixel_aspect=float(display.pixel_aspect),
        is_mirrored=display.is_mirrored,
    )
    return replace(footage, oddities=tuple(_oddities(footage, movie, track))), display, track.number


def _oddities(footage: Footage, movie: Movie, track: Track) -> Iterator[str]:
    entry = track.entry
    found = {
        Oddity.ANAMORPHIC: entry.pixel_aspect != SQUARE or entry.crop is not None,
        Oddity.INTERLACED: entry.is_interlaced,
        Oddity.HDR: entry.transfer in HDR_TRANSFERS,
        Oddity.UNUSUAL_PIXELS: entry.chroma > 1 or (footage.codec == "h264" and entry.bits > 8),
        Oddity.UNUSUAL_TAG: track.format in UNUSUAL_TAGS,
        Oddity.SEVERAL_SOUNDS: movie.sounds > 1,
    }
    yield from (str(oddity) for oddity, is_so in found.items() if is_so)


def _outline(blocks: Blocks) -> _Outline:
    """Walk the boxes side by side in the file, up to its end or its first fragment."""
    size = blocks.size_bytes
    brand, media = b"", False
    moov: Box | None = None
    fragment: int | None = None
    segments: Box | None = None
    at = 0
    while at < size and fragment is None:
        blocks.count_box()
        try:
            box = box_at(blocks.read(at, HEADER_BYTES), at, size)
        except Malformed:
            box = None
        if at == 0 and (
            box is None or box.kind not in FIRST or (box.kind in SMALL and box.end > size)
        ):
            raise _not_a_video(blocks.read(0, HEAD_BYTES))
        known = box is not None and box.kind in TOP_LEVEL
        if box is None or (box.end > size and not known):
            # Some recorders pad the end with anything; without an index it is no video at all.
            if moov is not None and media:
                break
            if size - at < 8:
                break
            raise _unreadable("what follows its first bytes is not a video")
        if box.end > size:
            raise _truncated(f"it lacks {box.end - size} bytes of its {box.kind.decode()} part")
        if box.kind == b"ftyp" and at == 0:
            brand = blocks.read(box.body, 4)
        elif box.kind == b"moov" and moov is not None and media:
            raise _unreadable(f"a second video begins at byte {box.start:,}, behind the first one")
        elif box.kind == b"moov" and moov is None:
            moov = box
        elif box.kind == b"moof":
            fragment = box.start
        elif box.kind == b"sidx" and segments is None:
            segments = box
        media = media or box.kind in (b"mdat", b"moof")
        at = box.end
    if moov is None and brand in PICTURE_BRANDS:
        raise _not_a_video(blocks.read(0, HEAD_BYTES))
    if moov is None:
        raise _truncated("its index (moov) is missing")
    if not media:
        raise _truncated("it holds an index but no pictures")
    return _Outline(brand, moov, fragment, segments)


def _video_of(movie: Movie) -> Track:
    track = movie.video()
    if track is None:
        holds = "only sound" if movie.has_audio() else "no pictures"
        raise NotFootage(
            Reason.NO_VIDEO_TRACK,
            f"The file holds {holds}; a video track is needed.",
            field="video",
            found=holds,
            allowed="a video track",
        )
    if track.format == "encv":
        raise _unreadable("its pictures are encrypted")
    if track.ticks_per_second == 0:
        raise _unreadable("its video track has no time scale")
    return track


@dataclass(frozen=True, slots=True)
class _Shot:
    codec: str
    width: int
    height: int
    seconds: float
    fps: float
    media_end: int


def _ask_libav(movie: Movie, track: Track) -> _Shot:
    """What libav's mov demuxer makes of the track's index, with nothing else to read."""
    import av  # here, because only the functions that look inside a video carry PyAV

    index = index_file(movie, track)
    try:
        with av.open(io.BytesIO(index), format="mov", options=dict(INDEX_ONLY)) as container:
            stream = container.streams.video[0]
            # PyAV gives None, against its own type hints, where libav knows no such codec.
            context = getattr(stream, "codec_context", None)
            if context is None or stream.time_base is None:
                raise _unreadable(f"its pictures are coded as {track.format!r}, which is unknown")
            entries = stream.index_entries
            rate = stream.average_rate
            last = entries[len(entries) - 1] if len(entries) else None
            return _Shot(
                codec=context.codec.canonical_name,
                width=context.width,
                height=context.height,
                seconds=float((stream.duration or 0) * stream.time_base),
                fps=float(rate or 0),
                media_end=last.pos + last.size if last else 0,
            )
    except (av.FFmpegError, IndexError, ValueError, OverflowError, ZeroDivisionError) as error:
        raise _unreadable("its index makes no sense to libav") from error


def _not_a_video(head: bytes) -> NotFootage:
    kind = looks_like(head)
    # What holds a film in another container is a video all the same.
    reason = Reason.FORMAT if kind in CONVERTIBLE else Reason.NOT_A_VIDEO
    return NotFootage(
        reason,
        f"The file is {kind}; {ALLOWED} is needed."
        + hint([Fit.AUTO] if kind in CONVERTIBLE else []),
        field="video",
        found=kind,
        allowed=ALLOWED,
    )


def _truncated(why: str) -> NotFootage:
    return NotFootage(Reason.TRUNCATED, f"The video is cut short: {why}.", field="video", found=why)


def _unreadable(why: str) -> NotFootage:
    return NotFootage(
        Reason.UNREADABLE_VIDEO, f"The video cannot be read: {why}.", field="video", found=why
    )
