"""How an address can be written so that somebody takes it for another one."""

import ipaddress
from collections.abc import Callable

IPv4 = ipaddress.IPv4Address


def _octets(address: IPv4) -> list[int]:
    return list(address.packed)


def _folded(text: str, dot: str, *, wide: bool = False) -> str:
    """With another full stop, and digits as wide as Chinese characters."""
    digits = {ord("0") + n: 0xFF10 + n for n in range(10)} if wide else {}
    return text.translate(digits).replace(".", dot)


# RFC 3986 allows the first; the C library's inet_aton, and so getaddrinfo, reads most others.
OF_IPV4: dict[str, Callable[[IPv4], str]] = {
    "dotted": str,
    "decimal": lambda a: str(int(a)),
    "hexadecimal": lambda a: f"0x{int(a):08x}",
    "capital hexadecimal": lambda a: f"0X{int(a):08X}",
    "octal": lambda a: f"0{int(a):o}",
    "octal octets": lambda a: ".".join(f"0{n:o}" for n in _octets(a)),
    "hexadecimal octets": lambda a: ".".join(f"0x{n:x}" for n in _octets(a)),
    "octets padded with zeros": lambda a: ".".join(f"{n:03d}" for n in _octets(a)),
    "octets long padded": lambda a: ".".join(f"0x{n:010x}" for n in _octets(a)),
    "two parts": lambda a: f"{_octets(a)[0]}.{int(a) & 0xFFFFFF}",
    "three parts": lambda a: f"{_octets(a)[0]}.{_octets(a)[1]}.{int(a) & 0xFFFF}",
    "mixed": lambda a: f"0x{_octets(a)[0]:x}.0{_octets(a)[1]:o}.{int(a) & 0xFFFF}",
    "an ending dot": lambda a: f"{a}.",
    "more than 32 bits": lambda a: str(int(a) + 2**32),
    "ideographic stops": lambda a: _folded(str(a), "\u3002"),
    "full-width stops": lambda a: _folded(str(a), "\uff0e"),
    "half-width stops": lambda a: _folded(str(a), "\uff61"),
    "full-width digits": lambda a: _folded(str(a), "\uff0e", wide=True),
    "percent-encoded": lambda a: "".join(f"%{ord(char):02x}" for char in str(a)),
    "a percent-encoded dot": lambda a: str(a).replace(".", "%2e"),
    "in brackets": lambda a: f"[{a}]",
    "an IPvFuture": lambda a: f"[v1.{a}]",
}


def _wrapped(number: int) -> str:
    return f"[{ipaddress.IPv6Address(number)}]"


# How IPv6 carries an IPv4 address: RFC 4291, 3056, 6052, 8215, 4380, 5214, 2765.
IN_IPV6: dict[str, Callable[[IPv4], str]] = {
    "mapped": lambda a: f"[::ffff:{a}]",
    "mapped, in hexadecimal": lambda a: f"[::ffff:{int(a) >> 16:x}:{int(a) & 0xFFFF:x}]",
    "mapped, in full": lambda a: f"[0000:0000:0000:0000:0000:FFFF:{a}]",
    "compatible": lambda a: f"[::{a}]",
    "translated": lambda a: f"[::ffff:0:{a}]",
    "6to4": lambda a: _wrapped((0x2002 << 112) | (int(a) << 80) | 1),
    "NAT64": lambda a: f"[64:ff9b::{a}]",
    "local NAT64": lambda a: f"[64:ff9b:1::{a}]",
    "Teredo server": lambda a: _wrapped((0x20010000 << 96) | (int(a) << 64)),
    "Teredo client": lambda a: _wrapped((0x20010000 << 96) | (0x5DB8D822 << 64) | ~int(a) % 2**32),
    "ISATAP": lambda a: _wrapped((0x26062800 << 96) | (0x00005EFE << 32) | int(a)),
    "global ISATAP": lambda a: _wrapped((0x26062800 << 96) | (0x02005EFE << 32) | int(a)),
}
