"""Placeholders such as {stem} in settings that many clips share, filled from each clip.

What is filled in is data: it is never looked at for placeholders again.
"""

import re
from collections.abc import Mapping
from typing import Any

from retake.domain.errors import Refused
from retake.domain.patterns import pattern
from retake.domain.source import file_name, stem
from retake.domain.vocabulary import Reason
from retake.request.json_object import REQUEST_BYTES
from retake.request.parsing import METADATA_NAMES, decode_metadata

_PIECE = pattern(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_BRACES = {"{{": "{", "}}": "}"}
_PARTS = pattern(r"[_\-.\s]+")


def values_for(key: str, metadata: Mapping[str, str], *, prefix: str, day: str) -> dict[str, str]:
    """What may stand between braces for a clip.

    Facts of its key, below the inbox's prefix; `{1}`, `{2}` … the parts of its file name between
    `_`, `-`, `.` and spaces; and each name of its metadata that is not a field of a request. The
    key's facts win over metadata of the same name.
    """
    own = {
        name: decode_metadata(value)
        for name, value in metadata.items()
        if name not in METADATA_NAMES or name in ("tags", "reference")
    }
    below = key.removeprefix(prefix)
    parts = [part for part in _PARTS.split(stem(key)) if part]
    return own | {
        "key": below,
        "name": file_name(key),
        "stem": stem(key),
        "folder": below.rpartition("/")[0],
        "date": day,
        **{str(number): part for number, part in enumerate(parts, start=1)},
    }


def filled(value: Any, values: Mapping[str, str], field: str) -> Any:
    """A value of JSON with every text in it filled. Raises Refused for what cannot be filled, and
    before what is filled in grows larger than a request may be."""
    return _Filling(values, field).of(value)


class _Filling:
    """One field being filled: 64 KB can hold 21,000 placeholders, each for 2 KB of metadata."""

    def __init__(self, values: Mapping[str, str], field: str) -> None:
        self._values = values
        self._field = field
        self._left = REQUEST_BYTES

    def of(self, value: Any) -> Any:
        if isinstance(value, str):
            return _PIECE.sub(self._piece, value)
        if isinstance(value, list):
            return [self.of(each) for each in value]
        if isinstance(value, dict):
            return {name: self.of(each) for name, each in value.items()}
        return value

    def _piece(self, piece: re.Match[str]) -> str:
        found = piece.group()
        if found in _BRACES:
            return _BRACES[found]
        name = piece.group(1)
        if name is not None and name.strip() in self._values:
            return self._counted(self._values[name.strip()])
        allowed = ", ".join(f"{{{each}}}" for each in sorted(self._values))
        what = f"There is no {found} for this clip" if name is not None else f"A single {found}"
        raise Refused(
            Reason.INVALID_REQUEST,
            f"{what}; there are {allowed}, and {{{{ and }}}} for braces.",
            field=self._field,
            found=found,
            allowed=allowed,
        )

    def _counted(self, text: str) -> str:
        self._left -= len(text.encode("utf-8", "surrogatepass"))
        if self._left < 0:
            raise Refused(
                Reason.INVALID_REQUEST,
                f"Filled, the placeholders of '{self._field}' would make more than "
                f"{REQUEST_BYTES:,} bytes.",
                field=self._field,
                allowed=REQUEST_BYTES,
            )
        return text
