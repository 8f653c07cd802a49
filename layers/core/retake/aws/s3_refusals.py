"""Objects that this stack will not read however often it asks, and how it says so."""

from collections.abc import Mapping
from typing import Any

from retake.domain.errors import Refused
from retake.domain.source import Source
from retake.domain.vocabulary import Reason

# Storage classes, and the tiers of S3 Intelligent-Tiering, that must be restored before a read.
ARCHIVES = frozenset({"GLACIER", "DEEP_ARCHIVE", "ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"})

# S3's words for them; every other failure may pass. A HEAD has no body and so only the numbers (S3
# API reference, "Error responses").
REASONS = {
    "404": Reason.INPUT_GONE,
    "NoSuchKey": Reason.INPUT_GONE,
    "NoSuchVersion": Reason.INPUT_GONE,
    "405": Reason.INPUT_GONE,  # the version is a delete marker
    "MethodNotAllowed": Reason.INPUT_GONE,
    "InvalidObjectState": Reason.INPUT_ARCHIVED,
    "AccessDenied": Reason.INPUT_UNREADABLE,
    "InvalidRequest": Reason.INPUT_UNREADABLE,  # encrypted with a key its owner keeps
    "KMS.DisabledException": Reason.INPUT_UNREADABLE,
    "KMS.KMSInvalidStateException": Reason.INPUT_UNREADABLE,
    "KMS.NotFoundException": Reason.INPUT_UNREADABLE,
}
_MESSAGES = {
    Reason.INPUT_GONE: "{key} is no longer there.",
    Reason.INPUT_ARCHIVED: "{key} lies in an archive ({found}); restore it and drop it again.",
    Reason.INPUT_UNREADABLE: "{key} cannot be read by this stack ({found}); it may be encrypted "
    "with a key of somebody else.",
}
_ALLOWED = {
    Reason.INPUT_ARCHIVED: "a storage class that can be read at once",
}


def archive_of(answer: Mapping[str, Any]) -> str | None:
    """The archive an object must be restored from before it can be read, if any."""
    if 'ongoing-request="false"' in answer.get("Restore", ""):
        return None
    archives = (answer.get("ArchiveStatus"), answer.get("StorageClass"))
    return next((str(name) for name in archives if name in ARCHIVES), None)


def refused(reason: Reason, source: Source, found: str) -> Refused:
    """The refusal of an object that cannot be read, in words for its owner."""
    return Refused(
        reason,
        _MESSAGES[reason].format(key=source.key, found=found),
        field="source",
        found=found,
        allowed=_ALLOWED.get(reason, "an object this stack can read"),
    )
