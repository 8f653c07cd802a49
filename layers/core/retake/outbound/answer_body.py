"""The body of an answer on its way in, a piece at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import httpcore
import httpx


class Incoming(Protocol):
    """A connection past what parses HTTP."""

    def take(self, most: int) -> bytes:
        """At least a byte and at most so many; b"" at the end."""


class Clocked(Protocol):
    """The bounds of one call."""

    def left(self, too_late: type[Exception]) -> float:
        """The seconds left. Raises `too_late`."""


class AnswerBody(httpx.SyncByteStream):
    """An answer's body. Of one whose `length` was told h11 gives what it has read along with the
    head; the rest comes off the wire as it is, without h11's copies of each piece."""

    def __init__(self, stream: Any, wire: "Incoming", length: int, bounds: "Clocked") -> None:
        self._stream = stream
        self._wire = wire
        self._length = length
        self._bounds = bounds

    def __iter__(self) -> Iterator[bytes]:
        left = self._length
        with httpx_names():
            pieces = iter(self._stream)  # kept: whoever lets go of it closes the connection
            for chunk in pieces:
                # One read may hold fifty thousand chunks, and who takes them may be slow.
                self._bounds.left(httpcore.ReadTimeout)
                yield chunk
                if left > 0:
                    left -= len(chunk)
                    break
            else:
                left = 0  # nothing comes, whatever length was told
            while left > 0:
                chunk = self._wire.take(left)
                if not chunk:
                    raise httpcore.RemoteProtocolError("The body ended before its length.")
                left -= len(chunk)
                yield chunk

    def close(self) -> None:
        self._stream.close()


@contextmanager
def httpx_names() -> Iterator[None]:
    """Raise what httpcore raises as httpx's error of the same name."""
    try:
        yield
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.TimeoutException,
        httpcore.UnsupportedProtocol,
    ) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error
