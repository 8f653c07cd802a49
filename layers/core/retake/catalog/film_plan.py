"""Where a long clip is cut: the cheapest way within the model's limits, joins weighed in.

Cuts are numbers of frames. The same clip, model and scenes always make the same cuts.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

from retake.catalog.schema import Model, Price, Variant
from retake.domain.errors import Refused
from retake.domain.pieces import leads_of
from retake.domain.request import Request
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason

MAX_SECONDS = 600
# Ten minutes of 1080p at 30 frames/s: what can be looked through within a function's time.
MAX_PIXELS = 600 * 30 * 1920 * 1080
# What a join is worth avoiding, in US dollars beside the price of a piece: one within a scene may
# show, one on a change of scene hardly can.
JOIN_USD, SCENE_JOIN_USD = 0.10, 0.01
# Of frames that two pieces share: all of one overlap are in memory while it is faded, at 3 MB each
# of 1080p.
MAX_OVERLAP_FRAMES = 30
# Of two ways that cost the same, the one with pieces of more equal length: a tail of three seconds
# gives a model little to go by. Small enough never to buy a second.
_LEVEL_USD = 1e-5


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a plan as it is sent, with the frames that it shares with the piece before: how
    many there are, its seconds, those that are billed, and its price."""

    frames: int
    seconds: float
    billed_seconds: float
    usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmLimits:
    """What a plan must keep to: the lengths of the model's mode, its price, the clip's rate."""

    rate: Fraction
    mode: Variant
    resolution: str | None = None
    overlap_frames: int = 0

    def leads(self, cuts: Sequence[int], scenes: Collection[int] = ()) -> tuple[int, ...]:
        """How many frames of the piece before each piece begins with."""
        return leads_of(cuts, scenes, self.overlap_frames)

    @property
    def shortest(self) -> int:
        return ceil(Fraction(self.mode.minimum_seconds) * self.rate)

    @property
    def longest(self) -> int:
        return floor(Fraction(self.mode.maximum_seconds) * self.rate)

    @property
    def price(self) -> Price:
        return self.mode.price

    def usd(self, frames: int) -> float:
        return self.price.quote(float(frames / self.rate), resolution=self.resolution)

    def piece(self, frames: int) -> Piece:
        seconds = float(frames / self.rate)
        return Piece(frames, seconds, self.price.billed_seconds(seconds), self.usd(frames))


def limits_for(model: Model, request: Request, rate: Fraction) -> FilmLimits:
    """What a request allows of a model's modes and prices."""
    return FilmLimits(
        rate=rate,
        mode=model.variant(fast=request.fast),
        resolution=model.resolution(request.resolution),
        overlap_frames=request.overlap_frames or 0,
    )


def planned(frames: int, limits: FilmLimits, scenes: Sequence[int] = ()) -> tuple[int, ...]:
    """The cuts, with 0 and the count at their ends. Raises Refused where no way is legal."""
    _check_overlap(limits)
    search = _Search(frames, limits, frozenset(at for at in scenes if 0 < at < frames))
    cuts = search.cheapest()
    if not cuts:
        least, most = limits.mode.minimum_seconds, limits.mode.maximum_seconds
        raise Refused(
            Reason.TOO_LONG,
            f"A clip of {float(frames / limits.rate):.2f} s cannot be cut into pieces of "
            f"{least:g} to {most:g} s.",
            field="duration_seconds",
            found=f"{float(frames / limits.rate):.2f} s",
            allowed=f"a length that is the sum of pieces of {least:g} to {most:g} s",
        )
    return _levelled(cuts, limits, search.scenes)


