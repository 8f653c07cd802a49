import socket
from typing import Any

import pytest
from retake.domain.errors import NoAnswer, TooLarge
from retake.outbound.client import Outbound

from tests.support.tcp_peers import Peer, peer, reply, says


def caller(*peers: Peer, **more: Any) -> Outbound:
    return Outbound((), loopback_ports=frozenset(one.port for one in peers), **more)


@pytest.mark.parametrize(
    ("answer", "length"),
    [
        (reply(b"abc" * 1000), 3000),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"abc" * 1000, None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nbb8\r\n" + b"abc" * 1000
         + b"\r\n0\r\n\r\n", None),
    ],
    ids=["length", "until closed", "chunked"],
)  # fmt: skip
def test_a_download_gives_all_bytes_and_the_length_if_there_is_one(
    answer: bytes, length: int | None
) -> None:
    with (
        peer(says(answer)) as server,
        caller(server).download(server.url(), seconds=5, maximum_bytes=3000) as download,
    ):
        body = b"".join(download.chunks)

    assert body == b"abc" * 1000
    assert (download.status, download.length) == (200, length)
    assert b"authorization" not in server.requests[0].lower()


def test_a_download_that_is_too_large_by_its_own_words_is_not_read() -> None:
    with (
        peer(says(reply(b"x" * 11))) as server,
        pytest.raises(TooLarge),
        caller(server).download(server.url(), seconds=5, maximum_bytes=10),
    ):
        pass


def test_a_download_that_grows_too_large_stops() -> None:
    with (
        peer(says(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 11)) as server,
        caller(server).download(server.url(), seconds=5, maximum_bytes=10) as download,
        pytest.raises(TooLarge),
    ):
        list(download.chunks)


@pytest.mark.parametrize(
    "answer",
    [reply(b"x" * 100)[:-1], b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde"],
)
def test_a_download_that_ends_early_raises_where_it_is_read(answer: bytes) -> None:
    with (
        peer(says(answer)) as server,
        caller(server).download(server.url(), seconds=5, maximum_bytes=1000) as download,
        pytest.raises(NoAnswer),
    ):
        list(download.chunks)


def test_a_download_left_early_closes_its_connection() -> None:
    class Enough(Exception):
        pass

    def endless(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with (
        peer(endless) as server,
        pytest.raises(Enough),
        caller(server).download(server.url(), seconds=5, maximum_bytes=10**9),
    ):
        raise Enough
