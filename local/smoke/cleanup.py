"""What a check leaves behind, taken away again in reverse order, whatever happened in between."""

from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from local.errors import UserError
from local.smoke.account import Account
from local.smoke.findings import Broken

Undo = Callable[[], object]


class Traces:
    """Everything that was made, each with the way to remove it."""

    def __init__(self) -> None:
        self._made: list[tuple[str, Undo]] = []
        self._removed = 0

    def add(self, what: str, undo: Undo) -> None:
        """Called right before it is made: removing what is not there does no harm."""
        self._made.append((what, undo))

    def remove(self) -> str:
        """Take everything away. Raises Broken naming what stayed."""
        left = []
        while self._made:
            what, undo = self._made.pop()
            try:
                undo()
            except (BotoCoreError, ClientError, UserError) as error:
                left.append(f"{what} ({type(error).__name__})")
            else:
                self._removed += 1
        if left:
            raise Broken(", ".join(left), "delete it by hand")
        return f"{self._removed} things"


def remove_object(account: Account, bucket: str, key: str) -> None:
    """Every version of one key."""
    s3 = account.client("s3")
    page = s3.list_object_versions(Bucket=bucket, Prefix=key)
    for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
        if each["Key"] == key:
            s3.delete_object(Bucket=bucket, Key=key, VersionId=each["VersionId"])
