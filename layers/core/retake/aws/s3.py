"""The two buckets: reading what was dropped, handing it to a provider, keeping what comes back."""

import base64
import contextlib
import hashlib
import itertools
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from retake.aws.errors import code_of, translated
from retake.aws.s3_refusals import REASONS, archive_of, refused
from retake.aws.upload_stream import PART_BYTES, Counted, SourceFailure, parts
from retake.domain.errors import Refused, Unavailable
from retake.domain.source import Source
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason
from retake.settings import hashed_roots

STREAM_CHUNK_BYTES = 1024 * 1024
LINK_SECONDS = 3600  # role credentials may end sooner; providers fetch within minutes
# Of the one PUT: to connect and to take each chunk, and to confirm the object at the end.
_PUT_SECONDS = urllib3.Timeout(connect=10, read=60)
VIDEO = "video/mp4"


@dataclass(frozen=True, slots=True)
class Head:
    """What S3 says of an object without its bytes; metadata names are lower case, values raw."""

    size_bytes: int
    content_type: str
    metadata: Mapping[str, str]
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written: size in bytes, and the SHA-256 of exactly those bytes in hex, if asked."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class InboxObject:
    """A version of an object of the inbox, when it came, and whether it is what is there now."""

    source: Source
    at: datetime
    is_latest: bool = True


