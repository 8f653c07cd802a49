import json
import logging
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
from retake.domain.errors import NoAnswer, NotSent, OutboundError, TooLarge
from retake.outbound.client import REPLY_BYTES, Outbound

from tests.support.tcp_peers import Peer, Script, peer, reply, resets, says, silent


def caller(*peers: Peer, **more: Any) -> Outbound:
    return Outbound((), loopback_ports=frozenset(one.port for one in peers), **more)


# ---------------- one request, sent once


def test_a_request_carries_its_body_and_asks_for_plain_bytes() -> None:
    with peer(says(reply(b'{"id": 1}', "201 Created", "X-Trace: abc"))) as server:
        answer = caller(server).request(
            "POST", server.url("/v3?a=b"), headers={"authorization": "Bearer k"}, json={"a": "ü"},
            seconds=5,
        )  # fmt: skip

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0] == "post /v3?a=b http/1.1"
    assert "accept-encoding: identity" in lines
    assert "authorization: bearer k" in lines
    assert f"host: localhost:{server.port}" in lines
    assert json.loads(body) == {"a": "ü"}
    assert (answer.status, answer.body) == (201, b'{"id": 1}')
    assert answer.headers["x-trace"] == "abc"


def test_each_request_opens_a_connection_of_its_own() -> None:
    def keeps_open(connection: socket.socket, request: bytes) -> None:
        connection.sendall(reply())
        silent(connection, request)

    with peer(keeps_open) as server:
        http = caller(server)
        for _ in range(3):
            http.request("GET", server.url(), seconds=5)

    assert server.connections == 3


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 T", "308 P"])
def test_a_redirect_is_an_answer_and_not_followed(status: str) -> None:
    with (
        peer(says(reply())) as target,
        peer(says(reply(b"", status, f"Location: {target.url()}"))) as server,
    ):
        answer = caller(server, target).request("POST", server.url(), json={}, seconds=5)

    assert answer.status == int(status[:3])
    assert target.connections == 0


@pytest.mark.parametrize("location", ["http://[::1", "\xff\xfe", "https://xn--zzzzzz99999/", ""])
def test_a_redirect_to_nowhere_is_still_an_answer(location: str) -> None:
    answer = reply(b"", "302 Found").replace(
        b"\r\n\r\n", b"\r\nLocation: " + location.encode("latin-1") + b"\r\n\r\n"
    )
    with peer(says(answer)) as server:
        assert caller(server).request("GET", server.url(), seconds=5).status == 302


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    with peer(says(reply())) as proxy, peer(says(reply())) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.url())
        monkeypatch.setenv("NO_PROXY", "")
        caller(server).request("GET", server.url(), seconds=5)

    assert (server.connections, proxy.connections) == (1, 0)


def test_passwords_in_the_home_directory_are_not_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login me password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))

    with peer(says(reply())) as server:
        caller(server).request("GET", server.url(), seconds=5)

    assert b"authorization" not in server.requests[0].lower()


def test_no_address_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    with peer(says(reply())) as server:
        caller(server).request("GET", server.url("/?X-Amz-Signature=canary"), seconds=5)

    assert "canary" not in caplog.text


# ---------------- what a failure means


@pytest.mark.parametrize(
    "script",
    [
        says(b""),
        resets,
        says(b"HTTP/1.1 200 OK\r\n"),
        says(b"HTTP/1.1 200 OK\r\nContent-Le"),
        says(reply(b'{"task_id": "1"}')[:-5]),
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}"),
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}"),
        says(b"220 mail.example ESMTP\r\n"),
        says(b"\x16\x03\x01\x00\xff" * 10),
        says(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 600_000 + b"\r\n\r\n"),
        says(reply(b"\x1f\x8b", "200 OK", "Content-Encoding: gzip")),
        says(reply(b"{}", "200 OK", "Content-Encoding: br")),
        silent,
    ],
    ids=[
        "closed", "reset", "half a head", "half a name", "half a body", "half a chunk",
        "garbage for a chunk", "two lengths", "negative length", "another protocol", "noise",
        "endless head", "gzip", "brotli", "silence",
    ],
)  # fmt: skip
def test_once_the_request_left_a_failure_says_nothing_about_it(script: Script) -> None:
    with peer(script) as server:
        seconds = 0.3 if script is silent else 5.0
        with pytest.raises(NoAnswer):
            caller(server).request("POST", server.url(), json={"a": 1}, seconds=seconds)

    assert server.connections == 1
    assert server.requests[0].endswith(b'{"a":1}')


