"""The board on this machine: a short address for the pages of a stack, and a place to work.

It passes /board and /share on to the stack's own API, and does below /desk what a deployed stack's
own pages do not: it takes clips, and starts edits with the credentials of whoever began it.
Everything on this machine can reach it, so also every web page that its user has open, and every
other user: it answers only to its own name, leads to the board only whoever says the word that
`retake up` prints, and does something only with one that no other page can read.
"""

import contextlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from command.board_work import Workbench, fields_of, status_of
from command.door import Door
from command.held_files import MAX_BYTES, HeldFiles, check_size, file_name
from command.link_minting import Mint
from local.emulator.engine import HOST
from local.errors import UserError

MAX_SAID_BYTES = 100_000  # of a question in JSON
IDLE_SECONDS = 60
WHERE = "`retake up` and `retake board`"
_OLDER = re.compile(r"before=[\w:.%-]{1,80}|video=e-\w{20}", re.ASCII)
_PAGES = re.compile(r"/(board/\w[\w.-]*(/edits)?|share/[\w-]+/\w[\w.~-]*)", re.ASCII)
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


class WorkRefused(Exception):
    """What is not done for who asks; the status, and one sentence."""

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

    def __init__(self, port: int) -> None:
        try:
            self._server = _Server((HOST, port), _Handler)
        except (OSError, OverflowError):
            raise UserError(
                f"Port {port} is in use; choose another one for the board with --board-port."
            ) from None
        self.port = int(self._server.server_address[1])
        self.url = f"http://{HOST}:{self.port}"
        self._key = secrets.token_urlsafe(24)
        self._held = HeldFiles()
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    @property
    def entrance(self) -> str:
        """The address that leads to the board, for whom it is printed to."""
        return f"{self.url}/?{self._key}"

    def serve(self, door: Door, mint: Mint) -> None:
        """Answer for this stack from now on."""
        self._server.desk = BoardSite(
            names={f"{HOST}:{self.port}", f"localhost:{self.port}"},
            api_url=door.api_url,
            door=door,
            board=mint.board,
            bench=Workbench(door=door, mint=mint, held=self._held),
            word=secrets.token_urlsafe(24),
            key=self._key,
        )
        self._thread.start()
        # A function's first answer takes seconds; whoever opens the board shall not wait for them.
        Thread(target=self._server.desk.warm, daemon=True).start()

    def __enter__(self) -> "Front":
        return self

    def __exit__(self, *failure: object) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(timeout=5)
        self._server.server_close()
        self._held.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSite:
    """What the server answers with: who it is, where the pages are, and who does the work."""

    names: set[str]
    api_url: str
    door: Door
    board: Callable[[], str]
    bench: Workbench
    word: str
    key: str
    # The addresses that it led to itself. By any other, such as one that was passed on, the board
    # is only looked at: what is done on it is done with the credentials of whoever serves it.
    own: set[str] = field(default_factory=set)

    def get(self, headers: Mapping[str, str], target: str) -> BoardReply:
        """A page or data of the stack; "/" with the key of this run leads to the board."""
        if headers.get("host") not in self.names:
            return _text(403, "This address answers on this machine only.")
        path, query = _place(target)
        if path == "/":
            if not hmac.compare_digest(query.encode(), self.key.encode()):
                return _text(403, f"The board's address is printed by {WHERE}.")
            own = urlsplit(self.board()).path
            self.own.add(f"{own}/edits")
            return BoardReply(302, {"location": own, "cache-control": "no-store"})
        if not _PAGES.fullmatch(path):
            return _text(404, f"There is nothing here. The board's address is printed by {WHERE}.")
        asked = f"?{query}" if _OLDER.fullmatch(query) else ""
        said = self.door.send("GET", self.api_url + path + asked)
        body = said.body
        if path in self.own and said.status == 200 and not asked:
            offer = self.bench.offer() | {"token": self.word}
            body = json.dumps(json.loads(body) | {"desk": offer}).encode()
        kept = {name: value for name, value in said.headers.items() if name in _PASSED_ON}
        return BoardReply(said.status, kept, body)

    def warm(self) -> None:
        """Ask once for what the page will ask for. A stack that does not answer yet is no error."""
        with contextlib.suppress(UserError, OSError, BotoCoreError, ClientError):
            self.door.send("GET", f"{self.api_url}{urlsplit(self.board()).path}/edits")
            self.bench.offer()

    def admit(self, headers: Mapping[str, str], target: str) -> tuple[str, str]:
        """What is to be done, and the name of the file that comes along. Raises WorkRefused,
        CommandRefused."""
        mine = {f"http://{name}" for name in self.names}
        is_ours = (
            headers.get("host") in self.names
            and headers.get("origin") in mine
            and headers.get("sec-fetch-site", "same-origin") == "same-origin"
            and hmac.compare_digest(headers.get("x-retake-desk", "").encode(), self.word.encode())
        )
        path, query = _place(target)
        if not is_ours or not path.startswith("/desk/"):
            raise WorkRefused(403, "This is done from the board's own page only; load it again.")
        length = headers.get("content-length", "")
        if not _LENGTH.fullmatch(length) or "transfer-encoding" in headers:
            raise WorkRefused(411, "The size must be said.")
        what, size = path.removeprefix("/desk/"), int(length)
        name = file_name(parse_qs(query, keep_blank_values=True).get("name", [""])[0])
        if what == "hold":
            check_size(name, size)
        elif size > MAX_SAID_BYTES:
            raise WorkRefused(413, "That is more than a board's page says.")
        return what, name

    def do(self, what: str, body: bytes) -> BoardReply:
        """Raises WorkRefused, UserError."""
        done = self.bench.do(what, fields_of(body))
        if done is None:
            raise WorkRefused(404, f"Nothing is called {what} here.")
        return _json(*done)


