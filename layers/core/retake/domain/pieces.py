"""A long clip as pieces: which frames each has, which edit makes it, and which may start when."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar

from retake.domain.source import Source, edit_id_for
from retake.domain.stored import Part, Readers
from retake.domain.values import dataclass
from retake.domain.vocabulary import Consistency

MAX_TRIES = 2  # of one piece: what fails twice is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Film(Part):
    """What a long clip is cut into, decided once.

    `cuts` are numbers of frames of the clip at its constant rate: the first 0, the last their
    count. `scenes` are those cuts that lie on a change of scene. `edit_ids` names the edit that
    makes each piece now, `tries` counts how many were made for it. `files` are the pieces that are
    stored, with the `tones` of the first and the last frame of each (retake.media.seams), `anchor`
    the picture that all but the first are shown. `whole` is what they were put together to, and
    `seams` how that steps at each join.
    """

    readers: ClassVar[Readers] = {
        "cuts": lambda stored: tuple(int(each) for each in stored),
        "scenes": lambda stored: tuple(int(each) for each in stored),
        "edit_ids": tuple,
        "tries": lambda stored: tuple(int(each) for each in stored),
        "consistency": Consistency,
        "width": int,
        "height": int,
        "files": lambda stored: tuple(Source.from_mapping(each) for each in stored),
        "anchor": Source.from_mapping,
        "tones": lambda stored: tuple(tuple(int(it) for it in each) for each in stored),
        "seams": tuple,
        "whole": Source.from_mapping,
    }

    rate: str
    width: int
    height: int
    cuts: tuple[int, ...]
    edit_ids: tuple[str, ...]
    tries: tuple[int, ...]
    scenes: tuple[int, ...] = ()
    consistency: Consistency = Consistency.NONE
    files: tuple[Source, ...] = ()
    anchor: Source | None = None
    tones: tuple[tuple[int, ...], ...] = ()
    seams: tuple[Mapping[str, Any], ...] = ()
    whole: Source | None = None

    @property
    def frames(self) -> tuple[int, ...]:
        """How many frames each piece has."""
        return tuple(after - before for before, after in pairwise(self.cuts))

    @property
    def seconds(self) -> tuple[float, ...]:
        rate = Fraction(self.rate)
        return tuple(float(count / rate) for count in self.frames)


def to_buy(film: Film, film_id: str) -> list[int]:
    """The pieces that are its own, by their places: not those that an earlier film has finished."""
    tried = enumerate(zip(film.edit_ids, film.tries, strict=True))
    return [at for at, (key, tries) in tried if key == piece_id(film_id, at, tries)]


def piece_id(film_id: str, index: int, attempt: int = 1) -> str:
    """The id of the edit that makes a piece, always the same."""
    return edit_id_for(film_id, "piece", str(index), str(attempt))


def may_start(film: Film, has_result: Mapping[str, bool]) -> list[int]:
    """The pieces whose edits may be made now: by their places, of those that have none yet.

    `has_result` says of each edit there is whether it has a result. With an anchor the first piece
    goes ahead, as its picture is what the others are held against.
    """
    waiting = [at for at, each in enumerate(film.edit_ids) if each not in has_result]
    if film.consistency is Consistency.NONE or not waiting:
        return waiting
    if waiting[0] == 0:
        return [0]
    return waiting if has_result.get(film.edit_ids[0]) else []
