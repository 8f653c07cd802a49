"""Results that cannot be kept, and the copy of one that was bought for an equal edit."""

from retake.aws.s3 import Saved, Storage
from retake.domain.edit import Edit, Result
from retake.domain.errors import Refused
from retake.domain.source import Source
from retake.domain.vocabulary import Reason


class BadResult(Refused):
    """What the provider delivered is no video that plays, perhaps only this time."""


class FinalResult(BadResult):
    """What the provider delivers cannot be kept, however often it is asked for."""


def taken_over(edit: Edit, original: Result, storage: Storage, bucket: str, key: str) -> Saved:
    """A copy of the result of an edit that asked for the same, byte for byte."""
    source = Source(bucket=original.bucket, key=original.key)
    try:
        chunks = storage.stream(source)
        saved = storage.save(bucket, key, chunks, length=original.size_bytes)
    except Refused:
        raise FinalResult(
            Reason.RESULT_EXPIRED,
            f"The result of {edit.reused_from}, which asked for the same, is gone; nothing was "
            "sent. Send the edit again.",
            found="deleted",
        ) from None
    if saved.sha256 != original.sha256:
        raise FinalResult(
            Reason.BAD_RESULT,
            f"The result of {edit.reused_from}, which asked for the same, is not what was "
            "saved then; nothing was sent. Send the edit again.",
            found=saved.sha256,
            allowed=original.sha256,
        )
    return saved
