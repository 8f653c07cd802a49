"""Folders as walls: which objects of the inbox the settings of an edit may name.

Whoever may write `tenantA/*` and read `edited/tenantA/*` must not get another folder's clip back
as the "before" of a page. So settings name what lies beside them, and what is there for all.
"""

from retake.domain.edit import Edit
from retake.domain.errors import Refused
from retake.domain.patterns import pattern
from retake.domain.plain_text import one_line
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason

POOLS = ("sources/", "images/")  # of material; below them a folder has one of its own name
EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Walls:
    """The walls of a stack: below `prefix`, with `shared` folders open to everybody's settings."""

    prefix: str = ""
    shared: tuple[str, ...] = ()

    def folder_of(self, key: str) -> str:
        """The folder of an object below the prefix: "" at the top, else with a slash at its end."""
        below = key.removeprefix(self.prefix)
        return below[: below.rfind("/") + 1]

    def lets(self, key: str, folder: str) -> bool:
        """Whether settings of a folder may name an object. Those at the top may name all that lies
        below the prefix: who writes there is confined by nothing."""
        if EVERYTHING in self.shared:
            return True
        if not folder and not self.prefix:
            return True
        if not key.startswith(self.prefix) or {".", ".."} & set(key.split("/")):
            return False
        below = key[len(self.prefix) :]
        if below.startswith((folder, *(pool + folder for pool in POOLS), *self.shared)):
            return True
        return any(below.startswith(pool) and below.count("/") == 1 for pool in POOLS)

    def is_for_all(self, key: str) -> bool:
        """Whether an object is there for all settings: no edit's own, whoever used it."""
        below = key.removeprefix(self.prefix)
        if below.startswith(tuple(each for each in self.shared if each != EVERYTHING)):
            return True
        return any(below.startswith(pool) and below.count("/") == 1 for pool in POOLS)

    def check(self, key: str, folder: str, field: str) -> None:
        """Raises Refused, whether or not there is such an object."""
        if self.lets(key, folder):
            return
        own = [f"{self.prefix}{place}{folder}" for place in ("", *POOLS)] if folder else []
        tops = [f"the top of {self.prefix}{pool}" for pool in POOLS]
        allowed = [*own, *tops, *(f"{self.prefix}{each}" for each in self.shared)]
        whose = f"Settings of {self.prefix}{folder}" if folder else "Settings"
        raise Refused(
            Reason.INVALID_REQUEST,
            f"{whose} cannot name {one_line(key)}: it may lie in {', '.join(allowed)}.",
            field=field,
            found=key,
            allowed=allowed,
        )


# Where an upload form and a fetched clip are put: a place of their own, and no folder of anybody's.
_OWN_PLACE = pattern(r"([0-9a-f]{32}|fetched)/$")


def folder_of_edit(edit: Edit, walls: Walls) -> str:
    """The folder that an edit belongs to: its caller's, that of what was dropped, or that of the
    clip which a call names; "" for none."""
    if edit.folder:
        return edit.folder
    request = edit.request
    key = edit.upload.key if edit.upload else request.source if request else None
    if key is None:
        return ""
    folder = walls.folder_of(key)
    for pool in POOLS:
        folder = folder.removeprefix(pool)
    return _OWN_PLACE.sub("", folder)
