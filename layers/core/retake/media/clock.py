"""When the pictures of a whole file begin, by its packets, and where its clock breaks."""

from array import array
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from av.container import InputContainer
from av.video.stream import VideoStream

from retake.catalog.repair_plan import not_repairable
from retake.domain.values import dataclass
from retake.media.mp4.tracks import MAX_SAMPLES
from retake.media.rhythm import usual_gap

# Two pictures may lie a tick of a coarse clock apart without being meant to.
_UNSTEADY = 0.2
_TICK_SECONDS = 0.0011
_SAME_RATE = 0.005
# Files that only count their pictures: the time of one is its place, whatever libav guesses.
COUNTED = frozenset({"avi"})
# Joined with `cat`, a file's clock begins anew; that of a broadcast goes on somewhere else.
_BACK_SECONDS, _ON_SECONDS = 0.2, 10.0
BROADCAST = frozenset({"mpegts", "mpeg", "flv"})


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How long the pictures go on, how fast, and when they begin."""

    seconds: float
    fps: float
    average_fps: float | None
    is_steady: bool
    begins: Fraction


def rhythm_of(container: InputContainer, stream: VideoStream, check: Callable[[], None]) -> Rhythm:
    """When each picture begins, without decoding any; `check` raises at the deadline."""
    begins = array("q")
    base = stream.time_base
    stays: dict[int, int] = {}
    is_counted = container.format.name in COUNTED
    before: int | None = None
    for packet in container.demux(stream):
        check()
        if packet.dts is not None and base is not None:
            _check_clock(before, packet.dts, base, container.format.name)
            before = packet.dts
        at = packet.dts if is_counted else packet.pts
        if at is None or packet.is_discard:
            continue
        if len(begins) == MAX_SAMPLES:
            raise not_repairable(f"it holds more than {MAX_SAMPLES:,} pictures")
        if at >= max(stays, default=at):
            stays = {at: packet.duration or 0}
        begins.append(at)
    ordered = sorted(begins)
    gaps = Counter(after - before for before, after in pairwise(ordered))
    if base is None or not gaps or ordered[-1] == ordered[0]:
        raise not_repairable("it holds fewer than two pictures")
    usual, lengths = usual_gap(gaps, float(1 / base)), sorted(gaps)
    last = stays[ordered[-1]] if stays[ordered[-1]] * 4 > usual else round(usual)
    seconds = float((ordered[-1] - ordered[0] + last) * base)
    average, fps = len(ordered) / seconds, 1 / (usual * float(base))
    allowed = max(_UNSTEADY * usual * float(base), 2 * _TICK_SECONDS)
    is_steady = float((lengths[-1] - lengths[0]) * base) <= allowed
    measured = average if is_steady else fps  # a coarse clock rounds each gap, but not their sum
    # A clock of milliseconds cannot tell 59.94 from 60; some files say which it is.
    told = float(stream.average_rate or 0)
    return Rhythm(
        seconds=seconds,
        fps=told if abs(told - measured) < measured * _SAME_RATE else measured,
        average_fps=None if is_steady else average,
        is_steady=is_steady,
        begins=ordered[0] * base,
    )


def _check_clock(before: int | None, now: int, base: Fraction, demuxer: str) -> None:
    """Raises Refused where a file's clock jumps: nobody knows what was meant to follow what."""
    on = float((now - before) * base) if before is not None else 0.0
    if before is None or (on > -_BACK_SECONDS and (on < _ON_SECONDS or demuxer not in BROADCAST)):
        return
    was, is_now = (f"{float(each * base):.2f}" for each in (before, now))
    raise not_repairable(
        f"its clock jumps from {was} to {is_now} s, as where files are put one behind another; "
        "join them with an editing program"
    )
