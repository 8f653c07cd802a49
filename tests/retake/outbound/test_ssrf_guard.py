import ipaddress
import socket
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.domain.errors import Forbidden, NotSent
from retake.outbound.ssrf_guard import carried, dialable, is_public, resolve

# IANA's special-purpose registries and what Python's own properties make of them; the same
# verdicts on every release of Python, whose `is_global` changed in 3.13.
PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",  # neither private nor global to Python
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",  # credentials of instances
    "169.254.170.2",  # credentials of containers
    "169.254.100.1",
    "169.254.79.129",
    "168.63.129.16",  # Azure's wire server
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",  # global to Python before 3.13
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",  # global to Python
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::2",
    "::7f00:1",  # IPv4-compatible
    "::a9fe:a9fe",  # global to Python
    "::808:808",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:100.64.0.1",
    "::ffff:224.0.0.1",
    "::ffff:0:a9fe:a9fe",  # IPv4-translated
    "64:ff9b::a9fe:a9fe",  # NAT64; global to Python
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b::e000:1",
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "100::1",
    "100:0:0:1::1",
    "2001::1",  # Teredo
    "2001:0:a9fe:a9fe::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2001:4860::5efe:a9fe:a9fe",  # ISATAP of 169.254.169.254
    "2001:4860::200:5efe:808:808",
    "2002:a9fe:a9fe::1",  # 6to4; global to Python before 3.13
    "2002:7f00:1::1",
    "2002:a00:1::",
    "2002:c0a8:101::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",  # instance metadata over IPv6
    "fe80::1",
    "fec0::1",  # global to Python
    "feff::1",
    "ff02::1",
    "ff0e::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "128.0.0.1",
    "168.63.129.15",
    "168.63.129.17",
    "169.253.255.255",
    "169.255.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "192.167.255.255",
    "192.169.0.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2400:cb00::1",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "2001:4860::5eff:a9fe:a9fe",
    "3ffe::1",
]


@pytest.mark.parametrize("text", PRIVATE)
def test_an_address_that_is_no_public_server_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_an_address_of_the_internet_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


IPV4 = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
WRAPPINGS = {
    "mapped": lambda inner: (0xFFFF << 32) | inner,
    "6to4": lambda inner: (0x2002 << 112) | (inner << 80) | 1,
    "NAT64": lambda inner: (0x64FF9B << 96) | inner,
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@given(inner=IPV4)
def test_a_wrapped_address_is_judged_as_the_one_it_carries(
    wrapping: str, inner: ipaddress.IPv4Address
) -> None:
    outer = ipaddress.IPv6Address(WRAPPINGS[wrapping](int(inner)))

    assert carried(outer) == inner
    assert is_public(outer) is is_public(inner)


@given(address=st.ip_addresses(v=6))
def test_nothing_outside_global_unicast_is_public_by_itself(address: Any) -> None:
    if carried(address) is None and address not in ipaddress.ip_network("2000::/3"):
        assert not is_public(address)


@given(address=st.ip_addresses())
def test_the_verdict_is_never_laxer_than_pythons_own_properties(address: Any) -> None:
    if carried(address) is None and (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    ):
        assert not is_public(address)


# ---------------------------------------------------------------- from names to addresses


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "127.1", "0x7f.1"],
)
def test_every_spelling_of_loopback_resolves_to_what_is_refused(host: str) -> None:
    # Some resolvers read these as numbers, others know no such name; no one may dial them.
    with pytest.raises((Forbidden, NotSent)):
        dialable(host, 443, loopback_ports=frozenset(), look_up=resolve)


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "\udcff", ".", "a..b"])
def test_a_name_no_dns_can_hold_is_not_found(host: str) -> None:
    with pytest.raises(NotSent):
        resolve(host, 443)


def test_a_name_that_does_not_exist_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*arguments: Any, **more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(NotSent, match=r"gone\.example cannot be found"):
        resolve("gone.example", 443)


def test_each_address_of_a_name_is_given_once_and_without_its_zone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def known(*arguments: Any, **more: Any) -> Any:
        return [(0, 0, 0, "", (text, 443)) for text in ("1.1.1.1", "fe80::1%eth0", "1.1.1.1")]

    monkeypatch.setattr(socket, "getaddrinfo", known)

    assert resolve("cdn.example", 443) == ["1.1.1.1", "fe80::1"]


@pytest.mark.parametrize("inner", ["10.0.0.1", "127.0.0.1", "::1", "64:ff9b::a9fe:a9fe"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_inner_address_spoils_all(inner: str, place: int) -> None:
    found = ["1.1.1.1", "2606:4700::1111"]
    found.insert(place, inner)

    with pytest.raises(Forbidden, match="not lead to a public address") as refused:
        dialable("cdn.example", 443, loopback_ports=frozenset(), look_up=lambda *where: found)

    assert inner not in str(refused.value)


def test_public_addresses_are_given_in_their_order() -> None:
    found: Sequence[str] = ["2606:4700::1111", "1.1.1.1"]

    given = dialable("cdn.example", 443, loopback_ports=frozenset(), look_up=lambda *where: found)

    assert given == found


@pytest.mark.parametrize(
    ("address", "port", "opened"),
    [
        ("127.0.0.1", 8000, True),
        ("::1", 8000, True),
        ("127.0.0.1", 8001, False),
        ("10.0.0.1", 8000, False),
        ("169.254.169.254", 8000, False),
        ("::ffff:127.0.0.1", 8001, False),
    ],
)
def test_an_opened_port_is_open_on_loopback_only(address: str, port: int, opened: bool) -> None:
    def dial() -> Sequence[str]:
        return dialable(
            "localhost", port, loopback_ports=frozenset({8000}), look_up=lambda *where: [address]
        )

    if opened:
        assert dial() == [address]
    else:
        with pytest.raises(Forbidden):
            dial()
