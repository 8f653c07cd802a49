"""What one call to the outside may take: until when, and how many bytes."""

from collections.abc import Callable

from retake.errors import TooLarge

READ_BYTES = 256 * 1024
# The head of an answer, interim answers before it included; and what the framing of a body may add
# to the body's own bytes, for chunks of a single byte weigh six and may carry extensions.
HEAD_BYTES = 256 * 1024
# The deadline is looked at between two reads, and a reader of heads is slow: so it gets little.
HEAD_READ_BYTES = 16 * 1024


class Bounds:
    """One call's deadline, a time of `clock`, and the bytes its answer may take off the wire.

    These are at most HEAD_BYTES until `head_is_read`, and `maximum_bytes` more after it; over TLS
    they count as they come out of it.
    """

    def __init__(self, *, deadline: float, clock: Callable[[], float], maximum_bytes: int) -> None:
        self._deadline = deadline
        self._clock = clock
        self._maximum_bytes = maximum_bytes
        self._in_head = True
        self._received = 0

    def left(self, too_late: type[Exception]) -> float:
        """The seconds left, never 0: a socket would take that for "do not wait at all"."""
        left = self._deadline - self._clock()
        if left <= 0:
            raise too_late("The deadline has passed.")
        return left

    def room(self, endless: type[Exception]) -> int:
        """How many bytes to read next, at least 1. Raises `endless` for a head, TooLarge."""
        if self._in_head:
            if self._received >= HEAD_BYTES:
                raise endless("The head does not end.")
            return min(HEAD_READ_BYTES, HEAD_BYTES - self._received)
        left = HEAD_BYTES + self._maximum_bytes - self._received
        if left <= 0:
            raise TooLarge(f"More than {self._maximum_bytes:,} bytes came, with what frames them.")
        return min(READ_BYTES, left)

    def count(self, received: int) -> None:
        """Take bytes that came from what may come."""
        self._received += received

    def head_is_read(self) -> None:
        """From here on comes the body."""
        self._in_head = False
