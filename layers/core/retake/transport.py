"""httpcore behind httpx, on a network that knows one deadline and checks each address it dials."""

import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpcore
import httpx

from retake.errors import OutboundError


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


# httpcore raises its own family; the names are the same one for one.
_HTTPX_NAMES = {
    getattr(httpcore, name): getattr(httpx, name)
    for name in (
        "ConnectError",
        "ConnectTimeout",
        "PoolTimeout",
        "UnsupportedProtocol",
        "LocalProtocolError",
        "RemoteProtocolError",
        "ReadError",
        "ReadTimeout",
        "WriteError",
        "WriteTimeout",
        "NetworkError",
        "TimeoutException",
    )
}


class GuardedTransport(httpx.BaseTransport):
    """One fresh connection per request; everything on it shares the deadline."""

    def __init__(
        self,
        *,
        deadline: float,
        clock: Callable[[], float],
        connect_to: Callable[[str, int], str],
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(),
            max_connections=1,
            retries=0,
            network_backend=_Network(deadline, clock, connect_to),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with _translated():
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
                    extensions=request.extensions,
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
        with _translated():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OutboundError:
        raise
    except Exception as error:
        if type(error) in _HTTPX_NAMES:
            raise _HTTPX_NAMES[type(error)](str(error)) from error
        raise


class _Network(httpcore.NetworkBackend):
    def __init__(
        self, deadline: float, clock: Callable[[], float], connect_to: Callable[[str, int], str]
    ) -> None:
        self._deadline = deadline
        self._clock = clock
        self._connect_to = connect_to
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._deadline, self._clock, httpcore.ConnectTimeout)
        stream = self._sockets.connect_tcp(
            self._connect_to(host, port),
            port,
            timeout=left,
            local_address=local_address,
            socket_options=socket_options,
        )
        return _Stream(stream, self._deadline, self._clock)


class _Stream(httpcore.NetworkStream):
    def __init__(
        self, inner: httpcore.NetworkStream, deadline: float, clock: Callable[[], float]
    ) -> None:
        self._inner = inner
        self._deadline = deadline
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = _left(self._deadline, self._clock, httpcore.ReadTimeout)
        return self._inner.read(max_bytes, timeout=left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = _left(self._deadline, self._clock, httpcore.WriteTimeout)
        self._inner.write(buffer, timeout=left)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._deadline, self._clock, httpcore.ConnectTimeout)
        secured = self._inner.start_tls(ssl_context, server_hostname, timeout=left)
        return _Stream(secured, self._deadline, self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(deadline: float, clock: Callable[[], float], too_late: type[Exception]) -> float:
    left = deadline - clock()
    if left <= 0:
        raise too_late("The deadline has passed.")
    return left
