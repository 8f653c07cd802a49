"""The board on this machine: a short address for the pages of a stack, and a place to drop clips.

It passes /board and /share on to the stack's own API, and takes clips at /drop, which a deployed
stack does not offer. Everything on this machine can reach it, so also every web page that its user
has open, and every other user: it answers only to its own name, leads to the board only whoever
says the word that `make up` prints, and takes a clip only with one that no other page can read.
"""

import hmac
import json
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from command.link_minting import Mint
from local.emulator.api_client import send
from local.emulator.engine import HOST, WORKSHOP
from local.emulator.running_stack import InboxVersion, NotFinished, Stack, as_header
from local.errors import UserError

DEFAULT_PORT = 4567
MAX_BYTES = 300_000_000  # what the largest model takes
MAX_METADATA_BYTES = 1_900  # S3 holds 2 KB with the names (S3 User Guide, "object metadata")
NAME_BYTES = 200
IDLE_SECONDS = 60
WHERE = "`retake up` and `retake board`"
_PAGES = re.compile(r"/(board/\w[\w.-]*(/edits)?|share/[\w-]+/\w[\w.-]*)", re.ASCII)
# Not str.isdigit, which takes digits that int refuses (²), nor any length, which int refuses too.
_LENGTH = re.compile(r"[0-9]{1,12}")
_PASSED_ON = {
    "cache-control",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "permissions-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-frame-options",
    "x-robots-tag",
}


class ClipRefused(Exception):
    """A clip that is not taken; the status, and one sentence for who dropped it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class BoardReply:
    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Front:
    """A context manager around a server on 127.0.0.1; it listens from the start, and answers once
    `serve` has told it for whom. Raises UserError when the port cannot be had."""

    def __init__(self, port: int = DEFAULT_PORT) -> None:
        WORKSHOP.mkdir(parents=True, exist_ok=True)  # where a clip lies until it is whole
        try:
            self._server = _Server((HOST, port), _Handler)
        except (OSError, OverflowError):
            raise UserError(
                f"Port {port} is in use; choose another one for the board with --board-port."
            ) from None
        self.port = int(self._server.server_address[1])
        self.url = f"http://{HOST}:{self.port}"
        self._key = secrets.token_urlsafe(24)
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    @property
    def entrance(self) -> str:
        """The address that leads to the board, for whom it is printed to."""
        return f"{self.url}/?{self._key}"

    def serve(self, stack: Stack, mint: Mint) -> None:
        """Answer for this stack from now on."""
        self._server.desk = BoardSite(
            names={f"{HOST}:{self.port}", f"localhost:{self.port}"},
            api_url=stack.address.api_url,
            board=mint.board,
            inbox=_Inbox(stack),
            word=secrets.token_urlsafe(24),
            key=self._key,
        )
        self._thread.start()

    def __enter__(self) -> "Front":
        return self

    def __exit__(self, *failure: object) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(timeout=5)
        self._server.server_close()


class _Inbox:
    """Puts a clip into the inbox and knows which edit came of it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._one_at_a_time = Lock()  # the stack remembers what it has seen

    def take(self, path: Path, name: str, prompt: str) -> str:
        upload: InboxVersion = self._stack.upload(path, name, prompt=prompt)
        with self._one_at_a_time:
            return self._stack.edit_of(upload)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSite:
    """What the server answers with: who it is, where the pages are, and who takes clips."""

    names: set[str]
    api_url: str
    board: Callable[[], str]
    inbox: _Inbox
    word: str
    key: str

    def get(self, headers: Mapping[str, str], target: str) -> BoardReply:
        """A page or data of the stack; "/" with the key of this run leads to the board."""
        if headers.get("host") not in self.names:
            return _text(403, "This address answers on this machine only.")
        path, query = _place(target)
        if path == "/":
            if not hmac.compare_digest(query.encode(), self.key.encode()):
                return _text(403, f"The board's address is printed by {WHERE}.")
            return BoardReply(
                302, {"location": urlsplit(self.board()).path, "cache-control": "no-store"}
            )
        if not _PAGES.fullmatch(path):
            return _text(404, f"There is nothing here. The board's address is printed by {WHERE}.")
        said = send("GET", self.api_url + path)
        body = said.body
        if path.endswith("/edits") and said.status == 200:
            body = self._with_drop(body)
        kept = {name: value for name, value in said.headers.items() if name in _PASSED_ON}
        return BoardReply(said.status, kept, body)

    def admit(self, headers: Mapping[str, str], target: str) -> tuple[str, str, int]:
        """Name, prompt and size in bytes of a clip that may come. Raises Refused."""
        mine = {f"http://{name}" for name in self.names}
        is_ours = (
            headers.get("host") in self.names
            and headers.get("origin") in mine
            and headers.get("sec-fetch-site", "same-origin") == "same-origin"
            and hmac.compare_digest(headers.get("x-retake-drop", "").encode(), self.word.encode())
        )
        path, query = _place(target)
        if not is_ours or path != "/drop":
            raise ClipRefused(403, "Clips are taken from the board's own page only; load it again.")
        length = headers.get("content-length", "")
        if not _LENGTH.fullmatch(length) or "transfer-encoding" in headers:
            raise ClipRefused(411, "The clip's size must be said.")
        said = parse_qs(query, keep_blank_values=True)
        name = _file_name(said.get("name", [""])[0])
        prompt = said.get("prompt", [""])[0].strip()
        _check(name, prompt, int(length))
        return name, prompt, int(length)

    def _with_drop(self, body: bytes) -> bytes:
        drop = {"url": "/drop", "token": self.word, "most_bytes": MAX_BYTES}
        return json.dumps(json.loads(body) | {"drop": drop}).encode()


