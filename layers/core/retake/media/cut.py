"""A long clip cut into pieces: silent files of the frames that a plan names, one after the other.

All pieces come out of one pass over the clip, each is handed on as soon as it is whole, and a pass
that has no time left for another one ends between two of them.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import av

from retake.catalog.repair_plan import Target
from retake.domain.errors import RetakeError
from retake.media.encoder import Encoder
from retake.media.measure import Deadline, Survey
from retake.media.seams import Tone, tone_of
from retake.media.transcode import frames

Take = Callable[[int, Path, tuple[Tone, Tone]], bool]
FASTSTART = {"movflags": "faststart"}


class _Enough(RetakeError):
    """No more pictures are wanted of this pass."""


def cut(  # noqa: PLR0913  a clip, what it becomes, where it is cut, and who takes it
    source: Path,
    found: Survey,
    target: Target,
    cuts: Sequence[int],
    *,
    begin: int,
    take: Take,
    watch: Deadline,
    leads: Sequence[int] = (),
) -> None:
    """Make the pieces from the one numbered `begin` on, and hand each to `take`.

    `leads` says with how many frames of the piece before each begins; nothing: with none.
    It is given the piece's number, its file, and the tones of the first and the last frame that
    are its own. The file is the caller's, who deletes it; `take` says whether there is time for
    another piece.
    Raises Refused with NOT_REPAIRABLE.
    """
    begins = [cuts[at] - lead for at, lead in enumerate(leads or (0,) * (len(cuts) - 1))]
    scissors = _Scissors(source, found, target, (begins, cuts[1:]), begin, take)
    try:
        frames(source, found, target, scissors.see, watch)
    except _Enough:
        return


class _Scissors:
    def __init__(
        self,
        source: Path,
        found: Survey,
        target: Target,
        bounds: tuple[Sequence[int], Sequence[int]],
        number: int,
        take: Take,
    ) -> None:
        self._folder = source.parent
        self._found, self._target = found, target
        self._begins, self._ends = bounds
        self._number, self._take = number, take
        self._seen = 0
        self._first: Tone = (0, 0, 0)
        self._open: list[_Piece] = []  # the one numbered so, and the next, where they overlap

    def see(self, picture: av.VideoFrame) -> None:
        """The next frame of the clip."""
        at = self._seen
        self._seen += 1
        coming = self._number + len(self._open)
        if coming < len(self._begins) and at == self._begins[coming]:
            path = self._folder / f"piece-{coming}.mp4"
            self._open.append(_Piece(path, self._found, self._target))
        for number, piece in enumerate(self._open, self._number):
            piece.put(picture, at - self._begins[number])
        if not self._open:
            return
        if at == (self._ends[self._number - 1] if self._number else 0):
            self._first = tone_of(picture)
        if at + 1 < self._ends[self._number]:
            return
        path = self._open.pop(0).done()
        goes_on = self._take(self._number, path, (self._first, tone_of(picture)))
        self._number += 1
        if not goes_on or self._number == len(self._ends):
            raise _Enough


class _Piece:
    def __init__(self, path: Path, found: Survey, target: Target) -> None:
        self._path = path
        self._output = av.open(str(path), "w", format="mp4", options=FASTSTART)
        self._encoder = Encoder(self._output, found, target)

    def put(self, picture: av.VideoFrame, number: int) -> None:
        self._encoder.put_as(picture, number)

    def done(self) -> Path:
        self._encoder.end()
        self._output.close()
        return self._path
