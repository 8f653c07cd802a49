"""The only way out of the stack over HTTP: guarded, bounded, and never repeated by itself.

Each call opens a connection of its own, so that a failure tells truthfully whether the request
left; has one deadline over everything, because a timeout for each read lets a dripping peer hold
a function for ever; follows no redirect, uses no proxy from the environment, asks for an
unencoded body and caps its size.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from retake.addresses import Resolve, dialable, resolve
from retake.errors import Forbidden, NoAnswer, NotSent, TooLarge
from retake.transport import GuardedTransport

REPLY_BYTES = 1024 * 1024
CHUNK_BYTES = 256 * 1024

# httpx's exceptions that can only happen before a byte of the request is on the wire.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: the status, headers by lower-case name, and at most REPLY_BYTES of body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Download:
    """An answer whose body is still coming; `length` is None when the sender did not say."""

    status: int
    headers: Mapping[str, str]
    length: int | None
    chunks: Iterator[bytes]


class Outbound:
    """HTTP to the hosts named, and to nobody else.

    `hosts` are exact names, or names behind `*.`; a lone `*` admits every public host. Tests pass
    an `httpx.MockTransport`.
    """

    def __init__(
        self,
        hosts: Iterable[str],
        *,
        loopback_ports: frozenset[int] = frozenset(),
        look_up: Resolve = resolve,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hosts = tuple(hosts)
        self._loopback_ports = loopback_ports
        self._look_up = look_up
        self._transport = transport
        self._clock = clock

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        seconds: float,
    ) -> Reply:
        """One request, sent once. Raises NotSent, NoAnswer, Forbidden, TooLarge."""
        with self._exchange(method, url, headers, json, seconds) as response:
            body = bytearray()
            for chunk in response.iter_raw(CHUNK_BYTES):
                body += chunk
                if len(body) > REPLY_BYTES:
                    raise TooLarge(f"The answer is over {REPLY_BYTES:,} bytes.")
            return Reply(response.status_code, _lower(response.headers), bytes(body))

    @contextmanager
    def download(self, url: str, *, seconds: float, maximum_bytes: int) -> Iterator[Download]:
        """A body in chunks, without credentials. Raises as `request`; TooLarge while reading."""
        with self._exchange("GET", url, None, None, seconds) as response:
            length = response.headers.get("content-length", "")
            declared = int(length) if length.isascii() and length.isdigit() else None
            if declared is not None and declared > maximum_bytes:
                raise TooLarge(f"The file is {declared:,} bytes; {maximum_bytes:,} are allowed.")
            chunks = _capped(response.iter_raw(CHUNK_BYTES), maximum_bytes)
            yield Download(response.status_code, _lower(response.headers), declared, chunks)

    def check(self, url: str) -> httpx.URL:
        """The parsed address, if this stack may call it. Raises Forbidden."""
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, ValueError, TypeError):
            raise Forbidden("The address cannot be read.") from None
        host, port = parsed.host, parsed.port or {"https": 443, "http": 80}.get(parsed.scheme, 0)
        if host in ("127.0.0.1", "localhost") and port in self._loopback_ports:
            return parsed
        if parsed.scheme != "https" or port != 443 or parsed.userinfo or not host.isascii():
            raise Forbidden(f"Only plain https addresses are called, not {parsed.scheme}://{host}.")
        if host.endswith(".") or not any(_matches(host, pattern) for pattern in self._hosts):
            raise Forbidden(f"{host} is not a host this stack may call.")
        return parsed

    @contextmanager
    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str] | None, json: Any, seconds: float
    ) -> Iterator[httpx.Response]:
        parsed = self.check(url)
        transport = self._transport or GuardedTransport(
            deadline=self._clock() + seconds,
            clock=self._clock,
            connect_to=lambda host, port: dialable(
                host, port, loopback_ports=self._loopback_ports, look_up=self._look_up
            ),
        )
        sent = {"accept-encoding": "identity", "user-agent": "retake", **(headers or {})}
        try:
            with (
                httpx.Client(transport=transport, timeout=seconds, trust_env=False) as client,
                client.stream(method, parsed, headers=sent, json=json) as response,
            ):
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise NoAnswer("The answer came encoded although it was asked for plain.")
                yield response
        except _NOT_SENT as error:
            raise NotSent(f"{parsed.host} cannot be reached ({type(error).__name__}).") from None
        except httpx.HTTPError as error:
            raise NoAnswer(f"{parsed.host} gave no answer ({type(error).__name__}).") from None


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _matches(host: str, pattern: str) -> bool:
    return pattern in ("*", host) or (pattern.startswith("*.") and host.endswith(pattern[1:]))


def _capped(chunks: Iterator[bytes], maximum_bytes: int) -> Iterator[bytes]:
    received = 0
    for chunk in chunks:
        received += len(chunk)
        if received > maximum_bytes:
            raise TooLarge(f"More than {maximum_bytes:,} bytes came.")
        yield chunk
