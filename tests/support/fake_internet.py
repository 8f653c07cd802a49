"""A small internet inside one process, as a judge of where connections go.

It stands below everything the code could say about itself, at the two places every connection
passes: the look-up of a name and the dialling of an address. A few addresses are public servers;
whatever else is dialled reaches a trap. Both are real listening sockets.
"""

import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from tests.support.tcp_peers import PATIENCE_SECONDS, Peer, peer, reply

# Of servers that are there for everybody; no other address of this internet is.
PUBLIC = ("93.184.216.34", "93.184.216.35", "2606:2800:220:1::34")
_connect = socket.socket.connect
_getaddrinfo = socket.getaddrinfo


@dataclass
class Internet:
    """Names, the servers' pages, and what came where.

    `names` holds a name's answers, one after another and the last for ever; `pages` the answer of
    an address without its scheme. `trapped` are the addresses that were dialled and are no public
    server's; `arrived` the requests at public servers.
    """

    names: dict[str, list[Sequence[str]]] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)
    trapped: list[str] = field(default_factory=list)
    arrived: list[bytes] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    _ports: dict[str, int] = field(default_factory=dict)
    _into_the_trap: int = 0

    @contextmanager
    def open(self, tls: ssl.SSLContext) -> Iterator["Internet"]:
        """Let every connection of this process go through here; public servers speak `tls`."""
        with peer(self._serve, tls=tls) as public, peer(_hang_up, reads=False) as trap:
            self._ports = {"public": public.port, "trap": trap.port}
            with (
                patch.object(socket.socket, "connect", self._dialled),
                patch.object(socket, "getaddrinfo", self._looked_up),
            ):
                yield self
            # The trap's own word too, and not only that of the one who leads there.
            assert _connections_before(trap, self._ports["trap"]) == self._into_the_trap

    def set(self, names: Mapping[str, list[Sequence[str]]], pages: Mapping[str, bytes]) -> None:
        """Another world, in which nothing has come anywhere yet."""
        self.names = {name: list(answers) for name, answers in names.items()}
        self.pages = dict(pages)
        self.arrived.clear()
        self.looked_up.clear()

    def hosts(self) -> list[str]:
        """The names that the requests at public servers were meant for, in their order."""
        return [_header(request, b"host") for request in self.arrived]

    def _looked_up(self, host: Any, port: Any, *arguments: Any, **named: Any) -> Any:
        self.looked_up.append(str(host))
        name = str(host).lower().rstrip(".")
        if name not in self.names:
            # As the system reads numbers: decimal, octal, hexadecimal, short, IPv6 with a zone.
            return _getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        answers = self.names[name]
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in now
        ]

    # Set on a class, an instance's method keeps to its instance: the socket comes by name only.
    @property
    def _dialled(self) -> Any:
        def connect(dialling: socket.socket, address: Any) -> None:
            host = address[0]
            if host not in PUBLIC:
                self.trapped.append(host)
                self._into_the_trap += 1
            port = self._ports["public" if host in PUBLIC else "trap"]
            # A socket of IPv6 reaches a listener of IPv4 by its mapped address.
            inside = "127.0.0.1" if dialling.family == socket.AF_INET else "::ffff:127.0.0.1"
            _connect(dialling, (inside, port))

        return connect

    def _serve(self, connection: socket.socket, request: bytes) -> None:
        self.arrived.append(request)
        target = request.split(b" ")[1].decode("latin-1")
        page = self.pages.get(_header(request, b"host") + target)
        connection.sendall(page or reply(b"{}", "404 Not Found"))


def _header(request: bytes, name: bytes) -> str:
    lines = (line.partition(b":") for line in request.split(b"\r\n"))
    return next((v.strip().decode("latin-1") for n, _, v in lines if n.lower() == name), "")


def _hang_up(connection: socket.socket, request: bytes) -> None:
    connection.close()


def _connections_before(trap: Peer, port: int) -> int:
    """How many came to the trap; a connection of our own tells that all before it were counted."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as ours:
        while ours.recv(1):
            pass
    return trap.connections - 1
