"""What an edit starts from: one version of an object, the id it gives, and where settings lie."""

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from retake.drops import clip_of, is_request_file, stem
from retake.parts import Part, Readers
from retake.reasons import Road

EDIT_ID = r"e-[0-9a-z]{20}"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford: no i, l, o, u to misread
_ID_CHARS = 20  # 100 bits: two of 10^12 edits share an id with probability below 10^-6


def edit_id_for(*parts: str) -> str:
    """The id of the edit that these parts name, always the same: `e-` and 20 characters.

    For an upload the parts are bucket, key and version, so that one object delivered fifty times
    is one edit. The form suits execution names (at most 80 characters of A-Z, a-z, 0-9, - and _).
    """
    digest = hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(digest, "big")
    chars = [_ALPHABET[(number >> (5 * place)) & 31] for place in range(_ID_CHARS)]
    return "e-" + "".join(chars)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Part):
    """The object an edit starts from: one version of one key."""

    bucket: str
    key: str
    version_id: str | None = None
    size_bytes: int = 0

    @property
    def is_request_file(self) -> bool:
        """Whether it is a request by itself rather than a clip."""
        return is_request_file(self.key)

    @property
    def is_sidecar(self) -> bool:
        """Whether it holds the settings of the clip beside it."""
        return clip_of(self.key) is not None

    @property
    def stem(self) -> str:
        """The file's name without its folder and ending."""
        return stem(self.key)


def upload_id(upload: Source) -> str:
    """The id of the edit that an upload starts."""
    return edit_id_for(upload.bucket, upload.key, upload.version_id or "")


def fitted_key(edit_id: str) -> str:
    """Where the repaired clip of an edit lies in the results bucket, while it may be needed."""
    return f"fitted/{edit_id}.mp4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin(Part):
    """Where the settings of an edit come from: the road that said the prompt, and which object.

    `topped_by` are roads before it that said no prompt, but settings that stay on top.
    """

    readers: ClassVar[Readers] = {
        "road": Road,
        "topped_by": lambda stored: tuple(Origin.from_mapping(each) for each in stored),
    }

    road: Road
    key: str | None = None
    version_id: str | None = None
    topped_by: tuple["Origin", ...] = ()

    def uses(self, upload: Source) -> bool:
        """Whether this version of an object is among those the settings were read from."""
        return any(
            (each.key, each.version_id) == (upload.key, upload.version_id)
            for each in (self, *self.topped_by)
        )
