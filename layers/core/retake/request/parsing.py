"""Reading a request: from an object's metadata, or from JSON, into one validated Request."""

import json
import re
from collections.abc import Callable, Mapping
from email.errors import MessageError
from email.header import Header, decode_header
from typing import Any
from urllib.parse import unquote, unquote_plus

from retake.catalog.models import MODELS
from retake.domain.budget import is_nested_deeper, size_of
from retake.domain.errors import Refused, shortened
from retake.domain.patterns import pattern
from retake.domain.request import Request
from retake.domain.spelling import closest, in_any_case
from retake.domain.vocabulary import Fit, Operation, Priority, Reason
from retake.request.json_object import check_text
from retake.request.reading import WrongValue, read_request
from retake.request.wrong_fields import refusal, unknown_field

# The names an upload's metadata may use, after x-amz-meta-; on the record `-` is `_`.
METADATA_NAMES = (
    "prompt",
    "prompts",
    "model",
    "models",
    "operation",
    "images",
    "elements",
    "keep-audio",
    "aspect-ratio",
    "duration-seconds",
    "resolution",
    "fast",
    "fit",
    "consistency",
    "anchor-image",
    "overlap-frames",
    "if-piece-fails",
    "piece-messages",
    "priority",
    "approve",
    "reuse",
    "tags",
    "reference",
    "webhook-url",
)
# Fields that are one word of a closed list, which is read in any case.
WORDS: Mapping[str, Callable[[Any], Any]] = {
    "operation": in_any_case(Operation),
    "fit": in_any_case(Fit),
    "priority": in_any_case(Priority),
    "model": in_any_case(MODELS),
}
# Those of a document, on the record, and in the API.
FIELDS = (
    *Request.__dataclass_fields__,
    *("prompts", "models", "tags", "reference", "webhook_url"),
)
# Names that tools put on everything they upload (s3fs, goofys), however near they come.
OTHER_TOOLS = frozenset({"mode"})
PROMPT_FIELDS = ("prompt", "prompts")  # each of them says what to change
# What one edit keeps of it on its record: the longest prompt that any model takes (5,000
# characters of up to four bytes), and the keys of its pictures.
PROMPT_BYTES, KEYS_BYTES = 20_000, 8 * 1024
MAX_SECONDS = 24 * 3600  # more than any model makes
# RFC 8187: an extended value, percent-encoded, with a language or without.
_EXTENDED = pattern(r"utf-8'[a-z0-9-]{0,35}'", re.IGNORECASE)
# An SDK that is given whole header names writes the prefix before them once more.
_PREFIX = pattern(r"^(x-)?amz-meta-|^meta-", re.IGNORECASE)
_ESCAPED_LETTER = pattern(r"(%[89A-F][0-9A-F]){2,}", re.IGNORECASE)
_ESCAPED = pattern(r"(?:[^%\s]|%[0-9A-F]{2})*%20(?:[^%\s]|%[0-9A-F]{2})*", re.IGNORECASE)
# As forms are encoded (application/x-www-form-urlencoded): `+` for the spaces between words.
_FORM = pattern(
    r"(?=.*%([2-3C-F][0-9A-F]))(?=.*[^\W\d]\+[^\W\d])(?:[^%\s]|%[0-9A-F]{2})+", re.IGNORECASE
)


def parse_request(fields: Mapping[str, Any]) -> Request:
    """A validated request. Raises Refused naming the field, what was found and what is allowed."""
    fields = {**fields, "prompt": _with_line_ends(fields.get("prompt"))}
    fields |= {name: read(fields[name]) for name, read in WORDS.items() if name in fields}
    check_prompt(fields)
    try:
        request = read_request(fields)
    except WrongValue as wrong:
        raise refusal(wrong.problem, fields, FIELDS) from None
    seconds = request.duration_seconds
    if seconds is not None and not 0 < seconds <= MAX_SECONDS:
        # What one model takes is the catalog's matter; this is what a record can hold.
        raise Refused(
            Reason.INVALID_REQUEST,
            f"The field 'duration_seconds' is not valid: found {seconds}.",
            field="duration_seconds",
            found=seconds,
            allowed=f"a whole number of 1 to {MAX_SECONDS}",
        )
    _check_size(request)
    return request


def _check_size(request: Request) -> None:
    said = request.to_mapping()
    size = len(said.pop("prompt").encode())
    if size > PROMPT_BYTES:
        raise Refused(
            Reason.PROMPT_TOO_LONG,
            f"The prompt has {size:,} bytes; no model takes more than {PROMPT_BYTES:,}.",
            field="prompt",
            found=size,
            allowed=PROMPT_BYTES,
        )
    if size_of(said) > KEYS_BYTES:
        longest = max(said, key=lambda name: size_of(said[name]))
        raise Refused(
            Reason.INVALID_REQUEST,
            f"The request has {size_of(said):,} bytes beside its prompt; {KEYS_BYTES:,} are "
            f"allowed. Most of them are in '{longest}'.",
            field=longest,
            found=size_of(said),
            allowed=KEYS_BYTES,
        )


def _with_line_ends(prompt: Any) -> Any:
    """A text with the line ends of every system as one."""
    return re.sub(r"\r\n?", "\n", prompt) if isinstance(prompt, str) else prompt


def check_prompt(fields: Mapping[str, Any]) -> None:
    """Refuse a request without a prompt, or with characters that cannot be sent."""
    prompt = fields.get("prompt")
    if prompt is None or (isinstance(prompt, str) and not prompt.strip()):
        raise Refused(
            Reason.MISSING_PROMPT,
            "There is no prompt: say in the field 'prompt' what to change.",
            field="prompt",
            allowed="a text of at least one character",
        )
    if isinstance(prompt, str):
        _check_characters(prompt)


