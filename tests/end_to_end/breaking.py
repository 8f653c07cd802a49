"""A server on this machine that hands out a clip of unknown length, and breaks off at first."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PART = 8 * 1024 * 1024  # above this a copy of unknown length is made in parts


def padded(clip: Path, path: Path) -> Path:
    """The same video in a file of more than one part: a box of the kind that players skip."""
    size = PART + 1024
    path.write_bytes(clip.read_bytes() + size.to_bytes(4, "big") + b"free" + b"\0" * (size - 8))
    return path


@contextmanager
def breaking_off(clip: Path) -> Iterator[str]:
    """The address of the server; each path breaks off once, and then is whole."""
    content = clip.read_bytes()
    broken: set[str] = set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "video/mp4")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))
            if self.path in broken:
                self.wfile.write(b"0\r\n\r\n")
            broken.add(self.path)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
