"""Where a clip goes that a provider has to fetch, and that lies on a machine it cannot reach.

fal: the storage of its own clients (fal_client 1.0.3, `_upload_via_storage`; its JavaScript client
names the storage fal-cdn-v3); nothing documents how to delete from it, so the file gets an expiry.
EvoLink: "File Stream Upload" and the deletion that its public command line uses; files end after
72 hours by themselves. Novita and AIML API document no storage: a bucket or a tunnel of the user's.
"""

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from local.errors import OutOfReach, UserError

EXPIRY_SECONDS = 6 * 3600
UPLOAD_SECONDS = 600
FAL_STORAGE = "https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3"
EVOLINK_FILES = "https://files-api.evolink.ai/api/v1/files"
CANNOT_FETCH = (
    "{who} cannot fetch a clip from this machine's own address, and documents no storage of its "
    "own. Name a bucket of yours with --via s3://BUCKET/FOLDER/, or a tunnel to this machine with "
    "--via https://…"
)


class ProviderStorage(Protocol):
    """Somewhere a provider can fetch from."""

    def put(self, path: Path, content_type: str) -> str:
        """The address under which the file can be fetched. Raises OutOfReach."""

    def clear(self) -> list[str]:
        """Take back what was put; a sentence for each file that stays for a while."""


@dataclass
class FalStorage:
    """fal's own, by the same key."""

    key: str
    url: str = FAL_STORAGE
    _kept: int = 0

    def put(self, path: Path, content_type: str) -> str:
        lifecycle = json.dumps({"expiration_duration_seconds": EXPIRY_SECONDS})
        said = _call(
            "POST",
            self.url,
            json.dumps({"file_name": f"clip{path.suffix}", "content_type": content_type}).encode(),
            {
                "authorization": f"Key {self.key}",
                "content-type": "application/json",
                "x-fal-object-lifecycle-preference": lifecycle,
            },
        )
        _call(
            "PUT",
            said["upload_url"],
            path.read_bytes(),
            {"content-type": content_type, "x-fal-object-lifecycle": lifecycle},
        )
        self._kept += 1
        return str(said["file_url"])

    def clear(self) -> list[str]:
        kept, self._kept = self._kept, 0
        told = f"{kept} uploaded to fal, which ends {EXPIRY_SECONDS // 3600} hours after its upload"
        return [told] if kept else []


@dataclass
class EvolinkStorage:
    """EvoLink's own, by the same key."""

    key: str
    url: str = EVOLINK_FILES
    _ids: list[str] = field(default_factory=list)

    def put(self, path: Path, content_type: str) -> str:
        edge = secrets.token_hex(16)
        head = (
            f'--{edge}\r\ncontent-disposition: form-data; name="file"; '
            f'filename="clip{path.suffix}"\r\ncontent-type: {content_type}\r\n\r\n'
        )
        body = head.encode() + path.read_bytes() + f"\r\n--{edge}--\r\n".encode()
        kind = f"multipart/form-data; boundary={edge}"
        headers = self._signed() | {"content-type": kind}
        said = _call("POST", f"{self.url}/upload/stream", body, headers)["data"]
        self._ids.append(str(said["file_id"]))
        return str(said["file_url"])

    def clear(self) -> list[str]:
        left = []
        for file_id in self._ids:
            try:
                _call("DELETE", f"{self.url}/{file_id}", None, self._signed())
            except OutOfReach:
                left.append(f"{file_id} at EvoLink, which ends 72 hours after its upload")
        self._ids.clear()
        return left

    def _signed(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}


@dataclass
class BucketStorage:
    """A bucket of the user's: a link that ends, and the object is deleted afterwards."""

    client: Any
    bucket: str
    prefix: str
    _keys: list[str] = field(default_factory=list)

    def put(self, path: Path, content_type: str) -> str:
        key = f"{self.prefix}retake-{secrets.token_hex(16)}{path.suffix}"
        self.client.upload_file(
            str(path), self.bucket, key, ExtraArgs={"ContentType": content_type}
        )
        self._keys.append(key)
        link: str = self.client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self.bucket, "Key": key},
            ExpiresIn=EXPIRY_SECONDS,
        )
        return link

    def clear(self) -> list[str]:
        left = []
        for key in self._keys:
            try:
                self.client.delete_object(Bucket=self.bucket, Key=key)
            except Exception:  # whatever it was, the person is told what is left
                left.append(f"s3://{self.bucket}/{key}, which could not be deleted")
        self._keys.clear()
        return left


@dataclass
class Tunnel:
    """An address of the user's that leads to this machine; `offered` is what may be fetched."""

    address: str
    offered: dict[str, Path] = field(default_factory=dict)

    def put(self, path: Path, content_type: str) -> str:
        name = f"{secrets.token_urlsafe(24)}{path.suffix}"
        self.offered[name] = path
        return f"{self.address.rstrip('/')}/clips/{name}"

    def clear(self) -> list[str]:
        self.offered.clear()
        return []


def no_road(who: str) -> UserError:
    """Why nothing can be sent."""
    return UserError(CANNOT_FETCH.format(who=who))


def _call(method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Any:
    """The JSON of an answer, or nothing. Raises OutOfReach without the address, which is signed."""
    request = urllib.request.Request(url, body, dict(headers), method=method)  # https, or a test's
    host = request.host
    try:
        with urllib.request.urlopen(request, timeout=UPLOAD_SECONDS) as answer:
            said = answer.read()
    except urllib.error.HTTPError as error:
        with error:
            raise OutOfReach(f"{host} did not take the clip: HTTP {error.code}.") from None
    except OSError as error:
        raise OutOfReach(f"{host} cannot be reached: {error}") from None
    try:
        return json.loads(said)
    except ValueError:
        return {}
