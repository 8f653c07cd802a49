"""One JSON object out of bytes that anybody may have written."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from retake.domain.budget import MAX_NESTING, is_nested_deeper
from retake.domain.errors import Refused
from retake.domain.vocabulary import Reason


def object_from_json(body: bytes | str) -> dict[str, Any]:
    """One JSON object without doubled names or NaN, of sane depth, all text. Raises Refused."""
    too_deep = f"it is nested more than {MAX_NESTING} levels deep"
    try:
        fields = json.loads(body, object_pairs_hook=_once_each, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        said = str(error) if not isinstance(error, RecursionError) else too_deep
        raise _not_an_object(said) from None
    if is_nested_deeper(fields):
        raise _not_an_object(too_deep)
    if not isinstance(fields, dict):
        raise _not_an_object(f"it is a {type(fields).__name__}")
    check_text(fields)
    return fields


def check_text(fields: Mapping[str, Any]) -> None:
    """Hold that every name and value is text that can be stored and sent. Raises Refused, which
    names the field: JSON and metadata can both spell half of a surrogate pair, which is none."""
    for name, value in fields.items():
        half = next((found for each in (name, value) if (found := _half_in(each))), None)
        if half is not None:
            raise Refused(
                Reason.INVALID_REQUEST,
                f"The field '{name}' contains the character U+{ord(half):04X}, which is half of "
                "one and cannot be sent.",
                field=name.encode("utf-8", "backslashreplace").decode(),
                found=f"U+{ord(half):04X}",
                allowed="text in Unicode",
            )


def _half_in(value: Any) -> str | None:
    if isinstance(value, str):
        return next((char for char in value if "\ud800" <= char <= "\udfff"), None)
    parts: Iterable[Any] = ()
    if isinstance(value, dict):
        parts = (*value, *value.values())
    elif isinstance(value, list | tuple):
        parts = value
    return next((half for each in parts if (half := _half_in(each))), None)


def _not_an_object(said: str) -> Refused:
    return Refused(
        Reason.INVALID_REQUEST,
        f"The request is not a JSON object: {said[:200]}.",
        field="request",
        found=said[:200],
        allowed="one JSON object in UTF-8",
    )


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a name stands in it twice")
    return fields


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")
