"""Reading a few blocks of a stored object, within a budget, without ever downloading it."""

import time
from collections.abc import Callable
from typing import Protocol

from retake.domain.errors import NotFootage
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason

BLOCK_BYTES = 16 * 1024
TAIL_BYTES = 4 * BLOCK_BYTES  # a read this near to the end goes on to the end: the index is there


class Reader(Protocol):
    """The bytes of one stored object, by range."""

    @property
    def size_bytes(self) -> int:
        """How long the object is."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Exactly these bytes of the object; one request."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What looking into one file may cost, so that a hostile file costs no more than a good one.

    `bytes_read` grows only by an index that is itself bigger, up to `index_bytes`.
    """

    bytes_read: int = 1024 * 1024
    index_bytes: int = 8 * 1024 * 1024
    requests: int = 64
    boxes: int = 64
    seconds: float = 5.0
    clock: Callable[[], float] = time.monotonic


class Blocks:
    """A window on a stored object that remembers what it has read and stops at its budget.

    Raises `NotFootage` (UNREADABLE_VIDEO) when the budget is spent, (TRUNCATED) when the object
    gives fewer bytes than it announced.
    """

    def __init__(self, reader: Reader, budget: Budget) -> None:
        self.size_bytes = reader.size_bytes
        self._reader = reader
        self._budget = budget
        self._blocks: dict[int, bytes] = {}
        self._bytes_left = budget.bytes_read
        self._most_at_once = max(budget.bytes_read, budget.index_bytes)
        self._requests_left = budget.requests
        self._boxes_left = budget.boxes
        self._until = budget.clock() + budget.seconds

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from an offset on, fewer only at the end of the object."""
        end = min(offset + length, self.size_bytes)
        if offset < 0 or end <= offset:
            return b""
        if end - offset > self._most_at_once:
            raise _exhausted("one of its parts is too big")
        first, last = offset // BLOCK_BYTES, (end - 1) // BLOCK_BYTES
        missing = [index for index in range(first, last + 1) if index not in self._blocks]
        if missing:
            self._fetch(missing[0], missing[-1])
        whole = b"".join(self._blocks[index] for index in range(first, last + 1))
        return whole[offset - first * BLOCK_BYTES : end - first * BLOCK_BYTES]

    def read_index(self, offset: int, length: int) -> bytes:
        """The bytes of the index (`moov`), which may be bigger than the budget for all else."""
        if length > self._budget.index_bytes:
            raise _exhausted(f"its index takes {length} bytes")
        self._bytes_left = max(self._bytes_left, length + self._budget.bytes_read // 4)
        return self.read(offset, length)

    def count_box(self) -> None:
        """Take one box from the budget."""
        self._boxes_left -= 1
        if self._boxes_left < 0:
            raise _exhausted("it is cut into too many pieces")
        self._watch_clock()

    def _watch_clock(self) -> None:
        if self._budget.clock() > self._until:
            raise _exhausted("reading it took too long")

    def _fetch(self, first: int, last: int) -> None:
        start, end = first * BLOCK_BYTES, min((last + 1) * BLOCK_BYTES, self.size_bytes)
        if self.size_bytes - start <= TAIL_BYTES:
            end = self.size_bytes
        self._requests_left -= 1
        self._bytes_left -= end - start
        if self._requests_left < 0 or self._bytes_left < 0:
            raise _exhausted("its parts lie too far apart")
        self._watch_clock()
        data = self._reader.read_at(start, end - start)
        if len(data) < end - start:
            raise NotFootage(Reason.TRUNCATED, "The file is shorter than its stored size.")
        for index in range(first, (end - 1) // BLOCK_BYTES + 1):
            at = index * BLOCK_BYTES - start
            self._blocks[index] = data[at : at + BLOCK_BYTES]


def _exhausted(why: str) -> NotFootage:
    return NotFootage(
        Reason.UNREADABLE_VIDEO,
        f"The video cannot be examined with reasonable effort: {why}.",
        field="video",
    )
