"""The two calls of Replicate's HTTP API that its client makes to wait for a prediction."""

import json
import random
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast


class Predictions:
    """Predictions that end by themselves after `shortest` to `longest` seconds."""

    def __init__(self, shortest: float, longest: float) -> None:
        self.lengths = (shortest, longest)
        self.ends: dict[str, float] = {}
        self.requests: Counter[str] = Counter()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.predictions = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, name: str | None) -> dict[str, Any]:
        if name is None:
            name = f"p{len(self.ends)}"
            self.ends[name] = time.time() + random.uniform(*self.lengths)  # no secret
        self.requests[name] += 1
        done = time.time() >= self.ends[name]
        status = "succeeded" if done else "processing"
        return {"id": name, "version": "v", "model": "m", "status": status, "input": {}, "urls": {}}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024
    predictions: Predictions


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name = self.path.rpartition("/")[2] if self.command == "GET" else None
        body = json.dumps(cast(_Server, self.server).predictions.answer(name)).encode()
        self.send_response(200 if name else 201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: Any) -> None:
        pass
