"""Request bodies checked against a table of fields, as a provider's schema would."""

import ipaddress
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from local.simulators.exchange import RefusedCall
from local.simulators.footage import ProblemKind

URL_MAX_CHARS = 16_384


@dataclass(frozen=True)
class Field:
    """One field: `check` returns a complaint for a value it does not take."""

    check: Callable[[Any], str | None]
    required: bool = False
    default: Any = None


def read_object(body: bytes) -> dict[str, Any]:
    """Parse a JSON object. Raises Refused."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedCall(ProblemKind.INVALID, "Request body is not valid JSON") from error
    if not isinstance(content, dict):
        raise RefusedCall(ProblemKind.INVALID, "Request body must be a JSON object")
    return content


def examine(
    content: Mapping[str, Any], fields: Mapping[str, Field], strict: bool
) -> dict[str, Any]:
    """The values of all fields, defaults filled in. Raises Refused for the first that is wrong."""
    for name in content:
        if strict and name not in fields:
            raise RefusedCall(
                ProblemKind.UNKNOWN_FIELD, f"unknown field {name}", name, content[name]
            )
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if content.get(name) is None:
            if field.required:
                raise RefusedCall(ProblemKind.MISSING, f"{name} is required", name)
            values[name] = field.default
            continue
        if complaint := field.check(content[name]):
            raise RefusedCall(ProblemKind.INVALID, f"{name} {complaint}", name, content[name])
        values[name] = content[name]
    return values


def text(value: Any) -> str | None:
    """A string that is not blank."""
    if not isinstance(value, str):
        return "must be a string"
    return None if value.strip() else "must not be empty"


def flag(value: Any) -> str | None:
    """A boolean."""
    return None if isinstance(value, bool) else "must be a boolean"


def url(value: Any) -> str | None:
    """An http(s) URL."""
    if not isinstance(value, str) or len(value) > URL_MAX_CHARS:
        return "must be a URL"
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        known = False
    return None if known else "must be a valid URL"


def public_https(value: Any) -> str | None:
    """An https URL whose host is no private address, as far as its text tells."""
    parts = urlsplit(value)
    host = parts.hostname or ""
    try:
        is_public = ipaddress.ip_address(host).is_global
    except ValueError:
        is_public = host != "localhost"
    if parts.scheme != "https":
        return "must use HTTPS"
    return None if is_public else "must not point to an internal address"


def url_or_data(value: Any) -> str | None:
    """An http(s) URL or a data URI."""
    is_data = isinstance(value, str) and value.startswith("data:")
    return None if is_data else url(value)


def urls(least: int, most: int) -> Callable[[Any], str | None]:
    """A list of URLs of a limited length."""

    def check(value: Any) -> str | None:
        if not isinstance(value, list):
            return "must be a list"
        if not least <= len(value) <= most:
            return f"must hold {least} to {most} items"
        return next((complaint for item in value if (complaint := url(item))), None)

    return check


def one_of(*words: Any) -> Callable[[Any], str | None]:
    """One of some values, of the same type."""

    def check(value: Any) -> str | None:
        known = any(type(value) is type(word) and value == word for word in words)
        return None if known else f"must be one of {', '.join(str(word) for word in words)}"

    return check


def anything(value: Any) -> str | None:
    """Whatever it is."""
    return None
