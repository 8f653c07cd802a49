"""The emulator's door: who may speak to it, and from where.

It runs functions as the user who started it, and every program and every web page of that machine
can reach its port. So it answers to loopback's own names only (a rebound name says its own in
`Host`), to no page (a browser says `Origin`, or that it comes from another site), and to nobody
without the credential of this run, which stands in no address that the stack gives away.
"""

import hmac
import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote
from uuid import uuid4

from local.emulator.seal import Seal, denied
from local.emulator.signatures import FunctionKey, form_fields

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

KEY_VARIABLE = "RETAKE_ENGINE_KEY"
SEAL = "/_retake/seal"
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost)(:\d{1,5})?")
_API = "/_aws/execute-api/"
# Pages and callbacks: each address carries a proof of its own.
_PROVEN = re.compile(rf"{_API}[^/]+/[^/]+/(share|board|callbacks|approvals)/.+")
_READY = "/_ministack/ready"
# The emulator's own switches. The stack needs none of them once it is there.
_SWITCHES = ("/_ministack/", "/_localstack/")
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")


@dataclass(frozen=True, slots=True)
class Knock:
    """One call as the emulator will read it; `body` is empty where it need not be read for that."""

    method: str
    path: str
    raw_path: str
    headers: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: bytes = b""

    @classmethod
    def of(cls, scope: Scope) -> "Knock":
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            known, said = name.decode("latin-1").lower(), _text(value)
            headers[known] = f"{headers[known]}, {said}" if known in headers else said
        path = scope["path"]
        return cls(
            method=scope["method"],
            path=path,
            raw_path=(scope.get("raw_path") or quote(path).encode()).decode("latin-1"),
            headers=headers,
            query=parse_qs(scope.get("query_string", b"").decode(), keep_blank_values=True),
        )

    @property
    def is_form(self) -> bool:
        return self.headers.get("content-type", "").startswith("multipart/form-data")


@dataclass(slots=True)
class Guard:
    """Stands before the emulator. `key` is the access key of this run; None leaves that to the
    emulator, which checks whole signatures when it enforces roles."""

    app: App
    key: str | None
    seal: Seal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":  # nothing of the stack speaks it
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            asked = Knock.of(scope)
        except UnicodeDecodeError:
            await _reply(send, 400, "This address cannot be read.")
            return
        refusal, read = foreign(asked.headers, asked.path), list[Message]()
        code = "ACCESS_DENIED"
        if refusal is None and not await self._is_known(asked, receive, read):
            said = credential_of(asked.headers, asked.query)
            code = "MISSING_AUTHENTICATION_TOKEN" if said is None else "INVALID_SIGNATURE"
            refusal = (
                "Every call needs the credential of this run: `retake up` prints it, and writes it "
                "as access_key into the file that it names."
            )
        if refusal is None and asked.path == SEAL:
            self.seal.is_closed = True
            await _reply(send, 204, "")
            return
        if refusal is None and self.seal.is_closed and _is_switch(asked.path):
            refusal = "The stack is deployed; nothing of the emulator is switched any more."
        if refusal is not None and asked.path.startswith(_API):
            await _reply_as_gateway(send, code, refusal)
            return
        if refusal is not None:
            await _reply(send, 403, refusal)
            return

        async def rest() -> Message:
            return read.pop(0) if read else await receive()

        await self.app(scope, rest, send)

    async def _is_known(self, asked: Knock, receive: Receive, read: list[Message]) -> bool:
        """Whether a call bears the run's credential, or a signature of its functions. What had to
        be read of it for that is in `read`."""
        if self.key is None or asked.path == _READY or _PROVEN.fullmatch(asked.path):
            return True
        functions = FunctionKey.of_run(self.key)
        said = credential_of(asked.headers, asked.query)
        if said is None and asked.is_form:
            body = await _whole(receive, read)
            fields = form_fields(asked.headers, body)
            if self._is_ours(fields.get("x-amz-credential", "").partition("/")[0]):
                return True
            return functions.signed_form(asked.path, asked.headers, asked.query, body)
        if said is None or self._is_ours(said):
            return said is not None
        known = (asked.method, asked.raw_path, asked.headers, asked.query)
        if "authorization" in asked.headers:
            # What says no digest of its body is signed over the body itself.
            is_told = "x-amz-content-sha256" in asked.headers
            return functions.signed_call(*known, b"" if is_told else await _whole(receive, read))
        if not functions.signed_address(*known):
            return False
        if asked.method != "PUT":  # what reads an object says nothing
            await _whole(receive, read)
            read[:] = [{"type": "http.request", "body": b"", "more_body": False}]
        return True

    def _is_ours(self, said: str) -> bool:
        return self.key is not None and hmac.compare_digest(said.encode(), self.key.encode())


def foreign(headers: Mapping[str, str], path: str = "/") -> str | None:
    """Why a call comes from where none may come from; None where it does not."""
    if not _LOOPBACK.fullmatch(headers.get("host", "")):
        return "This address answers on this machine only."
    if _PROVEN.fullmatch(path):  # a page's own button: the browser says "null" for its origin
        return None
    if "origin" in headers:  # whatever it says: the engine has no page, and no client says one
        return "No page may call this address."
    if (
        headers.get("sec-fetch-site") == "cross-site"
        and headers.get("sec-fetch-mode") != "navigate"
    ):
        return "No page of another site may call this address."
    return None


def credential_of(headers: Mapping[str, str], query: Mapping[str, list[str]]) -> str | None:
    """The access key that a call was signed with, in its header or in its address."""
    signed = _CREDENTIAL.search(headers.get("authorization", ""))
    if signed:
        return signed[1]
    for name in ("X-Amz-Credential", "AWSAccessKeyId"):
        if name in query:
            return query[name][0].partition("/")[0]
    return None


def _is_switch(path: str) -> bool:
    return path.startswith(_SWITCHES) and path not in (_READY, "/_ministack/health")


async def _whole(receive: Receive, read: list[Message]) -> bytes:
    """The body of a call, of which each piece is kept in `read` for whoever serves it."""
    while not read or read[-1].get("more_body"):
        read.append(await receive())
    return b"".join(piece.get("body", b"") for piece in read)


def _text(value: bytes) -> str:
    """As the emulator reads a header."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


async def _reply(send: Send, status: int, text: str) -> None:
    await _answered(send, status, "text/xml; charset=utf-8", denied(text) if text else b"")


async def _reply_as_gateway(send: Send, code: str, text: str) -> None:
    """As API Gateway says it where the template's GatewayResponses name the shape; `code` is one of
    its own response types."""
    said = {"type": "about:blank", "title": text, "code": code, "request_id": str(uuid4())}
    await _answered(send, 403, "application/problem+json", json.dumps(said).encode())


async def _answered(send: Send, status: int, content_type: str, body: bytes) -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
