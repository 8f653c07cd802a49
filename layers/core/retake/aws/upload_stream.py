"""A body on its way from one server to another: counted, digested, and cut into parts."""

import hashlib
from collections.abc import Iterator

from retake.domain.errors import Unavailable

PART_BYTES = 8 * 1024 * 1024


class SourceFailure(Exception):
    """Carries an error of the chunks through urllib3, which takes some of them for its own."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class Counted:
    """Chunks, counted as they pass, and digested where the digest is kept. Raises SourceFailure."""

    def __init__(
        self, chunks: Iterator[bytes], length: int | None, *, is_digested: bool = True
    ) -> None:
        self.size_bytes = 0
        self._digest = hashlib.sha256() if is_digested else None
        self._chunks = chunks
        self._length = length

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._chunks:
                if self._digest is not None:
                    self._digest.update(chunk)
                self.size_bytes += len(chunk)
                self._check(self._length is None or self.size_bytes <= self._length)
                yield chunk
            self._check(self._length in (None, self.size_bytes))
        except Exception as error:
            raise SourceFailure(error) from error

    @property
    def sha256(self) -> str:
        """Of what has passed, in hex; "" where none is kept."""
        return self._digest.hexdigest() if self._digest is not None else ""

    def _check(self, fits: bool) -> None:
        if not fits:
            raise Unavailable(f"{self.size_bytes:,} bytes came where {self._length:,} were said.")


def parts(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in parts of PART_BYTES, the last one perhaps shorter."""
    part = bytearray()
    for chunk in chunks:
        part += chunk
        while len(part) >= PART_BYTES:
            with memoryview(part) as whole, whole[:PART_BYTES] as cut:  # copied once
                made = bytes(cut)
            del part[:PART_BYTES]
            yield made
    if part:
        yield bytes(part)
