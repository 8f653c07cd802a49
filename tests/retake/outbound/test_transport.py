import socket
import ssl
from pathlib import Path

import pytest
from retake.domain.errors import NoAnswer, NotSent
from retake.outbound.client import Outbound
from retake.outbound.transport import public_authorities

from tests.support.certificate_authority import Authority, authority_in
from tests.support.tcp_peers import Peer, Script, peer, reply, resets, says, silent


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority_in(tmp_path_factory.mktemp("authority"))


def post(server: Peer, trust: ssl.SSLContext | None, seconds: float = 5.0) -> int:
    http = Outbound((), loopback_ports=frozenset({server.port}), tls=trust)
    return http.request("POST", server.url(scheme="https"), json={}, seconds=seconds).status


def test_a_trusted_peer_is_answered_over_tls(authority: Authority) -> None:
    with peer(says(reply()), tls=authority.sign("localhost")) as server:
        assert post(server, authority.trust) == 200


def test_the_name_asked_for_is_the_one_in_the_handshake(authority: Authority) -> None:
    asked: list[str | None] = []
    context = authority.sign("localhost")
    context.sni_callback = lambda connection, name, given: asked.append(name)

    with peer(says(reply()), tls=context) as server:
        post(server, authority.trust)

    assert asked == ["localhost"]


def test_a_certificate_of_another_name_means_not_sent(authority: Authority) -> None:
    context = authority.sign("other.example")

    with peer(says(reply()), tls=context) as server, pytest.raises(NotSent):
        post(server, authority.trust)

    assert server.requests == []


def test_a_certificate_nobody_vouches_for_means_not_sent(authority: Authority) -> None:
    with peer(says(reply()), tls=authority.sign("localhost")) as server, pytest.raises(NotSent):
        post(server, None)

    assert server.requests == []


def test_certificates_named_by_the_environment_are_not_trusted(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = authority.sign("localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.folder / "localhost.pem"))
    public_authorities.cache_clear()

    with peer(says(reply()), tls=context) as server, pytest.raises(NotSent):
        post(server, None)


def test_the_keys_of_a_session_are_not_written_where_the_environment_says(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    public_authorities.cache_clear()
    try:
        context = public_authorities()
        context.load_verify_locations(authority.folder / "authority.pem")
        with peer(says(reply()), tls=authority.sign("localhost")) as server:
            assert post(server, context) == 200
    finally:
        public_authorities.cache_clear()

    assert not keys.exists() or b"SECRET" not in keys.read_bytes()


def test_an_answer_before_a_reset_is_still_read() -> None:
    def answers_and_resets(connection: socket.socket, request: bytes) -> None:
        connection.sendall(reply(b"x" * 100_000))
        resets(connection, request)

    with peer(answers_and_resets) as server:
        http = Outbound((), loopback_ports=frozenset({server.port}))
        answer = http.request("GET", server.url(), seconds=5)

    assert len(answer.body) == 100_000


def hangs_up(connection: socket.socket, request: bytes) -> None:
    connection.close()


@pytest.mark.parametrize(
    "script",
    [hangs_up, says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), says(b"\x15\x03\x03\x00\x02\x02\x28")],
    ids=["hangs up", "speaks plain http", "sends an alert"],
)
def test_a_handshake_that_fails_means_not_sent(script: Script, authority: Authority) -> None:
    with peer(script, reads=False) as server, pytest.raises(NotSent):
        post(server, authority.trust)


def test_a_handshake_nobody_answers_ends_at_the_deadline(authority: Authority) -> None:
    with peer(silent, reads=False) as server, pytest.raises(NotSent):
        post(server, authority.trust, seconds=0.2)


def test_a_handshake_that_drips_ends_at_the_deadline(authority: Authority) -> None:
    def drips(connection: socket.socket, request: bytes) -> None:
        connection.recv(65536)
        connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")  # a ServerHello of 16 KiB
        connection.settimeout(0.02)
        while True:
            connection.sendall(b"\x00")
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue

    with peer(drips, reads=False) as server, pytest.raises(NotSent):
        post(server, authority.trust, seconds=0.3)


def test_a_silent_peer_behind_tls_leaves_it_unknown(authority: Authority) -> None:
    with peer(silent, tls=authority.sign("localhost")) as server, pytest.raises(NoAnswer):
        post(server, authority.trust, seconds=0.3)


def test_a_body_over_tls_that_ends_early_is_noticed(authority: Authority) -> None:
    answer = reply(b"x" * 100_000)[:-1]
    with peer(says(answer), tls=authority.sign("localhost")) as server, pytest.raises(NoAnswer):
        post(server, authority.trust)


def test_a_large_download_over_tls_arrives_whole(authority: Authority) -> None:
    body = bytes(range(256)) * 8192
    with peer(says(reply(body)), tls=authority.sign("localhost")) as server:
        http = Outbound((), loopback_ports=frozenset({server.port}), tls=authority.trust)
        url = server.url(scheme="https")
        with http.download(url, seconds=10, maximum_bytes=10**8) as download:
            received = b"".join(download.chunks)

    assert received == body
