"""The emulator's door: who may speak to it, and from where.

It runs functions as the user who started it, and every program and every web page of that machine
can reach its port. So it answers to loopback's own names only (a rebound name says its own in
`Host`), to no page (a browser says `Origin`, or that it comes from another site), and to nobody
without the credential of this run; and once the stack is deployed it makes no function any more.
"""

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

KEY_VARIABLE = "RETAKE_ENGINE_KEY"
SEAL = "/_retake/seal"
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost)(:\d{1,5})?")
# Pages and callbacks: each address carries a proof of its own.
_PROVEN = re.compile(r"/_aws/execute-api/[^/]+/[^/]+/(share|board|callbacks)/.+")
_READY = "/_ministack/ready"
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")
# Whatever makes code that this machine then runs, by REST and by query protocol.
_MAKES_CODE = re.compile(r"/(2015-03-31|2018-10-31)/(functions|layers)")
_FILE = re.compile(rb'name="?file"?')
FIELDS_BYTES = 64 * 1024  # S3 takes 20 KB of fields ("POST Object", Amazon S3 API Reference)
_ONLY_READS = re.compile(rb"Action=(Describe|Get|List)")


@dataclass(slots=True)
class Guard:
    """Stands before the emulator. `key` is the access key of this run; None leaves that to the
    emulator, which checks whole signatures when it enforces roles."""

    app: App
    key: str | None
    is_sealed: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":  # nothing of the stack speaks it
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            name.decode("latin-1").lower(): v.decode("latin-1") for name, v in scope["headers"]
        }
        refusal = foreign(headers)
        begun = await _begun(headers, receive) if refusal is None else []
        first = {"body": _joined(begun)}
        if refusal is None and not self._is_known(scope, headers, first):
            refusal = "Every call needs the credential of this run; `make up` prints it."
        if refusal is None and scope["path"] == SEAL:
            self.is_sealed = True
            await _reply(send, 204, "")
            return
        if refusal is None and self.is_sealed and _makes_code(scope, headers, first):
            refusal = "The stack is deployed; no function is made or changed any more."
        if refusal is not None:
            await _reply(send, 403, refusal)
            return

        async def rest() -> MutableMapping[str, Any]:
            return begun.pop(0) if begun else await receive()

        await self.app(scope, rest, send)

    def _is_known(self, scope: Scope, headers: Mapping[str, str], first: Mapping[str, Any]) -> bool:
        if self.key is None or scope["path"] == _READY or _PROVEN.fullmatch(scope["path"]):
            return True
        said = credential_of(headers, scope.get("query_string", b"").decode("latin-1"))
        if said is None and _is_form(headers):
            # A presigned form names the credential in a field before the file.
            return f"{self.key}/".encode() in first.get("body", b"")
        return said is not None and hmac.compare_digest(said.encode(), self.key.encode())


def foreign(headers: Mapping[str, str]) -> str | None:
    """Why a call comes from where none may come from; None where it does not."""
    if not _LOOPBACK.fullmatch(headers.get("host", "")):
        return "This address answers on this machine only."
    origin = headers.get("origin")
    if origin is not None and not _LOOPBACK.fullmatch(origin.removeprefix("http://")):
        return "No page of another origin may call this address."
    if (
        headers.get("sec-fetch-site") == "cross-site"
        and headers.get("sec-fetch-mode") != "navigate"
    ):
        return "No page of another site may call this address."
    return None


def credential_of(headers: Mapping[str, str], query: str) -> str | None:
    """The access key that a call was signed with, in its header or in its address."""
    signed = _CREDENTIAL.search(headers.get("authorization", ""))
    if signed:
        return signed[1]
    named = parse_qs(query)
    for name in ("X-Amz-Credential", "AWSAccessKeyId"):
        if name in named:
            return named[name][0].partition("/")[0]
    return None


def _makes_code(scope: Scope, headers: Mapping[str, str], first: Mapping[str, Any]) -> bool:
    if _MAKES_CODE.match(scope["path"]):
        return scope["method"] != "GET" and not scope["path"].endswith("/invocations")
    is_formation = "/cloudformation/" in headers.get("authorization", "")
    return is_formation and not _ONLY_READS.search(first.get("body", b""))


async def _begun(headers: Mapping[str, str], receive: Receive) -> list[MutableMapping[str, Any]]:
    """The first piece of a body; of a form all up to its file, in however many pieces it comes."""
    read = [await receive()]
    if _is_form(headers):
        while _has_more(read) and not _FILE.search(_joined(read)):
            read.append(await receive())
    return read


def _joined(read: list[MutableMapping[str, Any]]) -> bytes:
    return b"".join(each.get("body", b"") for each in read)


def _has_more(read: list[MutableMapping[str, Any]]) -> bool:
    return bool(read[-1].get("more_body")) and len(_joined(read)) < FIELDS_BYTES


def _is_form(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").startswith("multipart/form-data")


async def _reply(send: Send, status: int, text: str) -> None:
    # As the services of AWS that speak XML say it; clients of the others take any text.
    error = f"<Error><Code>AccessDenied</Code><Message>{text}</Message></Error>"
    body = f"<ErrorResponse>{error}</ErrorResponse>".encode() if text else b""
    headers = [
        (b"content-type", b"text/xml; charset=utf-8"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
