"""Which internet addresses this stack may dial. Decided on resolved addresses, never on names."""

import ipaddress
import socket
from collections.abc import Callable, Container, Sequence

from retake.domain.errors import Forbidden, NotSent

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

# Ranges of IANA's special-purpose registries and of multicast and reserved space that Python's
# `is_global` lets pass, in all or in some releases, and that never name a public server.
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, also used inside clouds
        "168.63.129.16/32",  # public by its number, but inside Azure each machine's own wire server
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Teredo and other protocols
        "2001:db8::/32",
        "3fff::/20",
    )
)
# All public servers live here: IANA has given out no other global unicast space. This leaves out
# site-local, multicast, NAT64's private prefix, IPv4-compatible and every other range at once.
_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# What the lower half of an ISATAP address begins with (RFC 5214, 6.1); an IPv4 address follows, to
# which a machine with such an interface would send. No public server has one.
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def is_public(address: Address) -> bool:
    """Whether the address belongs to a server on the public internet."""
    inner = carried(address)
    if inner is not None:
        return is_public(inner)
    if isinstance(address, ipaddress.IPv6Address) and (
        address not in _UNICAST or int(address) >> 32 & 0xFFFFFFFF in _ISATAP
    ):
        return False
    if any(address in network for network in _NEVER if network.version == address.version):
        return False
    return address.is_global


def carried(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, NAT64), or None."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a host, as the system resolves it. Raises NotSent when it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # the latter for labels no DNS can hold
        reason = error.strerror if isinstance(error, OSError) else "not a host name"
        raise NotSent(f"{host} cannot be found ({reason}).") from None
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


def dialable(
    host: str, port: int, *, loopback_ports: Container[int], look_up: Resolve
) -> Sequence[str]:
    """The addresses to dial for a host, after every one of them was found public.

    A loopback port opened by the local engine is the only exception. Raises Forbidden, NotSent.
    """
    found = look_up(host, port)
    if not found:
        raise NotSent(f"{host} has no address.")
    for text in found:
        address = ipaddress.ip_address(text)
        opened = address.is_loopback and port in loopback_ports
        if not opened and not is_public(address):
            # Not to which: who may name a host may not learn from that what stands inside.
            raise Forbidden(f"{host} does not lead to a public address.")
    return found
