"""How a provider reads the media it was pointed to: plain GETs, bounded, in the ledger."""

import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit
from uuid import uuid4

from local.simulators.exchange import RefusedCall
from local.simulators.faults import Script
from local.simulators.footage import ProblemKind
from local.simulators.ledger import Ledger, LedgerKind
from local.simulators.settings import Switches

CHUNK_BYTES = 256 * 1024


def without_query(url: str) -> str:
    """A URL as it may be written down: no signature, no inline data."""
    parts = urlsplit(url)
    if parts.scheme == "data":
        return f"data:{parts.path[:32]}"
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


class Fetcher:
    """Downloads source videos and images into a folder."""

    def __init__(self, settings: Switches, ledger: Ledger, script: Script, stopping: Event) -> None:
        self._settings = settings
        self._ledger = ledger
        self._script = script
        self._stopping = stopping

    @property
    def is_stopping(self) -> bool:
        """Whether the simulators end, and the files of their jobs go."""
        return self._stopping.is_set()

    def fetch(
        self, url: str, folder: Path, provider: str, job_id: str | None, field: str, max_bytes: int
    ) -> Path:
        """Download one file of at most `max_bytes`. Raises Refused."""
        rule = self._script.take(provider, "fetch", url)
        fault = rule.fault if rule else "ok"
        if rule and fault == "late":
            self._stopping.wait(float(rule.params.get("seconds", 1)))
        if fault == "fail":
            raise RefusedCall(ProblemKind.UNREACHABLE, "Failed to download the file", field, url)
        for _ in range(2 if fault == "again" else 1):
            path = self._download(url, folder, provider, job_id, field, max_bytes)
        return path

    def _download(
        self, url: str, folder: Path, provider: str, job_id: str | None, field: str, max_bytes: int
    ) -> Path:
        if urlsplit(url).scheme not in ("http", "https", "data"):
            raise RefusedCall(ProblemKind.UNREACHABLE, "Failed to download the file", field, url)
        path = folder / f"source-{uuid4().hex}"
        deadline = time.monotonic() + self._settings.fetch_timeout_seconds
        status, size = 0, 0
        try:
            with (
                urllib.request.urlopen(url, timeout=self._settings.fetch_timeout_seconds) as answer,
                path.open("wb") as file,
            ):
                status = answer.status or 200
                while chunk := answer.read(CHUNK_BYTES):
                    size += file.write(chunk)
                    if size > max_bytes:
                        raise RefusedCall(ProblemKind.TOO_LARGE, "File too large", field, url)
                    if time.monotonic() > deadline:
                        raise RefusedCall(ProblemKind.UNREACHABLE, "Download timed out", field, url)
        except (OSError, HTTPException, ValueError) as error:
            if isinstance(error, urllib.error.HTTPError):
                status = error.code
                error.close()
            raise RefusedCall(
                ProblemKind.UNREACHABLE, "Failed to download the file", field, url
            ) from error
        finally:
            self._ledger.enter(
                LedgerKind.FETCHED,
                provider,
                job_id,
                url=without_query(url),
                field=field,
                http_status=status,
                size_bytes=size,
            )
        return path
