"""A gate before the emulator that can refuse the writes to the table for a while."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

WRITES = ("UpdateItem", "TransactWriteItems")
REFUSAL = b'{"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "down"}'


class Gate:
    """`url` is where the functions find DynamoDB; while `is_down`, writes answer HTTP 500."""

    def __init__(self) -> None:
        self.is_down = False
        self.refused = 0
        self.behind = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        verb = handler.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if self.is_down and verb in WRITES:
            self.refused += 1
            _say(handler, 500, REFUSAL, "application/x-amz-json-1.0")
            return
        there = urlsplit(self.behind)
        connection = http.client.HTTPConnection(there.hostname or "", there.port, timeout=60)
        connection.request("POST", handler.path, body, dict(handler.headers.items()))
        answer = connection.getresponse()
        _say(handler, answer.status, answer.read(), answer.getheader("Content-Type", ""))
        connection.close()


@contextmanager
def gate() -> Iterator[tuple[Gate, str]]:
    """A gate and its address; it serves until the block ends."""
    one = Gate()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            one.answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield one, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _say(handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
