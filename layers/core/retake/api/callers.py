"""Who calls, and which folder a caller is confined to.

API Gateway has checked the signature and says whose it is. A stack that names callers' folders
(`CallerFolders`) shows each caller the edits of its own folder only, and lets it name no other's
material; a caller that it does not name may do nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from retake.api.problems import Problem
from retake.domain.edit import Edit
from retake.domain.folders import EVERYTHING, Walls


@dataclass(frozen=True, slots=True)
class Caller:
    """`principal` is the account with the role or user; `folder` is "" for one not confined."""

    principal: str
    folder: str = ""

    def sees(self, edit: Edit, walls: Walls) -> bool:
        """Whether an edit is of the caller's folder."""
        if not self.folder:
            return True
        upload = edit.upload
        own = edit.folder if upload is None else walls.folder_of(upload.key)
        return own is not None and own.startswith(self.folder)


def caller_of(event: Mapping[str, Any], folders: Mapping[str, str]) -> Caller:
    """Raises Problem for one that the stack's folders do not name."""
    identity = (event.get("requestContext") or {}).get("identity") or {}
    principal = principal_of(identity)
    if not folders:
        return Caller(principal)
    folder = folders.get(principal.rpartition("/")[2])
    if folder is None:
        raise Problem("CALLER_UNKNOWN", "This stack names no folder for whoever signed this call.")
    return Caller(principal, "" if folder == EVERYTHING else folder)


def principal_of(identity: Mapping[str, Any]) -> str:
    """`account/role` or `account/user`, the same for every session of a role.

    A session's name is chosen by whoever takes the role on, so it tells nobody apart (IAM User
    Guide, "AWS STS principal ARNs": `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`).
    """
    account = str(identity.get("accountId") or "")
    kind, _, name = str(identity.get("userArn") or "").rpartition(":")[2].partition("/")
    if kind == "assumed-role":
        name = name.partition("/")[0]
    return f"{account}/{name.rpartition('/')[2] or kind}"
