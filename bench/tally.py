"""A proxy before the engine that counts what the functions ask of AWS."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast

from bench.units import Attributes, written_units

HOST = "127.0.0.1"
WRITES = frozenset({"UpdateItem", "TransactWriteItems"})
_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "date", "server"}


class Tally:
    """Passes requests on to a port; `counts` by the API's operation, or S3's method.

    `write_units` are DynamoDB's, of the items as the writes left them; `read` gives the item that
    an update was about, by way of whoever holds the engine's own credential.
    """

    read: Callable[[Any], Attributes]

    def __init__(self, port: int) -> None:
        self.target = port
        self.counts: Counter[str] = Counter()
        self.write_units = 0
        self.lock = threading.Lock()
        self._server = _Server((HOST, 0), _Handler)
        self._server.tally = self
        self.port = int(self._server.server_address[1])
        self.url = f"http://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def count(self, name: str, write_units: int) -> None:
        with self.lock:
            self.counts[name] += 1
            self.write_units += write_units


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    tally: Tally


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _pass_on(self) -> None:
        tally = cast(_Server, self.server).tally
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        onward = HTTPConnection(HOST, tally.target, timeout=120)
        headers = {k: v for k, v in self.headers.items() if k.lower() != "expect"}
        onward.request(self.command, self.path, body=body, headers=headers)
        answer = onward.getresponse()
        content = answer.read()
        # DynamoDB, Secrets Manager and the like name what they are asked for in one header.
        action = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        is_write = action in WRITES and answer.status == 200
        written = written_units(action, json.loads(body), tally.read) if is_write else 0
        tally.count(action or f"S3 {self.command}", written)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _NOT_PASSED_ON:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else len(content)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)
        onward.close()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass_on

    def log_message(self, format: str, *args: Any) -> None:
        pass
