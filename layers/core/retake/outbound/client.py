"""The only way out of the stack over HTTP: guarded, bounded, and never repeated by itself.

Each call opens a connection of its own, so that a failure tells truthfully whether the request
left; has one deadline over everything, the look-up of the name included, because a timeout for
each read lets a dripping peer hold a function for ever; follows no redirect but a
download's, where told to, each address checked like the first; uses no proxy from the
environment, asks for an unencoded body, unpacks what comes packed all the same, and caps its size,
on the wire as well. It speaks to
httpx's transports and not to its client, which would log whole addresses, signatures included.
"""

import ssl
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, cast
from urllib.parse import urljoin

import httpx

from retake.domain.errors import Forbidden, NoAnswer, NotSent, TooLarge
from retake.domain.patterns import pattern
from retake.domain.values import dataclass
from retake.outbound.codings import packings_of, unpacked
from retake.outbound.ssrf_guard import Resolve, dialable, resolve
from retake.outbound.transport import Bounds, GuardedTransport

REPLY_BYTES = 1024 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})  # RFC 9110, 15.4
_DEFAULT_PORTS = {"https": 443, "http": 80}
# Names of DNS as they travel, addresses of IPv4 and IPv6: nothing that another parser could read
# differently, no ending dot, no empty label.
_HOST = pattern(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*|[0-9a-f]*:[0-9a-f:.]+")

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
    an `httpx.MockTransport`. `watch` is told each host before it is called.
    """

    def __init__(
        self,
        hosts: Iterable[str],
        *,
        loopback_ports: Container[int] = frozenset(),
        look_up: Resolve = resolve,
        transport: httpx.BaseTransport | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
        watch: Callable[[str], None] = lambda host: None,
    ) -> None:
        self._hosts = tuple(hosts)
        self._watch = watch
        self._loopback_ports = loopback_ports
        self._look_up = look_up
        self._transport = transport
        self._tls = tls
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
        """One request, sent once. Raises NotSent, NoAnswer, Forbidden (not sent), TooLarge."""
        sent = {"headers": headers, "json": json}
        with self._exchange(method, url, sent, seconds, REPLY_BYTES) as answer:
            response, chunks = answer
            body = b"".join(_plain(url, response, chunks, REPLY_BYTES))
            return Reply(response.status_code, _lower(response.headers), body)

    def post(
        self,
        url: str,
        content: bytes,
        *,
        headers: Mapping[str, str],
        seconds: float,
        maximum_bytes: int,
    ) -> Reply:
        """These very bytes, sent once, for the status of the answer: of its body so much is taken
        off the wire and nothing kept. Raises NotSent, NoAnswer, Forbidden (not sent)."""
        sent = {"headers": headers, "content": content}
        with self._exchange("POST", url, sent, seconds, maximum_bytes) as answer:
            response, chunks = answer
            with suppress(NoAnswer, TooLarge):  # the status is the whole answer
                for _ in _capped(chunks, maximum_bytes):
                    pass
            return Reply(response.status_code, _lower(response.headers), b"")

    @contextmanager
    def download(
        self, url: str, *, seconds: float, maximum_bytes: int, redirects: int = 0
    ) -> Iterator[Download]:
        """A body in chunks, without credentials.

        So many redirects are followed, each checked like an address that was given; the time is
        one for all of them. Raises as `request`, also while the chunks are read. A body that ends
        before its declared length raises NoAnswer; one without a declared length may end anywhere.
        """
        until = self._clock() + seconds
        with ExitStack() as open_exchanges:
            for left in range(redirects, -1, -1):
                response, chunks = open_exchanges.enter_context(
                    self._exchange("GET", url, {}, until - self._clock(), maximum_bytes)
                )
                target = _redirected(url, response)
                if target is None or left == 0:
                    break
                open_exchanges.close()
                url = target
            chunks = _plain(url, response, chunks, maximum_bytes)
            length = response.headers.get("content-length", "")
            is_told = length.isascii() and length.isdigit() and not packings_of(response)
            declared = int(length) if is_told else None
            if declared is not None and declared > maximum_bytes:
                raise TooLarge(f"The file is {declared:,} bytes; {maximum_bytes:,} are allowed.")
            yield Download(response.status_code, _lower(response.headers), declared, chunks)

    def check(self, url: str) -> httpx.URL:
        """The parsed address, if this stack may call it. Raises Forbidden."""
        try:
            parsed = httpx.URL(url)
            # Not `.host`: it turns names back into Unicode, and fails on some.
            host = parsed.raw_host.decode("ascii")
        except (httpx.InvalidURL, ValueError, TypeError):
            raise Forbidden("The address cannot be read.") from None
        port = _DEFAULT_PORTS.get(parsed.scheme) if parsed.port is None else parsed.port
        if parsed.scheme not in _DEFAULT_PORTS or parsed.userinfo or not _HOST.fullmatch(host):
            raise Forbidden("Only plain web addresses are called.")
        if host in ("127.0.0.1", "localhost") and port in self._loopback_ports:
            return parsed
        if parsed.scheme != "https" or port != 443:
            raise Forbidden(f"{host} is called over https and port 443 only.")
        if not any(matches(host, pattern) for pattern in self._hosts):
            raise Forbidden(f"{host} is not a host this stack may call.")
        return parsed

    @contextmanager
    def _exchange(
        self,
        method: str,
        url: str,
        said: Mapping[str, Any],
        seconds: float,
        maximum_bytes: int,
    ) -> Iterator[tuple[httpx.Response, Iterator[bytes]]]:
        bounds = Bounds(
            deadline=self._clock() + seconds, clock=self._clock, maximum_bytes=maximum_bytes
        )
        parsed = self.check(url)
        own = {"accept-encoding": "identity", "user-agent": "retake"}
        try:
            request = httpx.Request(
                method, parsed, **{**said, "headers": own | dict(said.get("headers") or {})}
            )
        except (ValueError, TypeError):
            raise NotSent("The request has no form that can be sent.") from None
        host = parsed.raw_host.decode("ascii")
        self._watch(host)
        with self._transport or self._guarded(bounds) as transport:
            with _named(host):
                response = transport.handle_request(request)
            try:
                yield response, _body(response, host)
            finally:
                response.close()

    def _guarded(self, bounds: Bounds) -> GuardedTransport:
        return GuardedTransport(
            bounds,
            lambda host, port: dialable(
                host, port, loopback_ports=self._loopback_ports, look_up=self._look_up
            ),
            tls=self._tls,
        )


@contextmanager
def _named(host: str) -> Iterator[None]:
    try:
        yield
    except _NOT_SENT as error:
        raise NotSent(f"{host} cannot be reached ({type(error).__name__}).") from None
    except httpx.HTTPError as error:
        raise NoAnswer(f"{host} gave no answer ({type(error).__name__}).") from None


def _body(response: httpx.Response, host: str) -> Iterator[bytes]:
    # Not `iter_raw`, which cuts and joins each chunk anew.
    try:
        yield from cast(httpx.SyncByteStream, response.stream)
    except httpx.HTTPError as error:
        raise NoAnswer(f"{host} broke off its answer ({type(error).__name__}).") from None


def _plain(
    url: str, response: httpx.Response, chunks: Iterator[bytes], maximum_bytes: int
) -> Iterator[bytes]:
    """A body as it was before it was packed, as far as it may come. Raises NoAnswer, TooLarge."""
    host = httpx.URL(url).raw_host.decode("ascii")
    return _capped(unpacked(chunks, packings_of(response), host), maximum_bytes)


def _redirected(url: str, response: httpx.Response) -> str | None:
    """Where an answer sends whoever asked, None for one that does not."""
    target = response.headers.get("location") if response.status_code in _REDIRECTS else None
    try:
        return urljoin(url, target) if target else None
    except ValueError:
        raise Forbidden("The address of a redirect cannot be read.") from None


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def matches(host: str, pattern: str) -> bool:
    """Whether a host is what a pattern says: its name, a name behind `*.`, or `*`."""
    return pattern in ("*", host) or (pattern.startswith("*.") and host.endswith(pattern[1:]))


def _capped(chunks: Iterator[bytes], maximum_bytes: int) -> Iterator[bytes]:
    received = 0
    for chunk in chunks:
        received += len(chunk)
        if received > maximum_bytes:
            raise TooLarge(f"More than {maximum_bytes:,} bytes came.")
        yield chunk
