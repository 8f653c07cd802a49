"""Between the stack on this machine and one real provider.

A provider cannot fetch 127.0.0.1. So every address of this machine in a submit is replaced by one
from which the provider can fetch the same bytes; all else passes as it is. The paid call is made
once for what it asks: asked for again, also by a later run, it is answered as it was at first.
"""

import hashlib
import json
import re
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, cast

from local.emulator.engine import HOST, WORKSHOP
from local.errors import OutOfReach
from local.live.receipts import Receipt, Receipts
from local.live.storages import ProviderStorage, Tunnel

ANSWER_SECONDS = 25.0  # inside the 30 s that a submit may take (providers/base.py)
BODY_BYTES = 1 << 20
_HERE = re.compile(r"http://(127\.0\.0\.1|localhost):\d+/")
_SENT_ON = ("authorization", "content-type", "accept", "idempotency-key")
_PASSED_BACK = ("content-type", "retry-after", "x-fal-error-type", "x-request-id")
_TYPES = {b"\xff\xd8\xff": ("image/jpeg", ".jpg"), b"\x89PNG": ("image/png", ".png")}

Headers = Mapping[str, str]
Send = Callable[[str, str, bytes | None, Headers], "Passed"]


@dataclass(frozen=True, slots=True)
class Passed:
    """An answer of the provider, or of the relay in its place."""

    status: int
    headers: Headers
    body: bytes


@dataclass
class Relay:
    """A context manager; `url` is what the stack takes for the provider. `nonce` makes a call that
    says the same another one. `send` is the way out, in tests another one."""

    upstream: str
    storage: ProviderStorage
    receipts: Receipts = field(default_factory=Receipts)
    nonce: str = ""
    port: int = 0
    send: Send = field(default_factory=lambda: _sent)
    _known: dict[str, str] = field(default_factory=dict)
    _one_at_a_time: Lock = field(default_factory=Lock)

    def __enter__(self) -> "Relay":
        self._server = _Server((HOST, self.port), _Handler)
        self._server.relay = self
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def bring(self, path: Path) -> str:
        """Put a file where the provider can fetch it, before anything waits for that."""
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest not in self._known:
            kind, _ = _kind_of(content)
            self._known[digest] = self.storage.put(path, kind)
        return digest

    def answer(self, method: str, path: str, body: bytes, headers: Headers) -> Passed:
        """What the provider says. Raises nothing: what goes wrong here is an answer, too."""
        if method != "POST":
            return self.send(method, self.upstream + path, body or None, headers)
        with self._one_at_a_time:
            try:
                said, meant = self._translated(json.loads(body))
            except (ValueError, OSError, OutOfReach) as error:
                # Nothing left: a plain no, which costs nothing and is told.
                return _no(f"The clip could not be brought to the provider: {error}")
            name = hashlib.sha256(
                json.dumps([self.upstream, path, meant, self.nonce], sort_keys=True).encode()
            ).hexdigest()
            return self._once(name, path, json.dumps(said).encode(), headers)

    def _once(self, name: str, path: str, body: bytes, headers: Headers) -> Passed:
        try:
            earlier = self.receipts.of(name)
        except (ValueError, TypeError):
            earlier = Receipt(path)
        if earlier is not None and earlier.status is not None:
            return Passed(
                earlier.status, {"content-type": "application/json"}, earlier.body.encode()
            )
        if earlier is not None:
            return _no(
                "The same call was sent before, and whether the provider took it is not known; "
                "look at its own list, and make a new one with --again."
            )
        self.receipts.note(name, Receipt(path))
        answer = self.send("POST", self.upstream + path, body, headers)
        if 200 <= answer.status < 300:
            self.receipts.note(name, Receipt(path, answer.status, answer.body.decode()))
        elif 400 <= answer.status < 500 and answer.status not in (408, 409):
            self.receipts.forget(name)
        return answer

    def _translated(self, said: Any) -> tuple[Any, Any]:
        """The body for the provider, and what it means whatever its addresses are today."""
        if isinstance(said, str) and _HERE.match(said):
            digest = self._fetched(said)
            return self._known[digest], digest
        if isinstance(said, list):
            pairs = [self._translated(each) for each in said]
            return [one for one, _ in pairs], [other for _, other in pairs]
        if isinstance(said, dict):
            both = {name: self._translated(value) for name, value in said.items()}
            return {n: one for n, (one, _) in both.items()}, {n: it for n, (_, it) in both.items()}
        return said, said

    def _fetched(self, url: str) -> str:
        """The digest of what lies at an address of this machine, brought to the provider."""
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(url, timeout=ANSWER_SECONDS) as answer:  # our own engine
            content = answer.read()
        digest = hashlib.sha256(content).hexdigest()
        if digest not in self._known:
            WORKSHOP.mkdir(parents=True, exist_ok=True)
            _, ending = _kind_of(content)
            with tempfile.NamedTemporaryFile(dir=WORKSHOP, prefix="live-", suffix=ending) as file:
                file.write(content)
                file.flush()
                self.bring(Path(file.name))
        return digest


