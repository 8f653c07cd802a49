"""P5: looking into a clip that lies in a bucket, without fetching it."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from bench.figures import Figure, Part, Row, judged, ratio, worst
from bench.footage import film
from bench.rooms import ROOT

PROBE = ROOT / "bench/probes/look.py"
METHODS = {"retake": "Retake", "download": "download, then PyAV"}


def measure(quick: bool) -> Part:
    sizes = (10, 200) if quick else (10, 50, 200)
    rows = []
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as server:
        for size in sizes:
            for index in ("first", "last"):
                name = f"{size}-{index}.mp4"
                film(Path(folder) / name, seconds=5, megabytes=size, index=index)
                rows += _rows(server, name, size, index, 2 if quick else 3)
    notes = (
        "A server on this machine that answers ranges; each look in a fresh process, timed after "
        "its imports. Bytes are those the server wrote, without headers; for a client that breaks "
        "off that includes what lay in buffers. The clip is filled up with a box that players "
        "skip.",
        "Retake reads by the ranges of its own reader (retake.media.probe), here over plain HTTP; "
        "in a function each is one GetObject.",
    )
    reference = "downloading all of it, then PyAV (ratio of time)"
    return Part("p5", "Looking into a clip in a bucket", reference, rows, notes)


def _rows(server: "_Server", name: str, size: int, index: str, rounds: int) -> list[Row]:
    seen: dict[str, list[dict[str, float]]] = defaultdict(list)
    for _ in range(rounds):
        for method in METHODS:
            server.requests = server.sent = 0
            done = subprocess.run(
                [sys.executable, str(PROBE), method, f"{server.url}/{name}"],
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "layers/core")},
                capture_output=True,
                text=True,
                check=True,
            )
            told: dict[str, float] = json.loads(done.stdout)
            seen[method].append({**told, "requests": server.requests, "kb": server.sent / 1000})
    rows = []
    for method, title in METHODS.items():
        values = {key: [each[key] for each in seen[method]] for key in seen[method][0]}
        to_download = ratio(values["seconds"], [each["seconds"] for each in seen["download"]])
        goal = None
        if method == "retake":
            bounds = {
                "≤ 6 requests": (worst(values["requests"], ""), 6.0),
                "≤ 128 KB": (worst(values["kb"], ""), 128 * 1.024),
            }
            goal = judged(bounds | ({"≤ 0.2 ×": (to_download, 0.2)} if size == 200 else {}))
        figures: dict[str, Any] = {
            "requests": max(values["requests"]),
            "KB": Figure.of(values["kb"], ""),
            "time": Figure.of([each * 1000 for each in values["seconds"]], "ms"),
            "peak memory": Figure.of(values["mb"], "MB"),
        }
        rows.append(Row(f"{title}, {size} MB, index {index}", figures, to_download, goal))
    return rows


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    folder: Path
    requests = 0
    sent = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a kept connection waits 40 ms for each body

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        server = cast(_Server, self.server)
        server.requests += 1
        file = server.folder / self.path.lstrip("/")
        size = file.stat().st_size
        start, end = 0, size - 1
        wanted = self.headers.get("Range", "").removeprefix("bytes=")
        if wanted:
            first, _, last = wanted.partition("-")
            start = int(first) if first else size - int(last)
            end = min(int(last), size - 1) if first and last else size - 1
        self.send_response(206 if wanted else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end - start + 1))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
        self.end_headers()
        if with_body:
            self._send(server, file, start, end + 1)

    def _send(self, server: _Server, file: Path, start: int, end: int) -> None:
        with file.open("rb") as content:
            content.seek(start)
            while start < end:
                piece = content.read(min(64 * 1024, end - start))
                try:
                    self.wfile.write(piece)
                except OSError:  # the client has seen enough
                    self.close_connection = True
                    return
                start += len(piece)
                server.sent += len(piece)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def _served(folder: Path) -> Iterator[_Server]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.folder = folder
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()
