"""The two buckets: reading what was dropped, handing it to a provider, keeping what comes back."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from retake.edits import Source
from retake.errors import Refused, Unavailable
from retake.reasons import Reason

PART_BYTES = 8 * 1024 * 1024
LINK_SECONDS = 3600  # role credentials may end sooner; providers fetch within minutes
ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})
_UNREADABLE = frozenset({"AccessDenied", "403", "InvalidRequest", "400", "KMS.DisabledException"})
_GONE = frozenset({"404", "NoSuchKey", "NoSuchVersion", "405", "MethodNotAllowed"})


@dataclass(frozen=True, slots=True)
class Head:
    """What S3 says of an object without its bytes; metadata names are lower case, values raw."""

    size_bytes: int
    content_type: str
    metadata: Mapping[str, str]
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written: size in bytes, and the SHA-256 of exactly those bytes in hex."""

    size_bytes: int
    sha256: str


class Storage:
    """Objects by key; errors in Retake's words."""

    def __init__(self, client: Any, http: urllib3.PoolManager | None = None) -> None:
        self._client = client
        self._http = http or urllib3.PoolManager(retries=False)

    def head(self, source: Source) -> Head:
        """The pinned version as it is now, whatever an event claimed.

        Raises Refused with INPUT_GONE, INPUT_ARCHIVED or INPUT_UNREADABLE; Unavailable.
        """
        answer = self._read("head_object", source)
        if answer.get("StorageClass") in ARCHIVED:
            raise Refused(
                Reason.INPUT_ARCHIVED,
                f"{source.key} lies in the {answer['StorageClass']} archive; restore it and drop "
                "it again.",
                field="source",
                found=answer["StorageClass"],
                allowed="a storage class that can be read at once",
            )
        return Head(
            size_bytes=answer["ContentLength"],
            content_type=answer.get("ContentType", ""),
            metadata={name.lower(): value for name, value in answer.get("Metadata", {}).items()},
            version_id=answer.get("VersionId"),
        )

    def read(self, source: Source, offset: int, length: int) -> bytes:
        """A range of the object. Raises as `head`."""
        last = offset + length - 1
        answer = self._read("get_object", source, Range=f"bytes={offset}-{last}")
        return bytes(answer["Body"].read())

    def link(self, source: Source, *, seconds: int = LINK_SECONDS, nonce: str = "") -> str:
        """A presigned address of exactly this version, signed now.

        `nonce` makes the address unique, so that a provider's log or listing can be matched to
        one attempt; S3 ignores but signs it.
        """
        arguments = _where(source)
        if nonce:
            arguments["ResponseCacheControl"] = f"private, x-retake={nonce}"
        return str(self._client.generate_presigned_url("get_object", arguments, ExpiresIn=seconds))

    def put(self, bucket: str, key: str, body: bytes, content_type: str) -> None:
        """A small object, whole. Raises Unavailable."""
        self._write("put_object", Bucket=bucket, Key=key, Body=body, ContentType=content_type)

    def delete(self, bucket: str, key: str) -> None:
        self._write("delete_object", Bucket=bucket, Key=key)

    def save(self, bucket: str, key: str, chunks: Iterator[bytes], *, length: int | None) -> Saved:
        """Stream a video into a bucket in constant memory.

        One PUT when the length is known (it fails as a whole when fewer bytes come), parts of
        8 MiB otherwise. Nothing stays behind when reading the chunks fails. Raises Unavailable.
        """
        digest = hashlib.sha256()
        size = 0

        def counted() -> Iterator[bytes]:
            nonlocal size
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                yield chunk

        if length is None:
            self._save_in_parts(bucket, key, counted())
        else:
            self._save_at_once(bucket, key, counted(), length)
        return Saved(size_bytes=size, sha256=digest.hexdigest())

    def _save_at_once(self, bucket: str, key: str, chunks: Iterator[bytes], length: int) -> None:
        url = self._client.generate_presigned_url(
            "put_object", {"Bucket": bucket, "Key": key, "ContentType": "video/mp4"}, ExpiresIn=3600
        )
        try:
            answer = self._http.request(
                "PUT",
                url,
                body=chunks,
                headers={"content-type": "video/mp4", "content-length": str(length)},
                retries=False,
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"S3 did not take the result ({type(error).__name__}).") from None
        if answer.status != 200:
            raise Unavailable(f"S3 did not take the result (HTTP {answer.status}).")

    def _save_in_parts(self, bucket: str, key: str, chunks: Iterator[bytes]) -> None:
        where = {"Bucket": bucket, "Key": key}
        upload = {
            **where,
            "UploadId": self._write("create_multipart_upload", **where, ContentType="video/mp4")[
                "UploadId"
            ],
        }
        try:
            parts = []
            for number, part in enumerate(_parts(chunks), start=1):
                answer = self._write("upload_part", **upload, PartNumber=number, Body=part)
                parts.append({"PartNumber": number, "ETag": answer["ETag"]})
            self._write("complete_multipart_upload", **upload, MultipartUpload={"Parts": parts})
        except BaseException:
            self._write("abort_multipart_upload", **upload)
            raise

    def _read(self, verb: str, source: Source, **more: Any) -> Any:
        try:
            return getattr(self._client, verb)(**_where(source), **more)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            reason = _reason_for(code)
            if reason is None:
                raise Unavailable(f"S3 cannot answer now ({verb}: {code}).") from None
            raise Refused(
                reason,
                {
                    Reason.INPUT_GONE: f"{source.key} is no longer there.",
                    Reason.INPUT_UNREADABLE: f"{source.key} cannot be read by this stack ({code}); "
                    "it may be encrypted with a key of somebody else.",
                }[reason],
                field="source",
                found=code,
                allowed="an object this stack can read",
            ) from None
        except BotoCoreError as error:
            raise Unavailable(f"S3 cannot answer now ({type(error).__name__}).") from None

    def _write(self, verb: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, verb)(**arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise Unavailable(f"S3 cannot take a write now ({verb}: {code}).") from None
        except BotoCoreError as error:
            raise Unavailable(f"S3 cannot take a write now ({type(error).__name__}).") from None


class ObjectReader:
    """A stored object as footage reads it: by range."""

    def __init__(self, storage: Storage, source: Source, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self._storage = storage
        self._source = source

    def read_at(self, offset: int, length: int) -> bytes:
        """At most `length` bytes; fewer at the end, none beyond it."""
        length = min(length, self.size_bytes - offset)
        return self._storage.read(self._source, offset, length) if length > 0 else b""


def _reason_for(code: str) -> Reason | None:
    if code in _GONE:
        return Reason.INPUT_GONE
    return Reason.INPUT_UNREADABLE if code in _UNREADABLE else None


def _where(source: Source) -> dict[str, Any]:
    where: dict[str, Any] = {"Bucket": source.bucket, "Key": source.key}
    if source.version_id:
        where["VersionId"] = source.version_id
    return where


def _parts(chunks: Iterator[bytes]) -> Iterator[bytes]:
    part = bytearray()
    for chunk in chunks:
        part += chunk
        while len(part) >= PART_BYTES:
            yield bytes(part[:PART_BYTES])
            del part[:PART_BYTES]
    if part:
        yield bytes(part)
