"""The board's server over a stack that only remembers, and who fills in its form."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from local.emulator.running_stack import InboxVersion, NotFinished

SECRET = json.dumps({"kid": "a", "secret": "x" * 32})
EDIT_ID = "e-00000000000000000000"


@dataclass
class FakeStack:
    """Takes every clip and remembers it."""

    api_url: str
    clips: list[tuple[str, str, bytes]] = field(default_factory=list)
    is_broken: bool = False

    @property
    def address(self) -> "FakeStack":
        return self

    def upload(self, path: Path, key: str, *, prompt: str) -> InboxVersion:
        self.clips.append((key, prompt, path.read_bytes()))
        return InboxVersion(key, "v1")

    def edit_of(self, upload: InboxVersion) -> str:
        if self.is_broken:
            raise NotFinished("No edit of it within 30 s")
        return EDIT_ID


class AnsweringApi(BaseHTTPRequestHandler):
    """Stands where the stack's API is; a link that ends in "no" opens nothing."""

    def do_GET(self) -> None:
        body = json.dumps({"edits": [], "path": self.path}).encode()
        self.send_response(403 if self.path.endswith("no") else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-security-policy", "default-src 'none'")
        self.send_header("x-amzn-requestid", "of no interest")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...


@dataclass
class UploadForm:
    """The server under test, and a way to speak to it as any program could."""

    port: int
    stack: FakeStack
    entrance: str

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def word(self) -> str:
        _, _, body = self.ask("GET", "/board/token/edits")
        return str(json.loads(body)["drop"]["token"])

    def drop(
        self,
        name: str = "clip.mp4",
        prompt: str = "snow",
        body: bytes = b"clip",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[int, dict[str, Any]]:
        """As the board's page does it, but for what is given."""
        sent = {"origin": self.origin, "x_retake_drop": self.word(), **headers}
        sent = {key: value for key, value in sent.items() if value}
        path = f"/drop?name={quote(name)}&prompt={quote(prompt)}"
        status, _, said = self.ask("POST", path, body, **sent)
        return status, json.loads(said)
