"""Where results are downloaded from: links that live for a while, ranges, and bad days."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

from local.simulators.exchange import FileSlice, HttpCall, HttpReply, text_reply
from local.simulators.faults import OF_CDN, Script
from local.simulators.ledger import Ledger, LedgerKind

GONE_XML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@dataclass(frozen=True)
class Link:
    """One result file and when the link to it dies (Unix seconds)."""

    provider: str
    job_id: str
    path: Path
    dies_at: float


class Cdn:
    """Hands out links and serves them."""

    def __init__(self, ledger: Ledger, script: Script) -> None:
        self._ledger = ledger
        self._script = script
        self._links: dict[str, Link] = {}
        self._lock = Lock()

    def publish(
        self, provider: str, job_id: str, path: Path, ttl_seconds: float, signed: bool
    ) -> str:
        """The path of a new link below the server's root, with a signature if it is to have one."""
        token = uuid4().hex
        with self._lock:
            self._links[token] = Link(provider, job_id, path, time.time() + ttl_seconds)
        query = f"?X-Amz-Expires={ttl_seconds:.0f}&X-Amz-Signature={uuid4().hex}" if signed else ""
        return f"/cdn/{provider}/{token}.mp4{query}"

    def withdraw(self, job_id: str) -> list[str]:
        """Let go of a job's files; the paths that led to them answer 404 from now on."""
        with self._lock:
            found = {token: it for token, it in self._links.items() if it.job_id == job_id}
            for token in found:
                del self._links[token]
        return [f"/cdn/{link.provider}/{token}.mp4" for token, link in found.items()]

    def serve(self, call: HttpCall) -> HttpReply:
        """Answer a download; `call.path` is the whole path."""
        name = call.path.rsplit("/", 1)[-1]
        with self._lock:
            link = self._links.get(name.partition(".")[0])
        if link is None or call.method not in ("GET", "HEAD"):
            return text_reply(404, "<Error><Code>NoSuchKey</Code></Error>", "application/xml")
        rule = self._script.take(link.provider, "cdn", call.path)
        fault = rule.fault if rule else "ok"
        params: Mapping[str, Any] = rule.params if rule else {}
        expired = fault == "expired" or time.time() >= link.dies_at
        reply = text_reply(403, GONE_XML, "application/xml") if expired else self._file(link, call)
        if name.endswith(".png") and not expired:
            reply = HttpReply(200, PNG, {"Content-Type": "image/png"})
        if fault == "not_video":
            body = str(params.get("body", "<html><body>Please sign in</body></html>"))
            reply = text_reply(200, body, str(params.get("content_type", "text/html")))
        self._ledger.enter(
            LedgerKind.DOWNLOADED,
            link.provider,
            link.job_id,
            http_status=reply.status,
            method=call.method,
            range=call.headers.get("range"),
            fault=fault,
        )
        spoils = fault not in (OF_CDN - {"truncate", "no_length", "wrong_length", "endless"})
        return reply.spoilt(fault, params) if spoils else reply

    def _file(self, link: Link, call: HttpCall) -> HttpReply:
        size = link.path.stat().st_size
        headers = {
            "Content-Type": "video/mp4",
            "Accept-Ranges": "bytes",
            "ETag": f'"{link.path.stem}"',
        }
        start, end = 0, size - 1
        asked = call.headers.get("range", "")
        if asked.startswith("bytes=") and "," not in asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            try:
                start = int(first) if first else max(0, size - int(last))
                end = min(int(last), size - 1) if first and last else size - 1
            except ValueError:
                start, end = 0, size - 1
            else:
                if start > end:
                    return HttpReply(416, b"", {"Content-Range": f"bytes */{size}"})
                headers["Content-Range"] = f"bytes {start}-{end}/{size}"
        status = 206 if "Content-Range" in headers else 200
        return HttpReply(status, FileSlice(link.path, start, end - start + 1), headers)