class Storage:
    """Objects by key; errors in Retake's words."""

    def __init__(self, client: Any, http: urllib3.PoolManager | None = None) -> None:
        self._client = client
        self._http = http or urllib3.PoolManager(retries=False, ca_cert_dir=hashed_roots())

    def head(self, source: Source) -> Head:
        """The pinned version as it is now, whatever an event claimed.

        Raises Refused with INPUT_GONE, INPUT_ARCHIVED or INPUT_UNREADABLE; Unavailable.
        """
        answer = self._asked("head_object", source)
        archive = archive_of(answer)
        if archive:
            raise refused(Reason.INPUT_ARCHIVED, source, archive)
        return Head(
            size_bytes=answer["ContentLength"],
            content_type=answer.get("ContentType", ""),
            metadata={name.lower(): value for name, value in answer.get("Metadata", {}).items()},
            version_id=answer.get("VersionId"),
        )

    def sha256_of(self, source: Source) -> str | None:
        """The SHA-256 of the whole object that whoever put it there has given, in hex; None without
        one. S3 checked it then (S3 User Guide, "Checking object integrity"). Raises as `head`."""
        answer = self._asked("head_object", source, ChecksumMode="ENABLED")
        given = str(answer.get("ChecksumSHA256") or "")
        if answer.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT" or "-" in given:
            return None  # of the digests of its parts
        return base64.b64decode(given).hex() or None

    def read(self, source: Source, offset: int, length: int) -> bytes:
        """A range of the object. Raises as `head`."""
        last = offset + length - 1
        answer = self._asked("get_object", source, Range=f"bytes={offset}-{last}")
        with translated("S3"):
            return bytes(answer["Body"].read())

    def link(self, source: Source, *, seconds: int = LINK_SECONDS, nonce: str = "") -> str:
        """A presigned address of exactly this version, signed now.

        `nonce` makes the address unique, so that a provider's log or listing can be matched to
        one attempt; S3 ignores but signs it. Raises Unavailable without credentials to sign with.
        """
        arguments = _where(source)
        if nonce:
            arguments["ResponseCacheControl"] = f"private, x-retake={nonce}"
        return self._signed("get_object", arguments, seconds)

    def size_of(self, bucket: str, key: str) -> int | None:
        """How large an object is in bytes; None when there is none."""
        try:
            return self.head(Source(bucket=bucket, key=key)).size_bytes
        except Refused:
            return None

    def digest(self, bucket: str, key: str) -> str:
        """The SHA-256 of an object as it lies there, read in constant memory."""
        digest = hashlib.sha256()
        for chunk in self.stream(Source(bucket=bucket, key=key)):
            digest.update(chunk)
        return digest.hexdigest()

    def stream(self, source: Source) -> Iterator[bytes]:
        """The whole object in pieces of STREAM_CHUNK_BYTES. Raises as `head`."""
        body = self._asked("get_object", source)["Body"]
        with contextlib.closing(body):
            try:
                yield from body.iter_chunks(STREAM_CHUNK_BYTES)
            except (BotoCoreError, urllib3.exceptions.HTTPError) as error:
                raise Unavailable(f"S3 broke off ({type(error).__name__}).") from None

    def current(
        self, bucket: str, prefix: str, place: str | None
    ) -> tuple[list[InboxObject], str | None]:
        """A page of the objects that are there now, and where the next page begins (None: nowhere).

        `place` is what the page before gave. Raises Unavailable.
        """
        dropped, then = self.versions(bucket, prefix, place)
        return [each for each in dropped if each.is_latest], then

    def versions(
        self, bucket: str, prefix: str, place: str | None = None
    ) -> tuple[list[InboxObject], str | None]:
        """The same with all versions of each object, the newest first; deletions are none."""
        key, _, version_id = (place or "").rpartition("\n")
        after = {"KeyMarker": key, "VersionIdMarker": version_id} if key else {}
        page = self._write("list_object_versions", Bucket=bucket, Prefix=prefix, **after)
        dropped = [
            InboxObject(
                Source(
                    bucket=bucket,
                    key=each["Key"],
                    version_id=each["VersionId"],
                    size_bytes=each["Size"],
                ),
                each["LastModified"],
                each["IsLatest"],
            )
            for each in page.get("Versions", [])
        ]
        if not page.get("IsTruncated"):
            return dropped, None
        return dropped, f"{page['NextKeyMarker']}\n{page['NextVersionIdMarker']}"

    def versions_of(self, bucket: str, key: str) -> list[Source]:
        """Those of one object, the newest first. Raises Unavailable."""
        return [each.source for each in self.versions(bucket, key)[0] if each.source.key == key]

    def put(
        self, bucket: str, key: str, body: bytes, content_type: str, *, tag: str | None = None
    ) -> None:
        """A small object, whole; the bucket's lifecycle knows it by its tag. Raises Unavailable."""
        tagged = {"Tagging": tag} if tag else {}
        where = {"Bucket": bucket, "Key": key, "ContentType": content_type}
        self._write("put_object", **where, Body=body, **tagged)

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object, if it is there. Raises Unavailable."""
        self._write("delete_object", Bucket=bucket, Key=key)

    def save(
        self,
        bucket: str,
        key: str,
        chunks: Iterator[bytes],
        *,
        length: int | None,
        is_digested: bool = True,
    ) -> Saved:
        """Stream a video into a bucket in constant memory.

        One PUT when the length is known, parts of 8 MiB otherwise. Nothing stays behind when the
        chunks break off or do not have that length. Raises what the chunks raise, as it is;
        Unavailable.
        """
        body = Counted(chunks, length, is_digested=is_digested)
        where = {"Bucket": bucket, "Key": key, "ContentType": VIDEO}
        try:
            if length is None:
                self._save_in_parts(where, iter(body))
            else:
                self._save_at_once(where, iter(body), length)
        except SourceFailure as broken:
            raise broken.error from None
        return Saved(size_bytes=body.size_bytes, sha256=body.sha256)

    def _save_at_once(self, where: dict[str, str], chunks: Iterator[bytes], length: int) -> None:
        try:
            answer = self._http.request(
                "PUT",
                self._signed("put_object", where, LINK_SECONDS),
                body=chunks,
                headers={
                    "content-type": where["ContentType"],
                    "content-length": str(length),
                    # A kept connection may be dead after a pause, and the body exists only once.
                    "connection": "close",
                },
                timeout=_PUT_SECONDS,
                retries=False,
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"S3 did not take the result ({type(error).__name__}).") from None
        # The tag too: a reply that was cut after its first line reads as a success.
        if answer.status != 200 or "etag" not in answer.headers:
            raise Unavailable(f"S3 did not take the result (HTTP {answer.status}).")

    def _save_in_parts(self, where: dict[str, str], chunks: Iterator[bytes]) -> None:
        cut = parts(chunks)
        first = next(cut, b"")
        if len(first) < PART_BYTES:
            self._write("put_object", **where, Body=first)
            return
        made = self._write("create_multipart_upload", **where)
        upload = {"Bucket": where["Bucket"], "Key": where["Key"], "UploadId": made["UploadId"]}
        try:
            done = []
            whole = itertools.chain((first,), cut)
            del first  # it would be held until the last part is stored
            for number, part in enumerate(whole, start=1):
                answer = self._write("upload_part", **upload, PartNumber=number, Body=part)
                done.append({"PartNumber": number, "ETag": answer["ETag"]})
            self._write("complete_multipart_upload", **upload, MultipartUpload={"Parts": done})
        except BaseException:
            # The bucket's lifecycle removes what this cannot; the first error is the one to tell.
            with contextlib.suppress(Unavailable):
                self._write("abort_multipart_upload", **upload)
            raise

    def _signed(self, verb: str, arguments: Mapping[str, Any], seconds: int) -> str:
        with translated("S3"):
            return str(self._client.generate_presigned_url(verb, arguments, ExpiresIn=seconds))

    def _asked(self, verb: str, source: Source, **more: Any) -> Any:
        """An answer of S3, its body not read yet."""

        def meaning(error: ClientError) -> Refused | None:
            code = code_of(error)
            if code in REASONS:
                return refused(REASONS[code], source, code)
            if verb == "head_object" and code.isdigit():
                # Refused without a word why: a GET of one byte is told the reason.
                self.read(source, 0, 1)
            return None

        with translated("S3", verb=verb, meaning=meaning):
            return getattr(self._client, verb)(**_where(source), **more)

    def _write(self, verb: str, **arguments: Any) -> Any:
        with translated("S3", verb=verb):
            return getattr(self._client, verb)(**arguments)


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


def _where(source: Source) -> dict[str, Any]:
    where: dict[str, Any] = {"Bucket": source.bucket, "Key": source.key}
    if source.version_id:
        where["VersionId"] = source.version_id
    return where