def _kind_of(content: bytes) -> tuple[str, str]:
    for start, kind in _TYPES.items():
        if content.startswith(start):
            return kind
    return "video/mp4", ".mp4"


def _no(sentence: str) -> Passed:
    body = json.dumps({"detail": sentence, "message": sentence}).encode()
    return Passed(422, {"content-type": "application/json"}, body)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other: the key must not follow it."""

    def redirect_request(self, *_: object) -> None:
        return None


def _sent(method: str, url: str, body: bytes | None, headers: Headers) -> Passed:
    request = urllib.request.Request(url, body, dict(headers), method=method)  # the provider's own
    try:
        with urllib.request.build_opener(_NoRedirect()).open(
            request, timeout=ANSWER_SECONDS
        ) as answer:
            return Passed(answer.status, dict(answer.headers.items()), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Passed(error.code, dict(error.headers.items()), error.read())
    except OSError as error:
        # It may have arrived: an answer that leaves open what became of it.
        said = json.dumps({"message": f"The provider did not answer: {type(error).__name__}."})
        return Passed(504, {"content-type": "application/json"}, said.encode())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    relay: Relay


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "retake"
    sys_version = ""

    def do_GET(self) -> None:
        offered = getattr(self._relay.storage, "offered", {})
        name = self.path.removeprefix("/clips/")
        if self.path.startswith("/clips/"):
            known = isinstance(self._relay.storage, Tunnel) and name in offered
            self._send(
                Passed(200, {"content-type": "video/mp4"}, offered[name].read_bytes())
                if known
                else Passed(404, {}, b"")
            )
            return
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    do_PUT = do_DELETE = do_POST

    @property
    def _relay(self) -> Relay:
        return cast(_Server, self.server).relay

    def _pass_on(self) -> None:
        # Whoever has the tunnel's address reaches this server too: without a key nothing passes.
        if "authorization" not in self.headers:
            self._send(Passed(403, {}, b""))
            return
        length = int(self.headers.get("content-length") or 0)
        if length > BODY_BYTES:
            self.close_connection = True
            self._send(Passed(413, {}, b""))
            return
        body = self.rfile.read(length)
        kept = {n.lower(): v for n, v in self.headers.items()}
        headers = {n: v for n, v in kept.items() if n in _SENT_ON or n.startswith("x-")}
        self._send(self._relay.answer(self.command, self.path, body, headers))

    def _send(self, passed: Passed) -> None:
        self.send_response(passed.status)
        for name, value in passed.headers.items():
            if name.lower() in _PASSED_BACK:
                self.send_header(name, value)
        self.send_header("content-length", str(len(passed.body)))
        self.end_headers()
        self.wfile.write(passed.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: headers hold the key."""
