"""How a reply goes over the socket: honestly, or as a fault of the wire wants it."""

import gzip
import socket
import struct
from collections.abc import Iterator, Mapping
from functools import cache
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

from local.simulators.exchange import FileSlice, HttpReply

CHUNK_BYTES = 256 * 1024
MIB = 1024 * 1024
DRIP_STEP_SECONDS = 0.1
NGINX_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n"
    "</body>\r\n</html>\r\n"
)


def size_of(reply: HttpReply) -> int:
    """Bytes in the body."""
    return reply.body.length if isinstance(reply.body, FileSlice) else len(reply.body)


def chunks(reply: HttpReply, size: int = CHUNK_BYTES) -> Iterator[bytes]:
    """The body, piece by piece."""
    if isinstance(reply.body, bytes):
        for start in range(0, len(reply.body), size):
            yield reply.body[start : start + size]
        return
    with reply.body.path.open("rb") as file:
        file.seek(reply.body.start)
        left = reply.body.length
        while left > 0 and (piece := file.read(min(size, left))):
            left -= len(piece)
            yield piece


@cache
def bomb(megabytes: int) -> bytes:
    """So many zeros, packed."""
    return gzip.compress(bytes(megabytes * MIB), compresslevel=1)


class Wire:
    """Sends one reply to one connection; `stopping` ends waits when the server closes."""

    def __init__(self, handler: BaseHTTPRequestHandler, stopping: Event) -> None:
        self._handler = handler
        self._stopping = stopping

    def send(self, reply: HttpReply) -> None:
        """Send the reply with its fault."""
        sender = SENDERS.get(reply.fault, Wire._honest)
        sender(self, reply, reply.params)

    def _head(self, reply: HttpReply, length: int | None) -> None:
        self._handler.send_response(reply.status)
        for name, value in reply.headers.items():
            self._handler.send_header(name, value)
        if length is not None:
            self._handler.send_header("Content-Length", str(length))
        else:
            self._handler.send_header("Connection", "close")
            self._handler.close_connection = True
        self._handler.end_headers()

    def _body(self, reply: HttpReply, most: int | None = None) -> None:
        if self._handler.command == "HEAD":
            return
        left = size_of(reply) if most is None else most
        for piece in chunks(reply):
            self._handler.wfile.write(piece[:left])
            left -= len(piece)
            if left <= 0:
                return

    def _close(self) -> None:
        self._handler.close_connection = True
        self._handler.connection.shutdown(socket.SHUT_RDWR)

    def _honest(self, reply: HttpReply, params: Mapping[str, Any]) -> None:
        self._head(reply, size_of(reply))
        self._body(reply)

    def _drop(self, reply: HttpReply, params: Mapping[str, Any]) -> None:
        self._close()

    def _rst(self, reply: HttpReply, params: Mapping[str, Any]) -> None:
        # Linger 0 makes close() send a reset; the server closes right after the handler returns.
        self._handler.connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self._handler.close_connection = True

    def _half(self, reply: HttpReply, params: Mapping[str, Any]) -> None:
        size = size_of(reply)
        self._head(reply, size)
        self._body(reply, int(size * float(params.get("share", 0.5))))
        self._close()

    def _hang(self, reply: HttpReply, params: Mapping[str, Any]) -> None:
        self._stopping.wait(float(params.get("seconds", 3600)))
        self._close()

    def _drip(self, reply: HttpReply, params: Mapping[str, Any]) -> None:
        rate = float(params.get("bytes_per_second", 1))
        if params.get("part") == "headers":
            self._handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            self._trickle(iter([b"x" * 65536]), rate)
            self._close()
            return
        self._head(reply, size_of(reply))
        self._trickle(chunks(reply), rate)

    def _trickle(self, pieces: Iterator[bytes], rate: float) -> None:
        step = max(1, int(rate * DRIP_STEP_SECONDS))
        for piece in pieces:
            for start in range(0, len(piece), step):
                self._handler.wfile.write(piece[start : start + step])
                if self._stopping.wait(step / rate):
                    return

    def _bomb(self, reply: HttpReply, params: Mapping[str, Any]) -> None:
        body = bomb(int(params.get("megabytes", 200)))
        headers = {**reply.headers, "Content-Encoding": "gzip"}
        self._honest(HttpReply(reply.status, body, headers), params)

    def _html(self, reply: HttpReply, params: Mapping[str, Any]) -> None:
        page = str(params.get("body", NGINX_PAGE)).encode()
        status = int(params.get("status", 200))
        self._honest(HttpReply(status, page, {"Content-Type": "text/html"}), params)

    def _redirect(self, reply: HttpReply, params: Mapping[str, Any]) -> None:
        location = str(params.get("location", "http://169.254.169.254/latest/meta-data/"))
        self._honest(HttpReply(int(params.get("status", 302)), b"", {"Location": location}), params)

    def _no_length(self, reply: HttpReply, params: Mapping[str, Any]) -> None:
        self._head(reply, None)
        self._body(reply, int(size_of(reply) * float(params.get("share", 0.5))))

    def _wrong_length(self, reply: HttpReply, params: Mapping[str, Any]) -> None:
        self._head(reply, max(0, size_of(reply) + int(params.get("extra", -100))))
        self._body(reply)
        self._close()

    def _endless(self, reply: HttpReply, params: Mapping[str, Any]) -> None:
        self._head(reply, None)
        self._body(reply)
        while not self._stopping.is_set():
            self._handler.wfile.write(bytes(CHUNK_BYTES))


SENDERS = {
    "drop": Wire._drop,
    "drop_before": Wire._drop,
    "rst": Wire._rst,
    "half": Wire._half,
    "truncate": Wire._half,
    "hang": Wire._hang,
    "drip": Wire._drip,
    "bomb": Wire._bomb,
    "html": Wire._html,
    "redirect": Wire._redirect,
    "no_length": Wire._no_length,
    "wrong_length": Wire._wrong_length,
    "endless": Wire._endless,
}
