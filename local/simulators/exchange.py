"""What comes in and what goes out: a call, a reply, and a refusal on the way."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class HttpCall:
    """An HTTP request; `path` is what follows the provider's prefix, header names lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    """The URL the provider is reached at here, prefix included, without a slash at the end."""

    def text(self) -> str:
        """All that a fault rule may match on."""
        return f"{self.path}?{self.query}\n{self.body.decode(errors='replace')}"


@dataclass(frozen=True)
class FileSlice:
    """`length` bytes of a file from `start`."""

    path: Path
    start: int
    length: int


@dataclass(frozen=True)
class HttpReply:
    """An HTTP answer, and the wire fault to send it with."""

    status: int
    body: bytes | FileSlice = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = "ok"
    params: Mapping[str, Any] = field(default_factory=dict)

    def spoilt(self, fault: str, params: Mapping[str, Any]) -> "HttpReply":
        """The same answer, to be sent with a wire fault."""
        return replace(self, fault=fault, params=params)


def json_reply(status: int, content: object, headers: Mapping[str, str] | None = None) -> HttpReply:
    """A reply with a JSON body."""
    body = json.dumps(content, separators=(",", ":")).encode()
    return HttpReply(status, body, {"Content-Type": "application/json", **(headers or {})})


def text_reply(status: int, text: str, content_type: str = "text/html") -> HttpReply:
    """A reply with a text body."""
    return HttpReply(status, text.encode(), {"Content-Type": content_type})


class RefusedCall(Exception):
    """A request the provider turns down, in words every dialect can translate.

    `problem` is a word of `Problem` (media and body) or of the named rows of the fault script
    (account and service); `field` is the body's field at fault, `given` its value.
    """

    def __init__(
        self, problem: str, message: str, field: str | None = None, given: object = None
    ) -> None:
        super().__init__(message)
        self.problem = problem
        self.message = message
        self.field = field
        self.given = given
