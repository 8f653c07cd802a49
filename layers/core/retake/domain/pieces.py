"""A long clip as pieces: which frames each has, which edit makes it, and which may start when."""

from collections.abc import Collection, Mapping, Sequence
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
    count. `scenes` are those cuts that lie on a change of scene. A piece begins with the last
    `overlap_frames` of the one before, unless its scene is another. `edit_ids` names the edit that
    makes each piece now, `tries` counts how many were made for it. `files` are the pieces that are
    stored, with the `tones` of the first and the last frame of each (retake.media.seams).

    `anchor` is the picture of the first edited piece that those after it are shown; instead of it
    `anchor_image` may be the number of a picture of the request. `last` is the picture of the last
    edited frame of the piece numbered `last_of`. While pieces are put together, `reels` are what is
    made of the first of them, and `joined` what came of each (retake.media.stitch). `whole` is what
    they were put together to, and `seams` how that steps at each join. `pieces_done` is how many
    were edited or given up at the last look, for whoever asks how far it is.
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
        "anchor_image": int,
        "last": Source.from_mapping,
        "last_of": int,
        "overlap_frames": int,
        "tones": lambda stored: tuple(tuple(int(it) for it in each) for each in stored),
        "reels": lambda stored: tuple(Source.from_mapping(each) for each in stored),
        "joined": tuple,
        "seams": tuple,
        "whole": Source.from_mapping,
        "pieces_done": int,
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
    overlap_frames: int = 0
    anchor: Source | None = None
    anchor_image: int | None = None
    last: Source | None = None
    last_of: int | None = None
    tones: tuple[tuple[int, ...], ...] = ()
    reels: tuple[Source, ...] = ()
    joined: tuple[Mapping[str, Any], ...] = ()
    seams: tuple[Mapping[str, Any], ...] = ()
    whole: Source | None = None
    pieces_done: int = 0

    @property
    def is_cut(self) -> bool:
        """Whether all pieces are stored."""
        return len(self.files) == len(self.edit_ids)

    @property
    def frames(self) -> tuple[int, ...]:
        """How many frames of the film each piece makes."""
        return tuple(after - before for before, after in pairwise(self.cuts))

    @property
    def leads(self) -> tuple[int, ...]:
        """With how many frames of the piece before each begins, to be faded into."""
        return leads_of(self.cuts, self.scenes, self.overlap_frames)

    @property
    def sent(self) -> tuple[int, ...]:
        """How many frames each piece has as it is sent."""
        return tuple(own + lead for own, lead in zip(self.frames, self.leads, strict=True))

    @property
    def seconds(self) -> tuple[float, ...]:
        """How long each piece is as it is sent."""
        from fractions import Fraction  # here, because most functions never see a film

        rate = Fraction(self.rate)
        return tuple(float(count / rate) for count in self.sent)


def leads_of(cuts: Sequence[int], scenes: Collection[int], overlap: int) -> tuple[int, ...]:
    """With how many frames of the piece before each piece begins: none on a change of scene."""
    return tuple(overlap if at and at not in scenes else 0 for at in cuts[:-1])


def to_buy(film: Film, film_id: str) -> list[int]:
    """The pieces that are its own, by their places: not those that an earlier film has finished."""
    tried = enumerate(zip(film.edit_ids, film.tries, strict=True))
    return [at for at, (key, tries) in tried if key == piece_id(film_id, at, tries)]


def piece_id(film_id: str, index: int, attempt: int = 1) -> str:
    """The id of the edit that makes a piece, always the same."""
    return edit_id_for(film_id, "piece", str(index), str(attempt))


@dataclass(frozen=True, slots=True, kw_only=True)
class PiecePlaces:
    """Which pieces are `opened` as edits, have `made` a result, or are `given_up` for good."""

    film: Film
    opened: frozenset[int]
    made: frozenset[int]
    given_up: frozenset[int] = frozenset()

    @property
    def over(self) -> frozenset[int]:
        """Those of which nothing more is awaited."""
        return self.made | self.given_up

    @property
    def waiting(self) -> list[int]:
        return [at for at in range(len(self.film.edit_ids)) if at not in self.opened]

    @property
    def lacks_anchor_of(self) -> int | None:
        """The piece of which a picture is to be made for all that are still to come."""
        film = self.film
        is_given = film.anchor is not None or film.anchor_image is not None
        if film.consistency is Consistency.NONE or is_given or not self.waiting:
            return None
        return min(self.made, default=None)

    @property
    def lacks_last_of(self) -> int | None:
        """The piece whose last edited frame is to be made a picture for the next in the chain."""
        if self.film.consistency is not Consistency.CHAINED or not self._next_in_chain:
            return None
        before = max((at for at in self.made if at < self._next_in_chain[0]), default=None)
        return None if before == self.film.last_of else before

    @property
    def may_start(self) -> list[int]:
        """The pieces whose edits may be made now. With an anchor the first goes ahead, as its
        picture is what the others are held against; in a chain each waits for the one before."""
        film, waiting = self.film, self.waiting
        if film.consistency is Consistency.NONE:
            return waiting
        if self.lacks_anchor_of is not None or self.lacks_last_of is not None:
            return []
        if film.consistency is Consistency.CHAINED:
            return self._next_in_chain
        if film.anchor is not None or film.anchor_image is not None:
            return waiting
        first = next((at for at in range(len(film.edit_ids)) if at not in self.given_up), None)
        return [at for at in waiting if at == first]

    @property
    def _next_in_chain(self) -> list[int]:
        return [at for at in self.waiting[:1] if self.over.issuperset(range(at))]
