"""TCP peers on loopback that answer, or misbehave, as a test writes it."""

import contextlib
import queue
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Script = Callable[[socket.socket, bytes], None]  # a connection, and the request read from it
PATIENCE_SECONDS = 10.0  # a peer gives up by itself, so that no test leaves one behind


@dataclass
class Peer:
    """A listening peer and what reached it."""

    port: int
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    arrived: queue.SimpleQueue[bytes] = field(default_factory=queue.SimpleQueue)

    def next_request(self) -> bytes:
        """The next request, or as much of it as came; waits until its sender is done."""
        return self.arrived.get(timeout=PATIENCE_SECONDS)

    def url(self, path: str = "/", scheme: str = "http") -> str:
        return f"{scheme}://localhost:{self.port}{path}"


@contextmanager
def peer(
    script: Script, *, tls: ssl.SSLContext | None = None, reads: bool = True
) -> Iterator[Peer]:
    """Serve `script` on a free port until the test leaves; `reads` False hands over at once."""
    listener = socket.create_server(("127.0.0.1", 0))
    known = Peer(port=listener.getsockname()[1])
    opened: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        # A client that leaves early, or a test that is over, is no failure of the peer.
        with contextlib.suppress(OSError, ValueError):
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
                opened.append(connection)
            request = bytearray()
            try:
                if reads:
                    read_request(connection, request)
            finally:
                known.requests.append(bytes(request))
                known.arrived.put(bytes(request))
            script(connection, bytes(request))
        connection.close()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.settimeout(PATIENCE_SECONDS)
                known.connections += 1
                opened.append(connection)
                threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
                threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield known
    finally:
        for one in (listener, *opened):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in (acceptor, *threads):
            thread.join(PATIENCE_SECONDS)


def read_request(connection: socket.socket, request: bytearray) -> None:
    """Read one request, its head and a body of the length it declares, or as much as comes."""
    while b"\r\n\r\n" not in request:
        received = connection.recv(65536)
        if not received:
            return
        request += received
    head, _, body = bytes(request).partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            missing = int(line.split(b":")[1]) - len(body)
            while missing > 0 and (received := connection.recv(min(missing, 65536))):
                request += received
                missing -= len(received)


def says(answer: bytes) -> Script:
    """Send these bytes and close."""
    return lambda connection, request: connection.sendall(answer)


def silent(connection: socket.socket, request: bytes) -> None:
    """Say nothing until the client leaves."""
    while connection.recv(65536):
        pass


def resets(connection: socket.socket, request: bytes) -> None:
    """Close with RST, as a crashed host does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def reply(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> bytes:
    """A well-formed answer with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