def _place(target: str) -> tuple[str, str]:
    """Path and query of a request's target; empty where it is none, such as `//[`."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return "", ""
    return parts.path, parts.query


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
        try:
            self._send(self._desk.get(self._lower(), self.path))
        except UserError as error:
            self._send(_text(503, str(error)))

    do_HEAD = do_GET  # answered alike, and `_send` leaves the body out

    def do_POST(self) -> None:
        headers = self._lower()
        length = headers.get("content-length", "")
        self._left = int(length) if _LENGTH.fullmatch(length) else 0
        try:
            what, name = self._desk.admit(headers, self.path)
            if what == "hold":
                self._send(self._hold(name))
            else:
                self._send(self._desk.do(what, b"".join(self._pieces())))
        except (WorkRefused, UserError) as refused:
            self._swallow()
            status = refused.status if isinstance(refused, WorkRefused) else status_of(refused)
            code = getattr(refused, "code", None)
            self._send(_json(status, {"message": str(refused)} | ({"code": code} if code else {})))

    def _hold(self, name: str) -> BoardReply:
        """Take a file in; one that is no clip does not stay."""
        held = self._desk.bench.held.place(name)
        try:
            with held.path.open("wb") as file:
                for piece in self._pieces():
                    file.write(piece)
            return _json(200, held.told())
        except BaseException:
            self._desk.bench.held.release(held.key)
            raise

    @property
    def _desk(self) -> BoardSite:
        return cast(_Server, self.server).desk

    def _lower(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _pieces(self) -> Iterator[bytes]:
        """What is sent along. Raises WorkRefused when it breaks off."""
        while self._left > 0:
            piece = self.rfile.read(min(self._left, 1 << 20))
            if not piece:
                self.close_connection = True
                self._left = 0
                raise WorkRefused(400, "The file broke off on its way.")
            self._left -= len(piece)
            yield piece

    def _swallow(self) -> None:
        """Read what is refused, too: a browser that still sends does not hear the answer."""
        self.close_connection = True
        self._left = min(self._left, MAX_BYTES)
        with contextlib.suppress(WorkRefused):
            for _ in self._pieces():
                pass

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
