"""Deleting objects for good: versions, not markers on top of them."""

from collections.abc import Iterator
from typing import Any

from retake.aws.errors import translated
from retake.domain.source import Source
from retake.domain.stored import required


class VersionDeleter:
    """What it was given is gone afterwards, however often it is asked."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def one(self, source: Source) -> None:
        """This version, which must be named: no other one goes with it. Raises Unavailable."""
        self._delete(source.bucket, source.key, required(source.version_id))

    def all(self, bucket: str, prefix: str, *, is_whole_key: bool = False) -> None:
        """Every version and every marker of the keys that begin so. Raises Unavailable."""
        # All pages first: where a page ends is named by a version, which must still be there.
        for key, version_id in list(self._versions(bucket, prefix)):
            if not is_whole_key or key == prefix:
                self._delete(bucket, key, version_id)

    def _versions(self, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
        after: dict[str, str] = {}
        while True:
            page = self._call("list_object_versions", Bucket=bucket, Prefix=prefix, **after)
            for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                yield each["Key"], each["VersionId"]
            if not page.get("IsTruncated"):
                return
            after = {
                "KeyMarker": page["NextKeyMarker"],
                "VersionIdMarker": page["NextVersionIdMarker"],
            }

    def _delete(self, bucket: str, key: str, version_id: str) -> None:
        self._call("delete_object", Bucket=bucket, Key=key, VersionId=version_id)

    def _call(self, verb: str, **arguments: Any) -> Any:
        with translated("S3", verb=verb):
            return getattr(self._client, verb)(**arguments)
