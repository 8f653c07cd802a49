"""Reading a request: from an object's metadata, or from JSON, into one validated Request."""

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from email.errors import MessageError
from email.header import decode_header, make_header
from typing import Any
from urllib.parse import unquote

from pydantic import TypeAdapter, ValidationError

from retake.domain.budget import MAX_NESTING, is_nested_deeper, size_of
from retake.domain.edit import Request
from retake.domain.errors import Refused
from retake.domain.vocabulary import Reason

# The names an upload's metadata may use, after x-amz-meta-; on the record `-` is `_`.
METADATA_NAMES = (
    "prompt",
    "prompts",
    "model",
    "models",
    "operation",
    "images",
    "keep-audio",
    "aspect-ratio",
    "duration-seconds",
    "fast",
    "fit",
)
PROMPT_FIELDS = ("prompt", "prompts")  # each of them says what to change
REQUEST_BYTES = 64 * 1024
# What one edit keeps of it on its record: the longest prompt that any model takes (5,000
# characters of up to four bytes), and the keys of its pictures.
PROMPT_BYTES, KEYS_BYTES = 20_000, 8 * 1024
MAX_SECONDS = 24 * 3600  # more than any model makes
_MARK = "utf-8''"  # RFC 8187: an extended value, percent-encoded

_read_request = TypeAdapter(Request).validate_python


def parse_request(fields: Mapping[str, Any]) -> Request:
    """A validated request. Raises Refused naming the field, what was found and what is allowed."""
    check_prompt(fields)
    try:
        request = _read_request(dict(fields))
    except ValidationError as error:
        raise refusal(error.errors(include_url=False)[0], fields) from None
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

    Names Retake does not know are left alone, because tools put their own there.
    """
    fields: dict[str, Any] = {}
    for name in METADATA_NAMES:
        if name in metadata:
            value = decode_metadata(metadata[name])
            read = _READERS.get(name)
            fields[name.replace("-", "_")] = read(value) if read else value
    return fields


def remarks_on_metadata(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """A warning for each name that looks like a misspelt field."""
    warnings = []
    for name in sorted(set(metadata) - set(METADATA_NAMES)):
        near = difflib.get_close_matches(name, METADATA_NAMES, n=1, cutoff=0.75)
        if near:
            warnings.append(f"The metadata field '{name}' was ignored; did you mean '{near[0]}'?")
    return tuple(warnings)


def decode_metadata(value: str) -> str:
    """The text a metadata value stands for.

    Metadata travels in HTTP headers, which are ASCII. Four ways of carrying other letters are
    understood: RFC 2047 words (which S3 itself answers with for UTF-8 metadata), the RFC 8187
    form `UTF-8''percent-encoded`, raw UTF-8 that a client read as Latin-1, and plain UTF-8.
    """
    if value.lower().startswith(_MARK):
        return unquote(value[len(_MARK) :], errors="replace")
    if "=?" in value:
        try:
            return str(make_header(decode_header(value)))
        except (MessageError, LookupError, ValueError):
            return value
    if any("\x80" <= char <= "\xff" for char in value):
        try:
            return value.encode("latin-1").decode("utf-8")
        except UnicodeError:
            return value
    return value


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
    "images": _as_list,
    "models": _as_list,
    "prompts": _as_json,
}


def refusal(
    problem: Mapping[str, Any], fields: Mapping[str, Any], known: Sequence[str] | None = None
) -> Refused:
    """What pydantic found wrong with some fields, as a refusal; `known` are those there are."""
    known = list(Request.__dataclass_fields__) if known is None else known
    path = ".".join(str(step) for step in problem["loc"]) or "request"
    top = str(problem["loc"][0]) if problem["loc"] else ""
    if problem["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        allowed = ", ".join(known)
        near = difflib.get_close_matches(top, known, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        return Refused(
            Reason.INVALID_REQUEST,
            f"'{path}' is not a field of a request.{hint}",
            field=path,
            found=path,
            allowed=allowed,
        )
    found = str(fields.get(top, "nothing"))[:200]
    return Refused(
        Reason.INVALID_REQUEST,
        f"The field '{path}' is not valid: found {found!r}; {problem['msg'].lower()}.",
        field=path,
        found=found,
        allowed=problem["msg"],
    )


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
    return char >= " " and char != "\x7f" and not "\ud800" <= char <= "\udfff"


def object_from_json(body: bytes | str) -> dict[str, Any]:
    """One JSON object without doubled names or NaN, of sane depth. Raises Refused."""
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
    return fields


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
