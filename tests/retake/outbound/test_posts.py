"""A post whose answer is its status: exact bytes out, and little of whatever comes back."""

import socket
import time
from typing import Any

import pytest
from retake.domain.errors import Forbidden, NoAnswer
from retake.outbound.client import Outbound

from tests.support.tcp_peers import Peer, Script, peer, reply, says, silent

BODY = '{"b":1,  "ä":2}'.encode()


def post(server: Peer, **more: Any) -> Any:
    caller = Outbound((), loopback_ports=frozenset({server.port}))
    asked: dict[str, Any] = {
        "headers": {"webhook-id": "x"},
        "seconds": 5.0,
        "maximum_bytes": 1024,
    } | more
    return caller.post(server.url(), BODY, **asked)


def test_the_bytes_go_out_as_they_are() -> None:
    with peer(says(reply(b"", "204 No Content"))) as server:
        answer = post(server)

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == BODY
    assert b"webhook-id: x" in head.lower()
    assert f"content-length: {len(BODY)}".encode() in head.lower()
    assert (answer.status, answer.body) == (204, b"")


@pytest.mark.parametrize(
    "script",
    [
        says(reply(b"x" * 100_000)),
        says(reply(b"\x1f\x8b", "200 OK", "Content-Encoding: gzip")),
        says(reply(b"\x00" * 9, "200 OK", "Content-Encoding: br")),
        says(reply(b"{}" * 100)[:-1]),
    ],
    ids=["more than anybody reads", "packed", "packed otherwise", "shorter than it says"],
)
def test_the_status_is_the_whole_answer(script: Script) -> None:
    with peer(script) as server:
        assert post(server).status == 200


def test_an_answer_that_drips_ends_at_the_deadline_with_its_status() -> None:
    def drips(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)

    with peer(drips) as server:
        began = time.monotonic()
        assert post(server, seconds=0.3).status == 200

    assert time.monotonic() - began < 2


def test_silence_is_no_answer() -> None:
    with peer(silent) as server, pytest.raises(NoAnswer):
        post(server, seconds=0.2)


def test_a_redirect_to_a_private_address_is_an_answer_and_followed_nowhere() -> None:
    with (
        peer(says(reply())) as inside,
        peer(says(reply(b"", "307 T", f"Location: {inside.url()}"))) as server,
    ):
        assert post(server).status == 307

    assert inside.connections == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1"])
def test_a_name_that_leads_inside_is_not_called(address: str) -> None:
    caller = Outbound(("*",), look_up=lambda host, port: [address])

    with pytest.raises(Forbidden):
        caller.post("https://in.example/", b"", headers={}, seconds=1, maximum_bytes=1)