def _place(target: str) -> tuple[str, str]:
    """Path and query of a request's target; empty where it is none, such as `//[`."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return "", ""
    return parts.path, parts.query


def _check(name: str, prompt: str, size: int) -> None:
    """Raises Refused; what is in the clip is the stack's business."""
    if size == 0:
        raise ClipRefused(422, f"{name} is empty.")
    if size > MAX_BYTES:
        raise ClipRefused(
            413, f"{name} has {size / 1e6:,.0f} MB; {MAX_BYTES / 1e6:,.0f} are allowed."
        )
    if name.lower().endswith(".json"):
        raise ClipRefused(
            422, f"{name} is no clip; put requests and settings into the bucket itself."
        )
    if not prompt:
        raise ClipRefused(422, "Say first what shall change.")
    if len(as_header(prompt)) > MAX_METADATA_BYTES:
        raise ClipRefused(422, "This prompt is too long to travel with a clip; use a request file.")


def _file_name(said: str) -> str:
    """The last part of a path, printable, and short enough for a key."""
    name = "".join(char for char in re.split(r"[/\\]", said)[-1] if char.isprintable()).strip(". ")
    while len(name.encode()) > NAME_BYTES:
        name = name[1:]
    return name or "clip.mp4"


def _text(status: int, text: str) -> BoardReply:
    return BoardReply(status, {"content-type": "text/plain; charset=utf-8"}, text.encode())


def _json(status: int, said: Mapping[str, Any]) -> BoardReply:
    return BoardReply(status, {"content-type": "application/json"}, json.dumps(said).encode())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    # A port that another server listens on is taken, whoever asks.
    allow_reuse_port = False
    desk: BoardSite


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "retake"
    sys_version = ""
    timeout = IDLE_SECONDS

    def do_GET(self) -> None:
        self._send(self._desk.get(self._lower(), self.path))

    do_HEAD = do_GET  # answered alike, and `_send` leaves the body out

    def do_POST(self) -> None:
        desk, headers = self._desk, self._lower()
        try:
            name, prompt, size = desk.admit(headers, self.path)
            with tempfile.NamedTemporaryFile(dir=WORKSHOP, prefix="dropped-") as file:
                self._read(size, file)
                edit_id = desk.inbox.take(Path(file.name), name, prompt)
            self._send(_json(202, {"edit_id": edit_id}))
        except ClipRefused as refused:
            self._swallow(headers)
            self._send(_json(refused.status, {"message": str(refused)}))
        except NotFinished as error:
            self._send(_json(503, {"message": f"The stack did not take it in: {error}"}))

    @property
    def _desk(self) -> BoardSite:
        return cast(_Server, self.server).desk

    def _lower(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _read(self, size: int, file: Any) -> None:
        while size:
            piece = self.rfile.read(min(size, 1 << 20))
            if not piece:
                self.close_connection = True
                raise ClipRefused(400, "The clip broke off on its way.")
            file.write(piece)
            size -= len(piece)
        file.flush()

    def _swallow(self, headers: Mapping[str, str]) -> None:
        """Read a refused clip all the same: a browser that still sends does not hear the answer."""
        self.close_connection = True
        length = headers.get("content-length", "")
        left = min(int(length), MAX_BYTES) if _LENGTH.fullmatch(length) else 0
        while left > 0:
            piece = self.rfile.read(min(left, 1 << 20))
            left = left - len(piece) if piece else 0

    def _send(self, reply: BoardReply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the paths hold proofs."""
