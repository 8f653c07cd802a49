"""httpcore behind httpx, on sockets that know one deadline and dial checked addresses only."""

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpcore
import httpx

# A server that does not pick up in this time is not there; the next of its addresses may be.
CONNECT_SECONDS = 10.0
READ_BYTES = 256 * 1024


@cache
def public_authorities() -> ssl.SSLContext:
    """TLS as for any public server, whatever certificate files the environment names."""
    return httpx.create_ssl_context(trust_env=False)


class GuardedTransport(httpx.BaseTransport):
    """One fresh connection; everything on it shares the deadline.

    `addresses` gives those to dial for a host and port, in order; `deadline` is a time of `clock`.
    """

    def __init__(
        self,
        *,
        deadline: float,
        clock: Callable[[], float],
        addresses: Callable[[str, int], Sequence[str]],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or public_authorities(),
            max_connections=1,
            retries=0,
            network_backend=_Network(_Deadline(deadline, clock), addresses),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with _httpx_names():
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
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(response.stream)
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _httpx_names():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


@contextmanager
def _httpx_names() -> Iterator[None]:
    # httpcore raises its own family; httpx has each of its members under the same name.
    try:
        yield
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.TimeoutException,
        httpcore.UnsupportedProtocol,
    ) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error


class _Deadline:
    def __init__(self, at: float, clock: Callable[[], float]) -> None:
        self._at = at
        self._clock = clock

    def left(self, too_late: type[Exception]) -> float:
        """The seconds left, never 0: a socket would take that for "do not wait at all"."""
        left = self._at - self._clock()
        if left <= 0:
            raise too_late("The deadline has passed.")
        return left


class _Network(httpcore.NetworkBackend):
    def __init__(self, deadline: _Deadline, addresses: Callable[[str, int], Sequence[str]]) -> None:
        self._deadline = deadline
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
        for address in self._addresses(host, port):
            seconds = min(self._deadline.left(httpcore.ConnectTimeout), CONNECT_SECONDS)
            try:
                connected = socket.create_connection((address, port), seconds)
            except TimeoutError as error:
                failure = httpcore.ConnectTimeout(str(error))
            except OSError as error:
                failure = httpcore.ConnectError(str(error))
            else:
                # Headers and body leave as two writes; without this the second would wait.
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return _Stream(connected, self._deadline)
        raise failure


class _Stream(httpcore.NetworkStream):
    """A socket on which each wait gets what is left of the deadline.

    httpcore's own stream would start the time anew for each piece it sends or receives.
    """

    def __init__(self, connected: socket.socket, deadline: _Deadline) -> None:
        self._socket = connected
        self._deadline = deadline
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._failure: OSError | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Wait for bytes, then take along what has come already.

        TLS hands out 16 KiB at a time, and the layers above work for each piece they are given.
        """
        try:
            if self._failure is not None:
                raise self._failure
            self._socket.settimeout(self._deadline.left(httpcore.ReadTimeout))
            received = self._socket.recv_into(self._buffer)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        return bytes(self._buffer[: self._with_what_came(received)])

    def _with_what_came(self, end: int) -> int:
        self._socket.settimeout(0)
        try:
            while 0 < end < READ_BYTES and (more := self._socket.recv_into(self._buffer[end:])):
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
                self._socket.settimeout(self._deadline.left(httpcore.WriteTimeout))
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
            self._socket.settimeout(self._deadline.left(httpcore.ConnectTimeout))
            secured = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except BaseException as error:
            self.close()
            if isinstance(error, TimeoutError):
                raise httpcore.ConnectTimeout(str(error)) from error
            if isinstance(error, OSError | ValueError):  # the latter for a name TLS cannot carry
                raise httpcore.ConnectError(str(error)) from error
            raise
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return None  # httpcore asks for the protocol agreed on; it is always HTTP/1.1 here
