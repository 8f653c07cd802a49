"""Every refusal of the API in one shape: `application/problem+json` (RFC 9457) with a stable code.

The code is the word to program against: a Reason where the edit itself is at fault, one of CODES
otherwise. The sentence in `detail` is for people and may change.
"""

import re
from collections.abc import Mapping
from typing import Any

from retake.domain.edit import Edit
from retake.domain.errors import Misconfigured, Refused, RetakeError, Unavailable
from retake.domain.values import dataclass
from retake.records.allowance import UsedUp
from retake.records.batches import UnknownBatch
from retake.records.queries import UnknownEdit

CONTENT_TYPE = "application/problem+json"
# What the API itself says no with, beside the reasons of edits.
CODES: Mapping[str, int] = {
    "MALFORMED_BODY": 400,
    "INVALID_CURSOR": 400,
    "CALLER_UNKNOWN": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "IDEMPOTENCY_KEY_REUSED": 409,
    "STILL_OPEN": 409,
    "ALREADY_FINISHED": 409,
    "MAY_STILL_BE_BILLED": 409,
    "NOTHING_TO_REPEAT": 409,
    "NOTHING_TO_RECOVER": 409,
    "NO_VIDEO": 409,
    "NOTHING_ASKED": 409,
    "QUOTE_CHANGED": 409,
    "ALREADY_ANSWERED": 409,
    "NO_WEBHOOK": 409,
    "ERASED": 410,
    "BODY_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "INVALID_PARAMETER": 422,
    "TOO_MANY": 429,
    "MISCONFIGURED": 500,
    "INTERNAL_ERROR": 500,
    "UNAVAILABLE": 503,
}
TITLES: Mapping[int, str] = {
    400: "The request cannot be read",
    403: "This caller may not do it",
    404: "There is nothing here",
    405: "This cannot be done here",
    409: "The edit does not allow it now",
    410: "What was here is erased",
    413: "The request is too large",
    415: "The request is in another format",
    422: "The request cannot be honoured",
    429: "Too much is asked for in one minute",
    500: "The stack is at fault",
    503: "The stack cannot answer now",
}


class Problem(RetakeError):
    """A request that is not honoured, with its code from CODES."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        found: Any = None,
        allowed: Any = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.field = field
        self.found = found
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the problem as it is sent."""

    status: int
    body: Mapping[str, Any]


def answer_for(error: Exception, request_id: str) -> Answer:
    """What the caller is told of an error: never a trace, never a word of an unknown one."""
    status, code = _named(error)
    detail = str(error) if isinstance(error, RetakeError) else "The log of the API says more."
    told = {
        "type": f"urn:retake:problem:{code.lower().replace('_', '-')}",
        "title": TITLES[status],
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id,
    }
    for name in ("field", "found", "allowed"):
        value = getattr(error, name, None)
        if value is not None:
            told[name] = value
    return Answer(status, told)


def _named(error: Exception) -> tuple[int, str]:
    if isinstance(error, Problem):
        return CODES[error.code], error.code
    if isinstance(error, Refused):
        return 422, error.reason.value
    for kind, code in _OTHERS.items():
        if isinstance(error, kind):
            return CODES[code], code
    return CODES["INTERNAL_ERROR"], "INTERNAL_ERROR"


_OTHERS: Mapping[type[Exception], str] = {
    UnknownEdit: "NOT_FOUND",
    UnknownBatch: "NOT_FOUND",
    UsedUp: "TOO_MANY",
    Unavailable: "UNAVAILABLE",
    Misconfigured: "MISCONFIGURED",
}


def no_such_edit(edit_id: str) -> UnknownEdit:
    """The same words for an id that is unknown and for one that could not be any."""
    shown = edit_id if re.fullmatch(r"[\w.-]{1,64}", edit_id, re.ASCII) else "of this id"
    return UnknownEdit(f"There is no edit {shown}.")


def check_not_erased(edit: Edit) -> None:
    """Raises Problem for an edit that is erased, or about to be."""
    if edit.erase_asked_at is not None:
        raise Problem(
            "ERASED",
            f"{edit.edit_id} was erased on request; its record says what became of it.",
        )
