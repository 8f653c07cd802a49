"""A proxy before the engine that counts what the functions ask of AWS."""

import threading
from collections import Counter
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast

HOST = "127.0.0.1"
_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "date", "server"}


class Tally:
    """Passes requests on to a port; `counts` by the API's operation, or S3's method."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.counts: Counter[str] = Counter()
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

    def count(self, method: str, target: str) -> None:
        # DynamoDB, Secrets Manager and the like name what they are asked for in one header.
        with self.lock:
            self.counts[target.rpartition(".")[2] or f"S3 {method}"] += 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    tally: Tally


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _pass_on(self) -> None:
        tally = cast(_Server, self.server).tally
        tally.count(self.command, self.headers.get("X-Amz-Target", ""))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        onward = HTTPConnection(HOST, tally.target, timeout=120)
        headers = {k: v for k, v in self.headers.items() if k.lower() != "expect"}
        onward.request(self.command, self.path, body=body, headers=headers)
        answer = onward.getresponse()
        content = answer.read()
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
