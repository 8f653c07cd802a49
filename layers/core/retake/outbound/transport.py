"""httpcore behind httpx, on sockets that know one call's bounds and dial checked addresses only."""

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import httpcore
import httpx

from retake.domain.errors import TooLarge
from retake.outbound.answer_body import AnswerBody, httpx_names
from retake.settings import hashed_roots

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


# A server that does not pick up in this time is not there; the next of its addresses may be.
CONNECT_SECONDS = 10.0

LookUp = Callable[[str, int], Sequence[str]]


@cache
def public_authorities() -> ssl.SSLContext:
    """TLS as for any public server, whatever files for certificates or keys the environment names.

    Where Python is told by SSLKEYLOGFILE, it writes down every session's keys.
    """
    folder = hashed_roots()
    if folder is None:
        context = httpx.create_ssl_context(trust_env=False)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(capath=folder)
    context.keylog_filename = None  # type: ignore[assignment] # None is documented to stop it
    return context


class GuardedTransport(httpx.BaseTransport):
    """One fresh connection, whose bounds hold from the look-up to the last byte.

    `addresses` gives those to dial for a host and port, in order.
    """

    def __init__(
        self, bounds: Bounds, addresses: LookUp, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self._bounds = bounds
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or public_authorities(),
            max_connections=1,
            retries=0,
            network_backend=_Network(bounds, addresses),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with httpx_names():
            response = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                )
            )
        self._bounds.head_is_read()
        answer = httpx.Response(response.status, headers=response.headers)
        length = (
            None if "transfer-encoding" in answer.headers else answer.headers.get("content-length")
        )
        wire = response.extensions["network_stream"]
        answer.stream = AnswerBody(response.stream, wire, int(length or 0), self._bounds)
        return answer

    def close(self) -> None:
        self._pool.close()


class _Network(httpcore.NetworkBackend):
    def __init__(self, bounds: Bounds, addresses: LookUp) -> None:
        self._bounds = bounds
        self._addresses = addresses

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("No address to dial.")
        left = self._bounds.left(httpcore.ConnectTimeout)
        for address in _found_within(left, lambda: self._addresses(host, port)):
            seconds = min(self._bounds.left(httpcore.ConnectTimeout), CONNECT_SECONDS)
            try:
                connected = socket.create_connection((address, port), seconds)
            except TimeoutError as error:
                failure = httpcore.ConnectTimeout(str(error))
            except OSError as error:
                failure = httpcore.ConnectError(str(error))
            else:
                # Headers and body leave as two writes; without this the second would wait.
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return _Stream(connected, self._bounds)
        raise failure


def _found_within(seconds: float, look_up: Callable[[], Sequence[str]]) -> Sequence[str]:
    """What a look-up finds or raises. Raises httpcore's ConnectTimeout when it takes too long.

    Who owns a name can let the system's resolver wait, which nothing can stop: it is left behind.
    """
    found: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            found.put(look_up())
        except Exception as error:
            found.put(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        outcome = found.get(timeout=seconds)
    except queue.Empty:
        raise httpcore.ConnectTimeout("The name was not found in time.") from None
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


class _Stream(httpcore.NetworkStream):
    """A socket on which each wait gets what is left of the deadline, and each read of the bytes.

    httpcore's own stream would start the time anew for each piece it sends or receives.
    """

    def __init__(self, connected: socket.socket, bounds: Bounds) -> None:
        self._socket = connected
        self._bounds = bounds
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._failure: OSError | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.take(READ_BYTES)

    def take(self, most: int) -> bytes:
        """Wait for bytes, then take along what has come already; b"" at the end.

        TLS hands out 16 KiB at a time, and the layers above work for each piece they are given.
        """
        try:
            if self._failure is not None:
                raise self._failure
            self._socket.settimeout(self._bounds.left(httpcore.ReadTimeout))
            room = min(most, self._bounds.room(httpcore.RemoteProtocolError))
            received = self._socket.recv_into(self._buffer[:room])
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        received = self._with_what_came(received, room)
        self._bounds.count(received)
        return bytes(self._buffer[:received])

    def _with_what_came(self, end: int, room: int) -> int:
        self._socket.settimeout(0)
        try:
            while 0 < end < room and (more := self._socket.recv_into(self._buffer[end:room])):
                end += more
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        except OSError as error:
            self._failure = error  # for the next read: the bytes before it may be a whole answer
        return end

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        unsent = memoryview(buffer)
        try:
            while unsent:  # not sendall: over TLS it would start the time anew for each record
                self._socket.settimeout(self._bounds.left(httpcore.WriteTimeout))
                unsent = unsent[self._socket.send(unsent) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        try:
            self._socket.settimeout(self._bounds.left(httpcore.ConnectTimeout))
            secured = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except BaseException as error:
            self.close()
            if isinstance(error, TimeoutError):
                raise httpcore.ConnectTimeout(str(error)) from error
            if isinstance(error, OSError | ValueError):  # the latter for a name TLS cannot carry
                raise httpcore.ConnectError(str(error)) from error
            raise
        return _Stream(secured, self._bounds)

    def get_extra_info(self, info: str) -> Any:
        return None  # httpcore asks for the protocol agreed on; it is always HTTP/1.1 here
