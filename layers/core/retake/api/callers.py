"""Who calls, which folder a caller is confined to, and which edits are there for it.

API Gateway has checked the signature and says whose it is. A stack that names callers' folders
(`CallerFolders`) shows each caller the edits of its own folder only, and lets it name no other's
material; a caller that it does not name may do nothing.
"""

import re
from collections.abc import Mapping
from typing import Any

from retake.api.problems import Problem, no_such_edit
from retake.domain.edit import Edit
from retake.domain.folders import EVERYTHING, Walls
from retake.domain.source import EDIT_ID
from retake.domain.values import dataclass
from retake.records.queries import UnknownEdit
from retake.records.store import Records

# IAM User Guide, "IAM identifiers": a role's session, a user behind its path, and all others.
_PRINCIPAL = re.compile(
    r"arn:[\w-]+:(?:iam|sts)::(?P<account>\d{12}):"
    r"(?:assumed-role/(?P<role>[^/]+)/.+|user/(?:.+/)?(?P<user>[^/]+)|(?P<other>.+))"
)


@dataclass(frozen=True, slots=True)
class Caller:
    """`principal` is account, kind and name; `folder` is "" for one not confined."""

    principal: str
    folder: str = ""

    def sees(self, edit: Edit, walls: Walls) -> bool:
        """Whether an edit is of the caller's folder."""
        if not self.folder:
            return True
        upload = edit.upload
        own = edit.folder if upload is None else walls.folder_of(upload.key)
        return own is not None and own.startswith(self.folder)


@dataclass(frozen=True, slots=True)
class Callers:
    """Whom a stack knows. `folders` maps `name`, `role/name`, `user/name` or one of the last two
    behind an account to a folder; a name without an account is one of the stack's own."""

    folders: Mapping[str, str]

    def of(self, event: Mapping[str, Any]) -> Caller:
        """Raises Problem for one that the stack's folders do not name."""
        context = event.get("requestContext") or {}
        arn = str((context.get("identity") or {}).get("userArn") or "")
        found = _PRINCIPAL.fullmatch(arn)
        if not self.folders:
            return Caller(_principal(found) if found else arn)
        # The owner of the API, not of the call (API Gateway, "$context.accountId").
        folder = self._folder(found, str(context.get("accountId") or "")) if found else None
        if found is None or folder is None:
            raise Problem(
                "CALLER_UNKNOWN", "This stack names no folder for whoever signed this call."
            )
        return Caller(_principal(found), "" if folder == EVERYTHING else folder)

    def _folder(self, found: re.Match[str], own_account: str) -> str | None:
        name = found["role"] or found["user"]
        if name is None:  # federated users name themselves, and root is nobody's folder
            return None
        principal = _principal(found)
        names = [principal]
        if own_account and found["account"] == own_account:
            names += [principal.partition("/")[2], name]
        return next((self.folders[each] for each in names if each in self.folders), None)


@dataclass(frozen=True, slots=True)
class Sight:
    """What is there for one caller: the one place where an id that it says becomes an edit."""

    caller: Caller
    walls: Walls
    records: Records

    def sees(self, edit: Edit) -> bool:
        return self.caller.sees(edit, self.walls)

    def sees_all(self, edits: Mapping[str, Edit]) -> bool:
        """Whether several are of the caller's folder; of none it cannot be told, so not."""
        if not self.caller.folder:
            return True
        return bool(edits) and all(self.sees(edit) for edit in edits.values())

    def edit(self, edit_id: str) -> Edit:
        """The edit as it is now. Raises UnknownEdit, in the same words for an id that is unknown,
        one that cannot be any, and one of another folder."""
        if not re.fullmatch(EDIT_ID, edit_id):
            raise no_such_edit(edit_id)
        try:
            edit = self.records.get(edit_id)
        except UnknownEdit:
            raise no_such_edit(edit_id) from None
        if not self.sees(edit):
            raise no_such_edit(edit_id)
        return edit


def _principal(found: re.Match[str]) -> str:
    """The same for every session of a role.

    A session's name is chosen by whoever takes the role on, so it tells nobody apart; an account,
    and in it a role, a user and a federated user, may all bear one name.
    """
    kind = next(kind for kind in ("role", "user", "other") if found[kind] is not None)
    return f"{found['account']}/{kind}/{found[kind]}"
