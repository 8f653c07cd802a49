import socket
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.domain.errors import Forbidden, NotSent
from retake.outbound.client import Outbound

from tests.support.tcp_peers import Peer, peer, reply, says


def caller(*peers: Peer, **more: Any) -> Outbound:
    return Outbound((), loopback_ports=frozenset(one.port for one in peers), **more)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.novita.ai/v3/async/task-result?task_id=1",
        "https://API.Novita.AI/v3",
        "https://api.novita.ai:443/v3",
        "https://files.fal.media/a.mp4",
        "https://v3.b.fal.media/a.mp4",
    ],
)
def test_a_listed_host_may_be_called(url: str) -> None:
    Outbound(("api.novita.ai", "*.fal.media")).check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.novita.ai/",
        "https://api.novita.ai:8443/",
        "https://api.novita.ai:80/",
        "https://api.novita.ai:0/",
        "https://user@api.novita.ai/",
        "https://user:password@api.novita.ai/",
        "https://api.novita.ai@evil.example/",
        "https://api.novita.ai\\@evil.example/",
        "https://evil.example\\@api.novita.ai/",
        "https://api.novita.ai./",
        "https://api..novita.ai/",
        "https://.novita.ai/",
        "https://api.novita.ai.evil.example/",
        "https://evilapi.novita.ai/",
        "https://fal.media/",
        "https://evilfal.media/",
        "https://api%2Enovita.ai/",
        "https://api.novita.ai%00.evil.example/",
        "https:///v3",
        "https://",
        "//api.novita.ai/",
        "/v3/async",
        "api.novita.ai",
        "",
        "ftp://api.novita.ai/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "javascript:alert(1)",
        "https://api.novita.ai:99999/",
        "https://api.novita.ai:x/",
        "https://[::1/",
        "https://api.novita.ai/\n",
        " https://api.novita.ai/ x",
        "http://127.0.0.1:8000/",  # a port nobody opened
        "http://localhost/",
        f"https://{'a' * 64}.fal.media/",
        f"https://{'a.' * 130}fal.media/",
        "https://xn--/",
        "https://xn--zzzzzz99999/",
    ],
)
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(Forbidden):
        Outbound(("api.novita.ai", "*.fal.media")).check(url)


@pytest.mark.parametrize(
    "url", ["https://abc.de./", "https://abc..de/", "https://8.8.8.8./", "https://./"]
)
def test_a_name_of_hexadecimal_letters_is_held_to_the_rules_of_names(url: str) -> None:
    with pytest.raises(Forbidden):
        Outbound(("*",)).check(url)


@pytest.mark.parametrize("port", [80, 443, 8000])
@pytest.mark.parametrize("scheme", ["ftp", "file", "ws"])
def test_an_opened_port_is_for_http_only(scheme: str, port: int) -> None:
    with pytest.raises(Forbidden):
        Outbound(("*",), loopback_ports=frozenset({port})).check(f"{scheme}://127.0.0.1:{port}/")


def test_an_opened_port_takes_no_credentials_in_the_address() -> None:
    with pytest.raises(Forbidden):
        Outbound(("*",), loopback_ports=frozenset({8000})).check("http://me:pw@127.0.0.1:8000/")


@given(st.text() | st.text().map("https://{}".format) | st.from_regex(r"https?://[^/]{0,40}"))
def test_no_text_makes_the_check_fail_otherwise(url: str) -> None:
    try:
        parsed = Outbound(("*",)).check(url)
    except Forbidden:
        return
    assert parsed.scheme == "https"
    assert parsed.raw_host.isascii()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127。0。0。1",  # ideographic full stops fold to dots
        "\uff11\uff12\uff17\uff0e0\uff0e0\uff0e1",  # full-width digits and stops
        "2130706433",
        "0x7f000001",
        "017700000001",
        "0177.0.0.1",
        "127.1",
        "0x7f.1",
        "0",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "[fec0::1]",
        "169.254.169.254",
        "10.0.0.1",
    ],
)
def test_no_spelling_of_an_inner_address_is_dialled(host: str) -> None:
    def dialled(*arguments: Any) -> Any:
        raise AssertionError("must not be reached")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket, "create_connection", dialled)
        with pytest.raises((Forbidden, NotSent)):
            Outbound(("*",)).request("GET", f"https://{host}/", seconds=1)


@pytest.mark.parametrize(
    "answers",
    [
        ["10.0.0.1"],
        ["93.184.216.34", "10.0.0.1"],
        ["10.0.0.1", "93.184.216.34"],
        ["2606:2800:220:1::1", "fd00::1"],
        ["93.184.216.34", "127.0.0.1"],
    ],
)
def test_one_inner_address_among_public_ones_is_enough_to_refuse(answers: Sequence[str]) -> None:
    http = Outbound(("*",), look_up=lambda host, port: answers)

    with pytest.raises(Forbidden):
        http.request("POST", "https://cdn.example/", json={}, seconds=1)


def test_an_opened_port_opens_no_other_one() -> None:
    with peer(says(reply())) as wanted, peer(says(reply())) as other, pytest.raises(Forbidden):
        caller(wanted).request("GET", other.url(), seconds=5)

    assert other.connections == 0


def test_the_name_is_looked_up_once_so_that_no_second_answer_is_dialled() -> None:
    asked = []

    def look_up(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    with peer(says(reply())) as server:
        answer = caller(server, look_up=look_up).request("GET", server.url(), seconds=5)

    assert answer.status == 200
    assert asked == ["localhost"]


def test_the_next_address_is_dialled_when_one_is_closed() -> None:
    with peer(says(reply())) as server:
        http = caller(server, look_up=lambda host, port: ["127.0.0.2", "127.0.0.1"])
        answer = http.request("GET", server.url(), seconds=5)

    assert answer.status == 200
