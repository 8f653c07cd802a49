"""A provider that shares no code with the simulators, and runs so many jobs of each key at once and
no more: each key is an account, to which the jobs of another one are unknown.

It speaks as Novita's documents do, works for a while on each job that it takes, and refuses the
others with 429 in its own words.
"""

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class CrowdedProvider:
    """What it was asked, and how many jobs of a key were open at once at most."""

    film: bytes
    at_once: int
    seconds: float
    posts: int = 0
    most_open: int = 0
    url: str = ""
    accepted_by: Counter[str] = field(default_factory=Counter)
    unknown: int = 0  # questions about jobs that are not the key's own
    _ends: dict[str, float] = field(default_factory=dict)
    _owners: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def accepted(self) -> int:
        return len(self._ends)

    @contextmanager
    def serving(self) -> Iterator["CrowdedProvider"]:
        """It answers at `url` meanwhile."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def take(self, key: str) -> str | None:
        """The id of a new job; None where there is no room for it."""
        with self._lock:
            self.posts += 1
            now = time.monotonic()
            own = [job_id for job_id, owner in self._owners.items() if owner == key]
            running = sum(self._ends[job_id] > now for job_id in own)
            if running >= self.at_once:
                return None
            self.most_open = max(self.most_open, running + 1)
            job_id = f"job-{next(self._numbers)}"
            self._ends[job_id], self._owners[job_id] = now + self.seconds, key
            self.accepted_by[key] += 1
            return job_id

    def state_of(self, job_id: str, key: str) -> dict[str, Any] | None:
        """How a job stands, for the key that ordered it."""
        if self._owners.get(job_id) != key:
            self.unknown += 1
            return None
        is_done = self._ends[job_id] <= time.monotonic()
        word = "SUCCEED" if is_done else "PROCESSING"
        video = {"video_url": f"{self.url}/films/{job_id}.mp4", "video_type": "mp4"}
        task = {"task_id": job_id, "status": f"TASK_STATUS_{word}"}
        return {"task": task, "videos": [video] if is_done else []}


def _handler(provider: CrowdedProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            job_id = provider.take(self._key)
            if job_id is None:
                refusal = {"code": 429, "reason": "RATE_LIMIT", "message": "too many running tasks"}
                self._send(429, json.dumps(refusal).encode())
            else:
                self._send(200, json.dumps({"task_id": job_id}).encode())

        def do_GET(self) -> None:
            if self.path.startswith("/films/"):
                self._send(200, provider.film, "video/mp4")
            else:
                job_id = self.path.rpartition("=")[2]
                state = provider.state_of(job_id, self._key)
                unknown = {"code": 404, "reason": "TASK_NOT_FOUND", "message": "no such task"}
                self._send(200 if state else 404, json.dumps(state or unknown).encode())

        @property
        def _key(self) -> str:
            return self.headers["authorization"].removeprefix("Bearer ")

        def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
