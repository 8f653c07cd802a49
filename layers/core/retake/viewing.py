"""Presigned addresses for looking at objects in a browser, few of them signed anew."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

VIEW_SECONDS = 3600
KEPT = timedelta(seconds=VIEW_SECONDS / 3)  # whoever gets one has at least forty minutes left
MOST_KEPT = 500


class Signs(Protocol):
    """What makes presigned addresses; `retake.grants.Grants` does."""

    def view(
        self, bucket: str, key: str, *, version_id: str | None, content_type: str, seconds: int
    ) -> str: ...


@dataclass(frozen=True, slots=True)
class _Object:
    bucket: str
    key: str
    version_id: str | None
    content_type: str


class Viewing:
    """The same address for the same object for a while.

    A board asks every two seconds: its browser shall load a picture once, and signing thirty
    addresses for each question would be most of the function's work.
    """

    def __init__(self, signs: Signs, now: Callable[[], datetime]) -> None:
        self._signs = signs
        self._now = now
        self._kept: dict[_Object, tuple[datetime, str]] = {}

    def link(
        self, bucket: str, key: str, *, content_type: str, version_id: str | None = None
    ) -> str:
        """An address that shows the object for at least forty minutes. Raises Unavailable."""
        wanted = _Object(bucket, key, version_id, content_type)
        signed_at, url = self._kept.get(wanted, (None, ""))
        if signed_at is None or self._now() - signed_at > KEPT:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            url = self._signs.view(
                bucket,
                key,
                version_id=version_id,
                content_type=content_type,
                seconds=VIEW_SECONDS,
            )
            self._kept[wanted] = (self._now(), url)
        return url


def origin(url: str) -> str:
    """Where an address leads to, as a browser's policies name it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