def _check_overlap(limits: FilmLimits) -> None:
    """Raises Refused where pieces would share more than a piece has to give on both sides."""
    most = min(MAX_OVERLAP_FRAMES, limits.shortest // 2)
    if limits.overlap_frames > most:
        raise Refused(
            Reason.UNSUPPORTED_OPTION,
            f"Pieces cannot overlap by {limits.overlap_frames} frames; of this clip and model at "
            f"most {most} frames can be shared, half of the shortest piece and never more than "
            f"{MAX_OVERLAP_FRAMES}.",
            field="overlap_frames",
            found=limits.overlap_frames,
            allowed=f"0 to {most}",
        )


class _Search:
    """The cheapest way through a clip, half a second after half a second.

    A piece ends at whole seconds of its own, on a change of scene, at the clip's end, or where what
    is left is just long enough. Of the places within half a second few are gone on from: those that
    cost least, the last and the first of them, and changes of scene.
    """

    def __init__(self, frames: int, limits: FilmLimits, scenes: frozenset[int]) -> None:
        self._frames = frames
        self._limits = limits
        self.scenes = scenes
        self._sorted_scenes = sorted(scenes)
        least, most = ceil(limits.mode.minimum_seconds), int(limits.mode.maximum_seconds)
        wholes = {floor(each * limits.rate) for each in range(least, most + 1)}
        self._wholes = sorted(it for it in wholes if limits.shortest <= it <= limits.longest)
        self._prices: dict[int, float] = {}
        self._best: dict[int, tuple[float, int]] = {0: (0.0, -1)}

    def cheapest(self) -> tuple[int, ...]:
        """The cuts; none where there is no legal way."""
        bucket = max(1, floor(self._limits.rate / 2))
        buckets: dict[int, set[int]] = {0: {0}}
        for number in range(self._frames // bucket + 1):
            for at in self._kept(buckets.pop(number, set())):
                for end in self._ends(at):
                    cost = self._best[at][0] + self._cost(at, end)
                    if end not in self._best or cost < self._best[end][0] - 1e-12:
                        self._best[end] = cost, at
                    if end != self._frames:
                        buckets.setdefault(end // bucket, set()).add(end)
        if self._frames not in self._best:
            return ()
        cuts = [self._frames]
        while cuts[-1] != 0:
            cuts.append(self._best[cuts[-1]][1])
        return tuple(reversed(cuts))

    def _kept(self, places: set[int]) -> list[int]:
        if len(places) <= 4:
            return sorted(places)
        cheap = sorted(places, key=lambda at: (self._best[at][0], -at))[:2]
        return sorted({*cheap, min(places), max(places), *(places & self.scenes)})

    def _ends(self, at: int) -> set[int]:
        """Where a piece that begins here may end."""
        limits, frames = self._limits, self._frames
        begin, tail = at - self._lead(at), limits.shortest - limits.overlap_frames
        first, last = begin + limits.shortest, min(begin + limits.longest, frames)
        near = self._sorted_scenes
        changes = near[bisect_left(near, first) : bisect_right(near, last)]
        ends = {*(begin + it for it in self._wholes), *changes, frames, frames - tail, last}
        return {
            end
            for end in ends
            if first <= end <= last
            and (end == frames or frames - end + self._lead(end) >= limits.shortest)
        }

    def _lead(self, at: int) -> int:
        return self._limits.overlap_frames if at and at not in self.scenes else 0

    def _cost(self, at: int, end: int) -> float:
        count = end - at + self._lead(at)
        if count not in self._prices:
            level = _LEVEL_USD * float(count / self._limits.rate) ** 2
            self._prices[count] = self._limits.usd(count) + level
        join = 0.0 if end == self._frames else SCENE_JOIN_USD if end in self.scenes else JOIN_USD
        return self._prices[count] + join


def _levelled(cuts: tuple[int, ...], limits: FilmLimits, scenes: frozenset[int]) -> tuple[int, ...]:
    """The same number of pieces between changes of scene, of equal length, if it costs no more."""
    fixed = [at for at in cuts if at in scenes or at in (cuts[0], cuts[-1])]
    level: list[int] = [cuts[0]]
    shared = limits.overlap_frames
    for before, after in pairwise(fixed):
        count = sum(before < at <= after for at in cuts)
        sent = after - before + (count - 1) * shared
        level += [before + sent * n // count - (n - 1) * shared for n in range(1, count + 1)]
    pieces = pieces_of(level, limits, scenes)
    is_legal = all(limits.shortest <= each.frames <= limits.longest for each in pieces)
    is_cheap = total_usd(pieces) <= total_usd(pieces_of(cuts, limits, scenes))
    return tuple(level) if is_legal and is_cheap else cuts


def pieces_of(
    cuts: Sequence[int], limits: FilmLimits, scenes: Collection[int] = ()
) -> tuple[Piece, ...]:
    """What each piece of a plan lasts and costs."""
    return tuple(
        limits.piece(after - before + lead)
        for (before, after), lead in zip(pairwise(cuts), limits.leads(cuts, scenes), strict=True)
    )


def seconds_of(pieces: Sequence[Piece]) -> int:
    """The seconds that they count for where seconds are capped: each rounded up, as it will be."""
    return sum(ceil(each.billed_seconds) for each in pieces)


def total_usd(pieces: Sequence[Piece]) -> float:
    return round(sum(each.usd for each in pieces), 4)


def check_length(frames: int, rate: Fraction, width: int, height: int) -> None:
    """Raises Refused where a clip is more than can be cut and put together."""
    seconds = float(frames / rate)
    most = min(MAX_SECONDS, MAX_PIXELS / (width * height * float(rate)))
    if seconds > most + 0.001:
        raise Refused(
            Reason.TOO_LONG,
            f"The clip is {seconds:.1f} s long; of {width}x{height} at {float(rate):.2f} frames/s "
            f"at most {most:.0f} s can be edited in pieces.",
            field="duration_seconds",
            found=f"{seconds:.1f} s",
            allowed=f"at most {most:.0f} s",
        )
