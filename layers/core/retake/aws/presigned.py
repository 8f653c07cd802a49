"""Signed addresses of objects: to upload by form, to fetch, and to look at in a browser."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from retake.aws.errors import translated
from retake.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class PresignedForm:
    """A form to be sent as multipart/form-data: these fields first, in any order, the file last."""

    url: str
    fields: dict[str, str]


class Presigner:
    """Permissions of the function's own role, passed on by signature and reaching no further."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def upload(
        self, bucket: str, key: str, *, content_type: str, sizes: tuple[int, int], seconds: int
    ) -> PresignedForm:
        """To put one object under this key: of this type, its size in bytes within `sizes`.

        Raises Unavailable without credentials to sign with.
        """
        smallest, largest = sizes
        with translated("S3"):
            made = self._client.generate_presigned_post(
                bucket,
                key,
                Fields={"Content-Type": content_type},
                Conditions=[
                    {"Content-Type": content_type},
                    ["content-length-range", smallest, largest],
                ],
                ExpiresIn=seconds,
            )
        return PresignedForm(
            made["url"], {str(name): str(value) for name, value in made["fields"].items()}
        )

    def download(self, bucket: str, key: str, *, file_name: str, seconds: int) -> str:
        """A link to one object that a browser saves under this name. Raises as `upload`."""
        with translated("S3"):
            url = self._client.generate_presigned_url(
                "get_object",
                {
                    "Bucket": bucket,
                    "Key": key,
                    "ResponseContentDisposition": _disposition(file_name),
                },
                ExpiresIn=seconds,
            )
        return str(url)

    def view(
        self, bucket: str, key: str, *, version_id: str | None, content_type: str, seconds: int
    ) -> str:
        """A link that a browser shows in a page, as what we say it is. Raises as `upload`.

        The type is ours because an uploader may have given an object any other.
        """
        named = {"Bucket": bucket, "Key": key, "ResponseContentType": content_type}
        if version_id:
            named["VersionId"] = version_id
        with translated("S3"):
            url = self._client.generate_presigned_url("get_object", named, ExpiresIn=seconds)
        return str(url)


def _disposition(file_name: str) -> str:
    """Both forms of RFC 6266: one that every client reads, and one that keeps all letters."""
    plain = "".join(
        c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in file_name
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"


VIEW_SECONDS = 3600
SAVE_SECONDS = 60  # from the click to the beginning of the download
KEPT = timedelta(seconds=VIEW_SECONDS / 3)  # whoever gets one has at least forty minutes left
MAX_KEPT = 500


class Signs(Protocol):
    """What makes presigned addresses; `retake.aws.presigned.Presigner` does."""

    def view(
        self, bucket: str, key: str, *, version_id: str | None, content_type: str, seconds: int
    ) -> str: ...

    def download(self, bucket: str, key: str, *, file_name: str, seconds: int) -> str: ...


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
            if len(self._kept) >= MAX_KEPT:
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

    def saving(self, bucket: str, key: str, *, file_name: str) -> str:
        """An address that a browser saves the object from, for a minute. Raises Unavailable."""
        return self._signs.download(bucket, key, file_name=file_name, seconds=SAVE_SECONDS)


def origin(url: str) -> str:
    """Where an address leads to, as a browser's policies name it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
