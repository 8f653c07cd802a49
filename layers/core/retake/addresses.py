"""Which internet addresses this stack may dial. Decided on resolved addresses, never on names."""

import ipaddress
import socket
from collections.abc import Callable, Sequence

from retake.errors import Forbidden, NotSent

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

# Ranges Python's `is_global` lets pass (some only in some releases) that never name a public
# server: multicast, reserved and deprecated site-local space, and the tunnels that carry an
# IPv4 address inside an IPv6 one, which are unwrapped below before they are judged.
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "100::/64",
        "2001::/23",
        "3fff::/20",
        "5f00::/16",
        "64:ff9b:1::/48",
        "fec0::/10",
        "ff00::/8",
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether the address belongs to a server on the public internet."""
    inner = _carried(address)
    if inner is not None:
        return is_public(inner)
    if any(address in network for network in _NEVER if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _carried(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 one wraps: mapped, 6to4 or NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a host, as the system resolves it. Raises NotSent when it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotSent(f"{host} cannot be found ({error.strerror}).") from None
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


def dialable(host: str, port: int, *, loopback_ports: frozenset[int], look_up: Resolve) -> str:
    """The one address to dial for a host, after all of its addresses were found public.

    A loopback port opened by the local engine is the only exception. Raises Forbidden, NotSent.
    """
    found = look_up(host, port)
    if not found:
        raise NotSent(f"{host} has no address.")
    for text in found:
        address = ipaddress.ip_address(text)
        opened = address.is_loopback and port in loopback_ports
        if not opened and not is_public(address):
            raise Forbidden(f"{host} leads to {address}, which is not a public address.")
    return found[0]