def says_prompt(fields: Mapping[str, Any]) -> bool:
    """Whether some fields say what to change; what is wrong with how is for `parse_request`."""
    said = [fields.get(name) for name in PROMPT_FIELDS]
    return any(each.strip() if isinstance(each, str) else each for each in said)


def fields_of_metadata(metadata: Mapping[str, str]) -> dict[str, Any]:
    """What an object's metadata asks for, not yet held against the model of a request.

    Names that are far from all of ours are left alone, because tools put their own there. Raises
    Refused for one that is nearly ours, as it would be billed without what it asks for.
    """
    fields: dict[str, Any] = {}
    for name in sorted(metadata):
        known = name.replace("_", "-")
        if known in METADATA_NAMES:
            value = decode_metadata(metadata[name])
            read = _READERS.get(known)
            _put(fields, known.replace("-", "_"), read(value) if read else value)
        elif near := nearly_ours(name):
            raise unknown_field(f"x-amz-meta-{name}", METADATA_NAMES, near)
    check_text(fields)
    return fields


def metadata_is_ours(metadata: Mapping[str, str]) -> bool:
    """Whether some name of it is a field, or nearly one."""
    return any(name.replace("_", "-") in METADATA_NAMES or nearly_ours(name) for name in metadata)


def nearly_ours(name: str) -> str | None:
    """The field that a name of the metadata was probably meant to be, if any."""
    if name in OTHER_TOOLS:
        return None
    return closest(_PREFIX.sub("", name), METADATA_NAMES)


def is_foreign(fields: Mapping[str, Any]) -> bool:
    """Whether a document is another program's: it holds no field of ours, nor nearly one."""
    return bool(fields) and not any(
        name in FIELDS or closest(name, FIELDS) for name in map(str, fields)
    )


def in_our_spelling(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a document, `keep-audio` read as `keep_audio`. Raises Refused for others."""
    read: dict[str, Any] = {}
    for name, value in fields.items():
        known = name.replace("-", "_")
        if known not in FIELDS:
            raise unknown_field(name, FIELDS, closest(name, FIELDS))
        _put(read, known, value)
    return read


def _put(fields: dict[str, Any], name: str, value: Any) -> None:
    if name in fields and fields[name] != value:
        raise Refused(
            Reason.INVALID_REQUEST,
            f"The field '{name}' stands there twice, with different values.",
            field=name,
            found=shortened(value),
            allowed="one value",
        )
    fields[name] = value


def decode_metadata(value: str) -> str:
    """The text a metadata value stands for.

    Metadata travels in HTTP headers, which are ASCII. Five ways of carrying other letters are
    understood: RFC 2047 words (which S3 itself answers with for UTF-8 metadata), the RFC 8187
    form `UTF-8'es'percent-encoded`, percent-encoding alone, raw UTF-8 that a client read as
    Latin-1, and plain UTF-8.
    """
    if mark := _EXTENDED.match(value):
        return unquote(value[mark.end() :], errors="replace")
    if _FORM.fullmatch(value) and not _ESCAPED.fullmatch(value):
        return unquote_plus(value, errors="replace")
    # No white space but %20, or the bytes of a letter: nobody means that literally.
    if _ESCAPED.fullmatch(value) or _is_utf8(value):
        return unquote(value, errors="replace")
    if "=?" in value:
        try:
            return _read_words(value)
        except (MessageError, LookupError, ValueError):
            return value
    if any("\x80" <= char <= "\xff" for char in value):
        try:
            return value.encode("latin-1").decode("utf-8")
        except UnicodeError:
            return value
    return value


def _read_words(value: str) -> str:
    """A text with RFC 2047 words in it. Raises MessageError, LookupError and ValueError."""
    header = Header()
    for part, charset in decode_header(value):
        header.append(part, charset, errors="replace" if charset else "strict")
    return str(header)


def _is_utf8(value: str) -> bool:
    found = [each.group() for each in _ESCAPED_LETTER.finditer(value)]
    try:
        return bool(found) and all(unquote(each, errors="strict") for each in found)
    except UnicodeDecodeError:
        return False


def _as_list(value: str) -> list[Any]:
    """A JSON list, or names between commas."""
    if value.lstrip().startswith("["):
        read = _as_json(value)
        return read if isinstance(read, list) else [value]
    return [part.strip() for part in value.split(",") if part.strip()]


def _as_json(value: str) -> Any:
    """A JSON list, or the text as it is: prompts hold commas."""
    try:
        read = json.loads(value) if value.lstrip().startswith("[") else value
    except (ValueError, RecursionError):
        return value
    return value if is_nested_deeper(read) else read


# How a field of the metadata becomes a list.
_READERS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("images", "models", "tags"), _as_list),
    "prompts": _as_json,
    "elements": _as_json,
}


def _check_characters(prompt: str) -> None:
    bad = next((c for c in prompt if c != "\n" and c != "\t" and not _sendable(c)), None)
    if bad is not None:
        raise Refused(
            Reason.INVALID_REQUEST,
            f"The prompt contains the character U+{ord(bad):04X}, which cannot be sent.",
            field="prompt",
            found=f"U+{ord(bad):04X}",
            allowed="letters, digits, punctuation, symbols and line ends",
        )


def _sendable(char: str) -> bool:
    """U+FFFD stands where a letter was lost on the way."""
    return char >= " " and char not in "\x7f\ufffd" and not "\ud800" <= char <= "\udfff"
