"""One HTTP server on 127.0.0.1 that is all four providers, their CDN and fal's key host."""

import importlib
import logging
import shutil
import socket
import struct
import tempfile
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from local.simulators import control, webhook_receiver
from local.simulators.backend import Backend
from local.simulators.exchange import HttpCall, HttpReply, json_reply
from local.simulators.jobs import Developer
from local.simulators.ledger import Ledger
from local.simulators.router import DIALECTS, Router
from local.simulators.settings import Switches
from local.simulators.wire import Wire

HOST = "127.0.0.1"
BODY_MAX_BYTES = 12 * 1024 * 1024
IDLE_SECONDS = 120

PREFIXES = {
    **{f"/{name}": name for name in DIALECTS},
    "/fal-platform": "fal",
    "/fal-rest": "fal",
}
"""URL prefix → dialect: each is a base URL that the provider's real paths are appended to."""

log = logging.getLogger(__name__)


class Simulators:
    """All simulators in this process; a context manager, or `start` and `close`.

    `developer` edits the frames (default: `local.fake_model`, imported at the first job); every
    keyword that names a switch of `Settings` sets it.
    """

    def __init__(
        self, *, port: int = 0, developer: Developer | None = None, **switches: Any
    ) -> None:
        self.settings = Switches()
        self.settings.change(**switches)
        self._folder = Path(tempfile.mkdtemp(prefix="simulators-"))
        stopping = Event()
        model = developer or _FakeModel(stopping)
        self.backend = Backend(self.settings, model, self._folder, stopping)
        self._router = Router(self.backend)
        self._webhooks = webhook_receiver.WebhookReceiver(self.backend.stopping)
        self._server = _Server((HOST, port), _Handler)
        self._server.simulators = self
        self.port: int = self._server.server_address[1]
        self.url = f"http://{HOST}:{self.port}"
        self.backend.root_url = self.url
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def base_urls(self) -> dict[str, str]:
        """The base URL of each provider, and of fal's platform API and key host."""
        return {prefix.removeprefix("/"): self.url + prefix for prefix in PREFIXES}

    @property
    def ledger(self) -> Ledger:
        """The ledger of all four."""
        return self.backend.ledger

    def start(self) -> "Simulators":
        """Begin to answer."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop answering, drop all work and delete all files."""
        self.backend.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(timeout=5)
        self._server.server_close()
        self.backend.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> "Simulators":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> HttpReply:
        """The reply to a request; `target` is the raw request target."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        prefix = next((p for p in PREFIXES if parts.path.startswith(p + "/")), "")
        # fal's published client can be given a host but no path, so fal also lives at the root.
        provider = PREFIXES.get(prefix) or ("fal" if parts.path.startswith("/fal-ai/") else None)
        # A host of its own keeps its prefix, so that its routes do not exist on the other one.
        path = parts.path.removeprefix(prefix) if prefix == f"/{provider}" else parts.path
        call = HttpCall(method, path, query, headers, body, self.url + prefix)
        if parts.path.startswith(webhook_receiver.PATH):
            return self._webhooks.answer(call)
        if parts.path.startswith("/_"):
            return control.answer(self.backend, self.base_urls, call)
        if parts.path.startswith("/cdn/"):
            return self._router.download(call)
        if provider is None:
            return json_reply(404, {"error": "no such simulator", "base_urls": self.base_urls})
        return self._router.answer(provider, call)


class _FakeModel:
    """`local.fake_model`, imported when the first frames are to be edited. It stops in the middle
    of a film when the simulators end: Python waits for its threads, and a film may take long."""

    def __init__(self, stopping: Event) -> None:
        self._is_stopped = stopping.is_set

    def develop(self, *args: Any, **options: Any) -> None:
        self._module().develop(*args, **options, is_stopped=self._is_stopped)

    def imagine(self, *args: Any, **options: Any) -> None:
        self._module().imagine(*args, **options, is_stopped=self._is_stopped)

    def _module(self) -> Any:
        return importlib.import_module("local.fake_model")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024
    simulators: Simulators

    def shutdown_request(self, request: Any) -> None:
        # A polite shutdown sends FIN; a connection with linger set is to end in a reset.
        lingers = struct.unpack("ii", request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8))
        if lingers == (1, 0):
            request.close()
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("connection from %s broke", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "simulators"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        simulators = cast(_Server, self.server).simulators
        headers = {name.lower(): value for name, value in self.headers.items()}
        wire = Wire(self, simulators.backend.stopping)
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not length.isdigit():
            self.close_connection = True
            wire.send(json_reply(411, {"error": "a Content-Length is required"}))
            return
        if int(length) > BODY_MAX_BYTES:
            self.close_connection = True
            wire.send(json_reply(413, {"error": "request body too large"}))
            return
        body = self.rfile.read(int(length))
        wire.send(simulators.answer(self.command, self.path, headers, body))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _handle

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)
