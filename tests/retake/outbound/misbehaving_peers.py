"""Peers that answer without end, drop by drop, or with far more than they seem to send."""

import gzip
import itertools
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.support.tcp_peers import Script, reply, silent

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
LONG = OK + b"Content-Length: 99999999\r\n\r\n"
DROP_SECONDS = 0.02
ZEROS = bytes(4 * 1024 * 1024)


@dataclass
class Sent:
    """How many bytes a peer could hand over before the other side left."""

    bytes: int = 0


Pieces = Callable[[], Iterator[bytes]]


def sending(pieces: Pieces, sent: Sent, *, pause: float = 0.0) -> Script:
    """Send one piece after another, as fast as they are taken or with pauses."""

    def script(connection: socket.socket, request: bytes) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
        for piece in pieces():
            connection.sendall(piece)
            sent.bytes += len(piece)
            time.sleep(pause)

    return script


def _then(start: bytes, piece: bytes) -> Pieces:
    return lambda: itertools.chain((start,), itertools.repeat(piece))


# Nothing of these ends by itself; with a pause after each piece, or without one.
DRIPS: dict[str, Pieces] = {
    "a head, letter by letter": _then(OK + b"X: ", b"x"),
    "a head, line by line": _then(OK, b"X: x\r\n"),
    "interim answers": _then(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "a body of a declared length": _then(LONG, b"x"),
    "a body without a length": _then(OK + b"\r\n", b"x"),
    "chunks of one byte": _then(CHUNKED, b"1\r\nx\r\n"),
    "the length of a chunk": _then(CHUNKED, b"0"),
    "trailers": _then(CHUNKED + b"0\r\n", b"X: x\r\n"),
}
FLOODS: dict[str, Pieces] = {
    "one line of a head": _then(OK + b"X: ", b"x" * 65536),
    "lines of a head": _then(OK, b"X: x\r\n" * 8192),
    "interim answers": _then(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2048),
    "interim answers with heads": _then(
        b"", b"HTTP/1.1 103 Early Hints\r\n" + b"Link: x\r\n" * 2048 + b"\r\n"
    ),
    "a body of a false length": _then(OK + b"Content-Length: 10000000000000\r\n\r\n", b"x" * 65536),
    "a body without a length": _then(OK + b"\r\n", b"x" * 65536),
    "chunks": _then(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"),
    "chunks of one byte": _then(CHUNKED, b"1\r\nx\r\n" * 8192),
    "chunks with extensions": _then(CHUNKED, b"1;" + b"x" * 60_000 + b"\r\nx\r\n"),
    "the extension of a chunk": _then(CHUNKED + b"1;", b"x" * 65536),
    "trailers": _then(CHUNKED + b"0\r\n", b"X: x\r\n" * 8192),
}
# A thousand times as long when unpacked; the last says nothing of being packed.
BOMBS: dict[str, bytes] = {
    "gzip": reply(gzip.compress(ZEROS), "200 OK", "Content-Encoding: gzip"),
    "gzip, in capitals": reply(gzip.compress(ZEROS), "200 OK", "Content-Encoding: X-GZIP"),
    "gzip in gzip": reply(
        gzip.compress(gzip.compress(ZEROS)), "200 OK", "Content-Encoding: gzip, gzip"
    ),
    "two headers": reply(
        gzip.compress(ZEROS), "200 OK", "Content-Encoding: identity", "Content-Encoding: gzip"
    ),
    "deflate": reply(zlib.compress(ZEROS), "200 OK", "Content-Encoding: deflate"),
    # Whatever they hold: no reader of these is ever asked.
    "brotli": reply(b"\x00" * 4096, "200 OK", "Content-Encoding: br"),
    "Zstandard": reply(b"\x28\xb5\x2f\xfd" + bytes(4096), "200 OK", "Content-Encoding: zstd"),
    "gzip as the transfer's": OK
    + b"Transfer-Encoding: gzip, chunked\r\n\r\n"
    + gzip.compress(ZEROS),
}
LIES: dict[str, bytes] = {
    "shorter than it says": reply(b"{}" * 100)[:-1],
    "longer than it says": OK + b"Content-Length: 1\r\n\r\n{}",
    "a length below zero": OK + b"Content-Length: -1\r\n\r\n{}",
    "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a length of 5,000 digits": OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
    "a length and chunks that end early": OK
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    "a chunk longer than all memory": CHUNKED + b"fffffffffffffff\r\nx",
    "a chunk of a negative length": CHUNKED + b"-1\r\nx\r\n",
    "bytes that are no answer": bytes(range(256)) * 64,
    "nothing": b"",
}
SILENT = silent
