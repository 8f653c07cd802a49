"""A provider that shares no code with the simulators: Novita's documents, and scripted odd answers.

It takes every order for one job each, which is done as it is taken, and hands out one film, or of
each order what `makes` makes of it. Each odd answer comes once, in turn, before the right one.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HTML = b"<!doctype html><title>One moment, please</title>"


@dataclass(frozen=True)
class Odd:
    """An answer instead of the right one. `share` of the film, or `body`; `declared` is a length
    that may be a lie."""

    status: int = 200
    body: bytes = b""
    share: float | None = None
    declares_whole: bool = False
    location: str | None = None
    seconds: float = 0.0


@dataclass
class OddProvider:
    """What it was sent, and what it will answer."""

    film: bytes
    key: str
    submits: list[Any] = field(default_factory=list)  # the bodies of 2xx answers, or Odd
    polls: list[Odd] = field(default_factory=list)
    downloads: list[Odd] = field(default_factory=list)
    orders: list[Mapping[str, Any]] = field(default_factory=list)
    is_locked: bool = False
    is_done: bool = True
    url: str = ""
    taken: int = 0
    makes: Callable[[Mapping[str, Any]], bytes] | None = None
    made: dict[str, bytes] = field(default_factory=dict)

    def reset(self, film: bytes) -> None:
        self.film = film
        self.submits, self.polls, self.downloads, self.orders = [], [], [], []
        self.is_locked, self.is_done = False, True

    @contextmanager
    def serving(self) -> Iterator["OddProvider"]:
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

    def status(self, task_id: str | None = None) -> dict[str, Any]:
        """Novita's 'Task Result', of a task that is done or is not; of the last without a name."""
        task_id = task_id or self.task_id
        if not self.is_done or (self.makes is not None and task_id not in self.made):
            task = {"task_id": task_id, "status": "TASK_STATUS_PROCESSING"}
            return {"task": task, "videos": []}
        task = {"task_id": task_id, "status": "TASK_STATUS_SUCCEED"}
        video = {"video_url": f"{self.url}/films/{task_id}.mp4", "video_type": "mp4"}
        return {"task": task, "videos": [video]}

    def make(self, task_id: str, order: Mapping[str, Any]) -> None:
        """Work on an order; until that is done its task goes on."""
        assert self.makes is not None
        self.made[task_id] = self.makes(order)

    def film_of(self, task_id: str) -> bytes:
        return self.made.get(task_id, self.film)

    @property
    def task_id(self) -> str:
        return f"job-{self.taken}"


def _handler(provider: OddProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            order = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if self._is_refused():
                return
            said = provider.submits.pop(0) if provider.submits else None
            if isinstance(said, Odd):
                self._odd(said)
                return
            provider.orders.append(order)
            provider.taken += 1
            if provider.makes is not None:
                threading.Thread(target=provider.make, args=(provider.task_id, order)).start()
            self._json(200, said(provider.task_id) if said else {"task_id": provider.task_id})

        def do_GET(self) -> None:
            is_film = self.path.startswith("/films/")
            if not is_film and self._is_refused():
                return
            odd = provider.downloads if is_film else provider.polls
            if odd:
                self._odd(odd.pop(0))
            elif is_film:
                task_id = self.path.rpartition("/")[2].removesuffix(".mp4")
                self._send(200, provider.film_of(task_id), "video/mp4")
            else:
                self._json(200, provider.status(self.path.rpartition("task_id=")[2]))

        def _is_refused(self) -> bool:
            if self.headers["authorization"] != f"Bearer {provider.key}":
                self._json(401, {"code": 401, "message": "invalid api key"})
                return True
            if provider.is_locked:
                self._json(403, {"detail": "User is locked. Reason: Exhausted balance."})
            return provider.is_locked

        def _odd(self, odd: Odd) -> None:
            threading.Event().wait(odd.seconds)
            film = provider.film
            body = odd.body if odd.share is None else film[: int(len(film) * odd.share)]
            self._send(
                odd.status,
                body,
                "text/html",
                length=len(film) if odd.declares_whole else len(body),
                location=odd.location,
            )

        def _json(self, status: int, answer: Any) -> None:
            self._send(status, json.dumps(answer).encode(), "application/json")

        def _send(
            self,
            status: int,
            body: bytes,
            kind: str,
            *,
            length: int | None = None,
            location: str | None = None,
        ) -> None:
            self.close_connection = True
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body) if length is None else length))
            if location is not None:
                self.send_header("location", location)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