def test_an_answer_that_says_it_is_plain_is_taken() -> None:
    with peer(says(reply(b"{}", "200 OK", "Content-Encoding: Identity"))) as server:
        assert caller(server).request("GET", server.url(), seconds=5).body == b"{}"


def test_a_refused_connection_means_not_sent() -> None:
    with peer(says(reply())) as server:
        pass  # closed again: nobody listens there now

    with pytest.raises(NotSent):
        caller(server).request("POST", server.url(), json={}, seconds=5)


def test_a_name_without_an_address_means_not_sent() -> None:
    http = Outbound(("*",), look_up=lambda host, port: [])

    with pytest.raises(NotSent):
        http.request("GET", "https://gone.example/", seconds=1)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"authorization": "Bearer key\n"}, {}),
        ({"authorization": "Bearer kéy"}, {}),
        ({"bad name": "x"}, {}),
        ({}, {"number": float("nan")}),
        ({}, {"text": "\ud800"}),
        ({}, {"object": object()}),
    ],
)
def test_a_request_that_cannot_be_written_down_is_not_sent(
    headers: dict[str, str], body: dict[str, Any]
) -> None:
    with peer(says(reply())) as server, pytest.raises(NotSent):
        caller(server).request("POST", server.url(), headers=headers, json=body, seconds=5)

    assert server.requests in ([], [b""])


# ---------------- caps


def test_an_answer_of_exactly_the_cap_is_taken() -> None:
    with peer(says(reply(b"x" * REPLY_BYTES))) as server:
        assert len(caller(server).request("GET", server.url(), seconds=5).body) == REPLY_BYTES


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"x" * (REPLY_BYTES + 1)),
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (REPLY_BYTES + 1),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"10000\r\n" + b"x" * 0x10000 + b"\r\n" * 1 + b"100000\r\n" + b"x" * 0x100000,
    ],
    ids=["declared", "until closed", "in chunks"],
)  # fmt: skip
def test_an_answer_over_the_cap_is_refused(answer: bytes) -> None:
    with peer(says(answer)) as server, pytest.raises(TooLarge):
        caller(server).request("GET", server.url(), seconds=5)


# ---------------- a transport of a test's own


def test_a_transport_given_by_a_test_answers_requests_and_downloads() -> None:
    response = httpx.Response(200, headers={"content-length": "5"}, content=b"hello")
    http = Outbound(("*",), transport=httpx.MockTransport(lambda request: response))

    assert http.request("GET", "https://api.example/", seconds=1).body == b"hello"
    with http.download("https://api.example/", seconds=1, maximum_bytes=10) as download:
        assert (download.length, b"".join(download.chunks)) == (5, b"hello")


@pytest.mark.parametrize(
    ("raised", "named"),
    [
        (httpx.ConnectError, NotSent),
        (httpx.ConnectTimeout, NotSent),
        (httpx.PoolTimeout, NotSent),
        (httpx.UnsupportedProtocol, NotSent),
        (httpx.LocalProtocolError, NotSent),
        (httpx.ReadError, NoAnswer),
        (httpx.ReadTimeout, NoAnswer),
        (httpx.WriteError, NoAnswer),
        (httpx.WriteTimeout, NoAnswer),
        (httpx.RemoteProtocolError, NoAnswer),
        (httpx.ProxyError, NoAnswer),
        (httpx.DecodingError, NoAnswer),
    ],
)
def test_each_failure_of_httpx_has_one_meaning(
    raised: type[httpx.RequestError], named: type[OutboundError]
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise raised("its own words, perhaps with an address")

    http = Outbound(("*",), transport=httpx.MockTransport(fail))
    with pytest.raises(OutboundError) as seen:
        http.request("POST", "https://api.example/?X-Amz-Signature=canary", json={}, seconds=1)

    assert type(seen.value) is named
    assert "canary" not in str(seen.value)
    assert "own words" not in str(seen.value)
