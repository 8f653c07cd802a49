"""Addresses and chains that would lead a careless server to its own insides."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.retake.outbound.ssrf.spellings import IN_IPV6, OF_IPV4
from tests.support.fake_internet import PUBLIC
from tests.support.tcp_peers import reply

HERE, THERE, IPV6 = PUBLIC
TARGETS = ("127.0.0.1", "169.254.169.254", "10.0.0.1", "0.0.0.0", "100.100.100.200")
# One of each range that is not the public internet (IANA special-purpose registries), and the
# addresses at which clouds and containers hand out credentials.
INNER_IPV4 = (
    *("0.1.2.3", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.2", "127.255.255.254"),
    *("169.254.0.1", "169.254.79.129", "169.254.100.1", "169.254.169.123", "169.254.169.253"),
    *("169.254.170.2", "169.254.170.23", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.8"),
    *("192.0.0.170", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255"),
    *("198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "168.63.129.16"),
    *("224.0.0.1", "224.0.0.251", "239.255.255.250", "240.0.0.1", "254.1.2.3", "255.255.255.255"),
)
INNER_IPV6 = (
    *("::", "::1", "::2", "0:0:0:0:0:0:0:1", "100::1", "100:0:0:1::1", "2001::1", "2001:2::1"),
    *("2001:10::1", "2001:20::1", "2001:db8::1", "2001:1ff::1", "3fff::1", "4000::1", "5f00::1"),
    *("fc00::1", "fd00::1", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fe80::1"),
    *("fe80::a9fe:a9fe", "febf::1", "fec0::1", "feff::1", "ff01::1", "ff02::1", "ff02::fb"),
    *("ff05::2", "ff0e::1", "ffff::1", "200::1", "1fff::1"),
)
ZONES = ("[fe80::1%25eth0]", "[fe80::1%eth0]", "[::1%251]", "[fe80::1%25lo]", "[fe80::1%2525lo]")
NAMES_OF_INSIDES = {
    "localhost": "127.0.0.1",
    "localhost.localdomain": "127.0.0.1",
    "ip6-localhost": "::1",
    "anything.localhost": "127.0.0.1",
    "metadata.google.internal": "169.254.169.254",
    "metadata": "169.254.169.254",
    "instance-data": "169.254.169.254",
    "instance-data.ec2.internal": "169.254.169.254",
    "kubernetes.default.svc": "10.96.0.1",
    "host.docker.internal": "172.17.0.1",
    "127.0.0.1.nip.example": "127.0.0.1",
}
# What parsers disagree about. {inner} is an inner host, {public} a public name.
TRICKS = (
    "http://{inner}/",
    "http://{inner}:80/",
    "http://{inner}:9001/2018-06-01/runtime/invocation/next",
    "https://{inner}:443/",
    "https://{inner}:8443/",
    "HTTPS://{inner}/",
    "https:{inner}/",
    "https:/{inner}/",
    "https:///{inner}/",
    "//{inner}/",
    "https://{public}@{inner}/",
    "https://{public}:443@{inner}/",
    "https://user:password@{inner}/",
    "https://@{inner}/",
    "https://:@{inner}/",
    "https://{inner}\\@{public}/",
    "https://{public}\\@{inner}/",
    "https:\\\\{inner}\\",
    "https://{inner}#@{public}/",
    "https://{inner}?@{public}/",
    "https://{public}#@{inner}/",
    "https://{public}%23@{inner}/",
    "https://{public}%00.{inner}/",
    "https://{inner}%00.{public}/",
    "https://{inner}%0d%0aHost:{public}/",
    "https://{inner}%2f.{public}/",
    "https://{inner}\t/",
    "https://{inner}\n/",
    "\nhttps://{inner}/",
    " https://{inner}/",
    "ht\ntps://{inner}/",
    "https://{inner}\x00/",
    "https://{inner} {public}/",
    "https://{inner}&@{public}:443/",
    "https://{public} &@{inner}# @{public}/",
    "https://{inner};{public}/",
    "https://{inner},{public}/",
    "https://{public}:443:80@{inner}/",
    "https://{inner}:0/",
    "https://{inner}:65536/",
    "https://{inner}:0443/",
    "https://{inner}:４４３/",  # noqa: RUF001 - full-width digits are the point
    "ftp://{inner}/",
    "file://{inner}/etc/passwd",
    "file:///proc/self/environ",
    "gopher://{inner}:443/_GET%20/",
    "dict://{inner}:443/",
    "ldap://{inner}/",
    "ws://{inner}/",
    "wss://{inner}/",
    "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "jar:https://{inner}!/",
    "url:https://{inner}/",
    "data:text/plain,x",
    "javascript:fetch('https://{inner}/')",
    "https://{inner}",
    "https://{inner}/..//..//",
)


@dataclass(frozen=True, slots=True)
class Case:
    """An address to be called, and the world it is called in."""

    url: str
    names: Mapping[str, list[Sequence[str]]] = field(default_factory=dict)
    pages: Mapping[str, bytes] = field(default_factory=dict)


def literals() -> Iterator[Case]:
    """Inner addresses in every spelling, by themselves and carried in IPv6."""
    hosts: list[str] = []
    for target in map(ipaddress.IPv4Address, TARGETS):
        hosts += [spell(target) for spell in (*OF_IPV4.values(), *IN_IPV6.values())]
    hosts += [*INNER_IPV4, *(f"[{address}]" for address in INNER_IPV6), *ZONES]
    hosts += ["0", "127.1", "127.0.1", "0x7f.1", "1", "[::ffff:7f00:0001]", "[0:0::1]", "[::01]"]
    for host in dict.fromkeys(hosts):
        yield Case(f"https://{host}/")


def tricks() -> Iterator[Case]:
    """Addresses that two parsers may read in two ways."""
    names: dict[str, list[Sequence[str]]] = {"clips.example": [(HERE,)]}
    for trick in TRICKS:
        yield Case(trick.format(inner="169.254.169.254", public="clips.example"), names)
    for name, address in NAMES_OF_INSIDES.items():
        for spelled in (name, name.upper(), f"{name}."):
            yield Case(f"https://{spelled}/", {name: [(address,)]})


def resolutions() -> Iterator[Case]:
    """Harmless names with answers that are not: inner ones, mixed ones, and changing ones."""
    inner = (*TARGETS, *INNER_IPV4[::3], *INNER_IPV6[::4], "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe")
    answers: list[list[Sequence[str]]] = [[(address,)] for address in inner]
    for address in ("127.0.0.1", "::1", "169.254.169.254", "fd00:ec2::254", "2002:7f00:1::1"):
        answers += [[(HERE, address)], [(address, HERE)], [(IPV6, HERE, address)]]
        # Public when it is checked, inner when it is dialled, or at the next hop.
        answers += [[(HERE,), (address,)], [(HERE,), (HERE,), (address,)], [(address,), (HERE,)]]
        answers += [[(HERE,), (HERE, address)], [(IPV6,), (address,)]]
    for number, answer in enumerate(answers):
        name = f"n{number}.example"
        onward = {f"{name}{path}": moved(302, "/again") for path in ("/", "/again")}
        yield Case(f"https://{name}/", {name: answer}, onward)


def moved(status: int, where: str) -> bytes:
    return reply(b"", f"{status} Moved", f"Location: {where}")


def redirects() -> Iterator[Case]:
    """Public servers that send on to inner ones, directly and over others."""
    names: dict[str, list[Sequence[str]]] = {
        "clips.example": [(HERE,)],
        "other.example": [(THERE,)],
        "inner.example": [("10.0.0.1",)],
        "rebound.example": [(THERE,), ("127.0.0.1",)],
        "localhost": [("127.0.0.1",)],
    }
    start = "https://clips.example/"
    for status in (301, 302, 303, 307, 308):
        for where in (
            *("https://127.0.0.1/", "http://127.0.0.1/", "http://clips.example/", "//127.0.0.1/"),
            *("https://[::1]/", "https://[::ffff:a9fe:a9fe]/", "https://inner.example/"),
            *("https://localhost/", "https://2130706433/", "file:///etc/passwd", "\\\\127.0.0.1/"),
            *("https://clips.example@169.254.169.254/", "https://127.0.0.1:9001/"),
        ):
            yield Case(start, names, {"clips.example/": moved(status, where)})
        over = {
            "clips.example/": moved(status, "https://other.example/"),
            "other.example/": moved(status, "https://rebound.example/"),
            "rebound.example/": moved(status, "/again"),
            "rebound.example/again": moved(status, "https://169.254.169.254/"),
        }
        yield Case(start, names, over)
        yield Case(start, names, {"clips.example/": moved(status, start)})  # without end
    yield Case(start, names, {"clips.example/": moved(302, "https://[::1")})
    yield Case(start, names, {"clips.example/": reply(b"", "302 Found", "Refresh: 0;//127.0.0.1/")})
    alternative = 'Alt-Svc: h2="127.0.0.1:443"; ma=86400'
    yield Case(start, names, {"clips.example/": reply(b"{}", "200 OK", alternative)})


CORPUS: dict[str, tuple[Case, ...]] = {
    "literal addresses": tuple(literals()),
    "parser tricks": tuple(tricks()),
    "names and rebinding": tuple(resolutions()),
    "redirects": tuple(redirects()),
}
