"""A proxy before the engine that counts what the functions ask of AWS."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast

from bench.units import Attributes, read_units, updates, written_units

HOST = "127.0.0.1"
_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "date", "server"}


class Tally:
    """Passes requests on to a port; `counts` by the API's operation, or S3's method.

    `write_units` and `read_units` are DynamoDB's; `read` gives the item that an update is about, by
    way of whoever holds the engine's own credential.
    """

    def __init__(self, port: int) -> None:
        self.target = port
        self.counts: Counter[str] = Counter()
        self.write_units = 0
        self.read_units = 0.0
        self.read: Callable[[Any], Attributes] = lambda update: {}
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

    def count(self, name: str, write_units: int, read_units: float) -> None:
        with self.lock:
            self.counts[name] += 1
            self.write_units += write_units
            self.read_units += read_units


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
        # DynamoDB, Secrets Manager and the like name what they are asked for in one header.
        action = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        asked = json.loads(body) if action else {}
        items = list(updates(action, asked))
        before = [tally.read(each) for each in items]
        headers = {k: v for k, v in self.headers.items() if k.lower() != "expect"}
        onward.request(self.command, self.path, body=body, headers=headers)
        answer = onward.getresponse()
        content = answer.read()
        is_written = items and answer.status == 200
        after = [tally.read(each) for each in items] if is_written else []
        written = written_units(action, before, after) if is_written else 0
        tally.count(action or f"S3 {self.command}", written, read_units(action, asked))
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
