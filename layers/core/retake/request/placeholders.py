"""Placeholders such as {stem} in settings that many clips share, filled from each clip.

What is filled in is data: it is never looked at for placeholders again.
"""

import re
from collections.abc import Mapping
from typing import Any

from retake.domain.errors import Refused
from retake.domain.source import file_name, stem
from retake.domain.vocabulary import Reason
from retake.request.parsing import METADATA_NAMES, decode_metadata

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_BRACES = {"{{": "{", "}}": "}"}
_PARTS = re.compile(r"[_\-.\s]+")


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
    """A value of JSON with every text in it filled. Raises Refused for what cannot be filled."""
    if isinstance(value, str):
        return _PIECE.sub(lambda piece: _filling(piece, values, field), value)
    if isinstance(value, list):
        return [filled(each, values, field) for each in value]
    if isinstance(value, dict):
        return {name: filled(each, values, field) for name, each in value.items()}
    return value


def _filling(piece: re.Match[str], values: Mapping[str, str], field: str) -> str:
    found = piece.group()
    if found in _BRACES:
        return _BRACES[found]
    name = piece.group(1)
    if name is not None and name.strip() in values:
        return values[name.strip()]
    allowed = ", ".join(f"{{{each}}}" for each in sorted(values))
    what = f"There is no {found} for this clip" if name is not None else f"A single {found}"
    raise Refused(
        Reason.INVALID_REQUEST,
        f"{what}; there are {allowed}, and {{{{ and }}}} for braces.",
        field=field,
        found=found,
        allowed=allowed,
    )
