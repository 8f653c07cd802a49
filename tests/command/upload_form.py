"""The board's page as any program could play it: what it asks its server, and what comes back."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlsplit

from local.emulator.api_client import ApiAnswer
from tests.command.stack_door import StackDoor


def answer_pages(method: str, url: str) -> ApiAnswer:
    """Stands where the stack's pages are; a link that ends in "no" opens nothing."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    headers = {
        "content-type": "application/json",
        "content-security-policy": "default-src 'none'",
        "x-amzn-requestid": "of no interest",
    }
    status = 403 if parts.path.endswith("no") else 200
    return ApiAnswer(status, headers, json.dumps({"edits": [], "path": path}).encode())


@dataclass
class UploadForm:
    """The server under test, and a way to speak to it."""

    port: int
    stack: StackDoor
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

    def data(self) -> dict[str, Any]:
        """What the page is told by the address that it was led to."""
        _, headers, _ = self.ask("GET", self.entrance)
        told: dict[str, Any] = json.loads(self.ask("GET", f"{headers['location']}/edits")[2])
        return told

    def offer(self) -> dict[str, Any]:
        """What the page is told that it may do."""
        told: dict[str, Any] = self.data()["desk"]
        return told

    def hold(
        self,
        name: str = "clip.mp4",
        body: bytes = b"clip",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[int, dict[str, Any]]:
        """Drop a file, as the board's page does it but for what is given."""
        return self._work(f"hold?name={quote(name)}", body, headers)

    def do(self, what: str, **said: Any) -> tuple[int, dict[str, Any]]:
        return self._work(what, json.dumps(said).encode(), {})

    def _work(
        self, what: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        sent = {"origin": self.origin, "x_retake_desk": self.offer()["token"], **headers}
        sent = {key: value for key, value in sent.items() if value}
        status, _, said = self.ask("POST", f"/desk/{what}", body, **sent)
        return status, json.loads(said)
