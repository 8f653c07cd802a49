"""The buckets in a dictionary."""

import hashlib
from collections.abc import Iterator

from retake.aws.s3 import Head, InboxObject, Saved
from retake.domain.errors import Refused
from retake.domain.source import Source
from retake.domain.vocabulary import Reason

from virtual.clock import Clock


class FakeStorage:
    """Two buckets in a dictionary; a link is the key with what would be signed."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.metadata: dict[str, dict[str, str]] = {}
        self.versions: dict[tuple[str, str], str] = {}
        self.checksums: dict[str, str] = {}
        self.tags: dict[tuple[str, str], str | None] = {}

    def listed(self, bucket: str, start: str) -> list[InboxObject]:
        """What there is of the keys that begin so."""
        found = [key for at, key in sorted(self.objects) if at == bucket and key.startswith(start)]
        return [
            InboxObject(
                Source(bucket=bucket, key=key, version_id=self.versions.get((bucket, key), "v1")),
                Clock().now(),
            )
            for key in found
        ]

    def head(self, source: Source) -> Head:
        if (source.bucket, source.key) not in self.objects:
            raise Refused(Reason.INPUT_GONE, f"{source.key} is no longer there.")
        size = len(self.objects[source.bucket, source.key])
        version_id = source.version_id or self.versions.get((source.bucket, source.key))
        return Head(size, "video/mp4", self.metadata.get(source.key, {}), version_id)

    def size_of(self, bucket: str, key: str) -> int | None:
        return len(self.objects[bucket, key]) if (bucket, key) in self.objects else None

    def digest(self, bucket: str, key: str) -> str:
        return hashlib.sha256(self.objects[bucket, key]).hexdigest()

    def read(self, source: Source, offset: int, length: int) -> bytes:
        return self.objects[source.bucket, source.key][offset : offset + length]

    def sha256_of(self, source: Source) -> str | None:
        """What an uploader has given, where one has."""
        self.head(source)
        return self.checksums.get(source.key)

    def stream(self, source: Source) -> Iterator[bytes]:
        self.head(source)
        yield self.objects[source.bucket, source.key]

    def link(self, source: Source, *, seconds: int = 3600, nonce: str = "") -> str:
        return f"https://{source.bucket}/{source.key}?versionId={source.version_id}&nonce={nonce}"

    def put(
        self, bucket: str, key: str, body: bytes, content_type: str, *, tag: str | None = None
    ) -> None:
        self.objects[bucket, key] = body
        self.tags[bucket, key] = tag

    def delete(self, bucket: str, key: str) -> None:
        self.objects.pop((bucket, key), None)

    def save(
        self,
        bucket: str,
        key: str,
        chunks: Iterator[bytes],
        *,
        length: int | None,
        is_digested: bool = True,
    ) -> Saved:
        body = b"".join(chunks)
        assert length in (None, len(body))
        self.objects[bucket, key] = body
        return Saved(len(body), hashlib.sha256(body).hexdigest() if is_digested else "")
