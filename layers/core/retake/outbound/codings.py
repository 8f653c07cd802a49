"""Bodies that come packed although plain bytes were asked for (RFC 9110, 8.4 and 12.5.3).

Only gzip and zlib are unpacked, within the caller's bounds. What a body is called otherwise changes
none of its bytes: object stores keep an upload's `aws-chunked` as the file's coding (issues 2398 of
versity/versitygw and 9138 of noobaa/noobaa-core), and others write `UTF-8`, `none` or `binary`.
"""

import zlib
from collections.abc import Iterator
from itertools import chain

import httpx

from retake.domain.errors import NoAnswer

PIECE_BYTES = 256 * 1024  # unpacked at once, whatever a few packed bytes may become
PACKINGS = frozenset({"gzip", "x-gzip", "deflate"})
# Compressions that nothing here can undo. Their bytes are neither an answer nor a video.
UNREADABLE = frozenset({"br", "zstd", "compress", "x-compress", "dcb", "dcz"})
MAX_PACKINGS = 2
_ANY_HEADER = zlib.MAX_WBITS | 32  # gzip's or zlib's, as the bytes say


def packings_of(response: httpx.Response) -> list[str]:
    """The codings of a body that change its bytes, in the order in which they were applied."""
    named = response.headers.get("content-encoding", "").lower().split(",")
    return [each.strip() for each in named if each.strip() in PACKINGS | UNREADABLE]


def unpacked(chunks: Iterator[bytes], packings: list[str], host: str) -> Iterator[bytes]:
    """The body as it was before it was packed. Raises NoAnswer where that cannot be told."""
    if len(packings) > MAX_PACKINGS or not UNREADABLE.isdisjoint(packings):
        raise NoAnswer(f"{host} answered packed ({', '.join(packings)}) although asked for plain.")
    for _ in packings:
        chunks = _unpacked_once(chunks, host)
    return chunks


def _unpacked_once(chunks: Iterator[bytes], host: str) -> Iterator[bytes]:
    first = b""
    while len(first) < 2 and (chunk := next(chunks, None)) is not None:
        first += chunk
    chunks = chain((first,) if first else (), chunks)
    if not _is_packed(first):
        yield from chunks  # a proxy has unpacked it and left the header
        return
    reader = zlib.decompressobj(_ANY_HEADER)
    try:
        for chunk in chunks:
            while chunk:
                if reader.eof:  # gzip files may follow each other (RFC 1952, 2.2)
                    if not _is_packed(chunk):
                        return  # padding
                    reader = zlib.decompressobj(_ANY_HEADER)
                yield reader.decompress(chunk, PIECE_BYTES)
                chunk = reader.unconsumed_tail or reader.unused_data
    except zlib.error:
        raise NoAnswer(f"{host} sent a body that cannot be unpacked.") from None
    if not reader.eof:
        raise NoAnswer(f"{host} broke off its answer.")


def _is_packed(start: bytes) -> bool:
    """Whether bytes begin as gzip (RFC 1952) or zlib (RFC 1950) do."""
    is_zlib = len(start) > 1 and start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return start[:2] == b"\x1f\x8b" or is_zlib
