"""Small JSON documents in the inbox: request files, sidecars, presets."""

from dataclasses import dataclass, replace
from typing import Any

from retake.aws.s3 import Storage
from retake.domain.errors import Refused
from retake.domain.source import Source
from retake.domain.vocabulary import Reason
from retake.request.parsing import REQUEST_BYTES, object_from_json


@dataclass(frozen=True, slots=True)
class Document:
    """One version of an object that should hold a JSON object; it is read when asked for."""

    source: Source
    storage: Storage

    def fields(self) -> dict[str, Any]:
        """The JSON object. Raises Refused when it is none, or too large; Unavailable."""
        size = self.source.size_bytes
        if size > REQUEST_BYTES:
            raise Refused(
                Reason.INVALID_REQUEST,
                f"It has {size:,} bytes; {REQUEST_BYTES:,} are allowed.",
                field="request",
                found=size,
                allowed=REQUEST_BYTES,
            )
        return object_from_json(self.storage.read(self.source, 0, size) if size else b"")


def found(source: Source, storage: Storage) -> Document:
    """The document in its pinned version, or in the one that is there now. Raises as `head`."""
    head = storage.head(source)
    version_id = head.version_id or source.version_id
    return Document(replace(source, version_id=version_id, size_bytes=head.size_bytes), storage)


def found_if_any(source: Source, storage: Storage) -> Document | None:
    """The same; None where there is no such object."""
    try:
        return found(source, storage)
    except Refused as refusal:
        if refusal.reason is Reason.INPUT_GONE:
            return None
        raise
