import socket
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from retake.domain.errors import NoAnswer, NotSent
from retake.outbound.client import Outbound

from tests.support.tcp_peers import Peer, Script, peer, reply, says
from virtual.clock import Clock


def caller(*peers: Peer, **more: Any) -> Outbound:
    return Outbound((), loopback_ports=frozenset(one.port for one in peers), **more)


def drips(start: bytes, piece: bytes, clock: Clock) -> Script:
    """Send a piece for each second of the test's clock until the client has enough."""

    def script(connection: socket.socket, request: bytes) -> None:
        connection.sendall(start)
        while True:
            clock.advance(1)
            connection.sendall(piece)

    return script


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["headers", "body", "chunks", "interim answers"],
)
def test_dripping_does_not_hold_a_request(start: bytes, piece: bytes) -> None:
    clock = Clock()

    with peer(drips(start, piece, clock)) as server, pytest.raises(NoAnswer, match="ReadTimeout"):
        caller(server, clock=clock.monotonic).request("POST", server.url(), seconds=5)


def test_dripping_does_not_hold_a_download() -> None:
    clock = Clock()
    script = drips(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", b"x", clock)

    with (
        peer(script) as server,
        pytest.raises(NoAnswer, match="ReadTimeout"),
        caller(server, clock=clock.monotonic).download(
            server.url(), seconds=5, maximum_bytes=10**9
        ) as download,
    ):
        list(download.chunks)


def test_a_peer_that_sips_the_body_does_not_hold_a_request() -> None:
    clock = Clock()

    def sips(connection: socket.socket, request: bytes) -> None:
        while connection.recv(65536):
            clock.advance(1)

    with peer(sips, reads=False) as server, pytest.raises(NoAnswer, match="WriteTimeout"):
        caller(server, clock=clock.monotonic).request(
            "POST", server.url(), json="x" * 32 * 1024 * 1024, seconds=5
        )


def test_a_deadline_that_passed_during_the_look_up_means_not_sent() -> None:
    clock = Clock()

    def look_up(host: str, port: int) -> Sequence[str]:
        clock.advance(60)
        return ["127.0.0.1"]

    with peer(says(reply())) as server:
        http = caller(server, clock=clock.monotonic, look_up=look_up)
        with pytest.raises(NotSent):
            http.request("POST", server.url(), json={}, seconds=5)

    assert server.connections == 0


def test_a_look_up_that_does_not_come_back_means_not_sent_at_the_deadline() -> None:
    over = threading.Event()

    def look_up(host: str, port: int) -> Sequence[str]:
        over.wait(60)
        return ["127.0.0.1"]

    try:
        with peer(says(reply())) as server, pytest.raises(NotSent, match="ConnectTimeout"):
            caller(server, look_up=look_up).request("POST", server.url(), json={}, seconds=0.1)
    finally:
        over.set()

    assert server.connections == 0


def test_what_comes_in_one_piece_is_held_to_the_deadline_too() -> None:
    clock = Clock()
    chunks = b"1\r\nx\r\n" * 1000

    with (
        peer(says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)) as server,
        caller(server, clock=clock.monotonic).download(
            server.url(), seconds=5, maximum_bytes=10**6
        ) as download,
        pytest.raises(NoAnswer, match="ReadTimeout"),
    ):
        list(map(lambda chunk: clock.advance(1), download.chunks))
