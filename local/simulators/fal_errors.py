"""fal's error tables: request errors by type, and what each problem of the input is called.

After fal's documentation ("Errors", "Queue") and the refusals reported in its public issues.
"""

from collections.abc import Mapping
from typing import Any

from local.simulators.exchange import HttpReply, RefusedCall, json_reply
from local.simulators.footage import ProblemKind

DOCS_URL = "https://docs.fal.ai/errors"
LOCKED = "User is locked. Reason: "

ROWS: Mapping[str, tuple[int, Any]] = {
    "bad_request": (400, "Bad request"),
    "request_in_progress": (400, "Request is still in progress"),
    "downstream_service_error": (400, "Downstream service error"),
    "unauthorized": (401, "Authentication is required to access this application"),
    "payment_required": (402, "Payment required"),
    "locked_balance": (403, f"{LOCKED}Exhausted balance. Top up your balance."),
    "locked_top_up": (403, f"{LOCKED}TOP_UP."),
    "locked_admin": (403, f"{LOCKED}Admin lock. Please contact support@fal.ai"),
    "forbidden": (403, "Access denied"),
    "not_found": (404, "Application not found"),
    "content_policy_violation": (422, None),
    "file_download_error": (422, None),
    "file_too_large": (422, None),
    "video_duration_too_long": (422, None),
    "video_duration_too_short": (422, None),
    "unsupported_video_format": (422, None),
    "image_too_small": (422, None),
    "image_too_large": (422, None),
    "no_media_generated": (422, None),
    "concurrent_requests_limit": (429, "Too many concurrent requests"),
    "client_disconnected": (499, "Client disconnected"),
    "client_cancelled": (499, "Request was cancelled by the client"),
    "internal_server_error": (500, "Internal server error"),
    "downstream_service_unavailable": (500, "Downstream service unavailable"),
    "runner_server_error": (500, "Runner server error"),
    "internal_error": (500, "Internal error"),
    "runner_incomplete_response": (502, "Runner sent an incomplete response"),
    "runner_scheduling_failure": (503, "No runner could be scheduled"),
    "runner_connection_timeout": (503, "Runner connection timed out"),
    "runner_disconnected": (503, "Runner disconnected"),
    "runner_connection_refused": (503, "Runner connection refused"),
    "runner_connection_error": (503, "Runner connection error"),
    "generation_timeout": (504, "Generation timed out"),
    "request_timeout": (504, "Request timed out"),
    "startup_timeout": (504, "Startup timed out"),
}
"""Type → HTTP status and text; no text: a model error, whose `detail` is a list."""

BARE = frozenset({"unauthorized", "payment_required", "locked_balance", "locked_top_up"}) | {
    "locked_admin",
    "forbidden",
    "not_found",
    "request_in_progress",
}
"""Rows seen without `error_type`."""

REQUEST_ROWS = {
    "no_credit": "locked_balance",
    "no_key": "unauthorized",
    "bad_key": "unauthorized",
    "rate": "concurrent_requests_limit",
    "refused": "bad_request",
    "gone": "not_found",
    "not_found": "not_found",
    "unavailable": "runner_scheduling_failure",
    "internal": "internal_server_error",
    "in_progress": "request_in_progress",
    ProblemKind.CANCELLED: "client_cancelled",
}

TYPES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "moderation": ("content_policy_violation", {}),
    ProblemKind.MODERATION: ("content_policy_violation", {}),
    ProblemKind.GENERATION: ("no_media_generated", {}),
    ProblemKind.UNREACHABLE: ("file_download_error", {}),
    ProblemKind.TOO_LARGE: ("file_too_large", {"max_size": 209715200}),
    ProblemKind.TOO_LONG: ("video_duration_too_long", {"max_duration": 10.05}),
    ProblemKind.TOO_SHORT: ("video_duration_too_short", {"min_duration": 3.0}),
    ProblemKind.BAD_FORMAT: ("unsupported_video_format", {"supported_formats": [".mp4", ".mov"]}),
    ProblemKind.BAD_IMAGE: ("image_too_small", {"min_height": 300, "min_width": 300}),
    ProblemKind.MISSING: ("missing", {}),
    ProblemKind.UNKNOWN_FIELD: ("extra_forbidden", {}),
    ProblemKind.PROMPT_TOO_LONG: ("string_too_long", {"max_length": 2500}),
    ProblemKind.TOO_MANY_IMAGES: ("too_long", {"max_length": 4}),
}
"""Model errors: type and `ctx`; any other problem is a `value_error`."""


def error_type(refused: RefusedCall) -> str:
    """The word fal uses for a refusal."""
    if row := REQUEST_ROWS.get(refused.problem):
        return row
    return TYPES.get(refused.problem, ("value_error", {}))[0]


def row(code: str) -> HttpReply:
    """A row of the table by its type. Raises KeyError for an unknown one."""
    status, text = ROWS[code]
    if text is None:
        return detail_list(code, code.replace("_", " "), "video_url", {}, None)
    content = {"detail": text} if code in BARE else {"detail": text, "error_type": code}
    headers = {} if code in BARE else {"X-Fal-Error-Type": code}
    return json_reply(status, content, headers)


def refusal(refused: RefusedCall) -> HttpReply:
    """The reply for a refusal."""
    if code := REQUEST_ROWS.get(refused.problem):
        return row(code)
    kind, ctx = TYPES.get(refused.problem, ("value_error", {}))
    return detail_list(kind, refused.message, refused.field, ctx, refused.given)


def detail_list(
    kind: str, message: str, field: str | None, ctx: Mapping[str, Any], given: object
) -> HttpReply:
    """422 with one entry in `detail`."""
    entry = {
        "loc": ["body", field] if field else ["body"],
        "msg": message,
        "type": kind,
        "url": DOCS_URL,
        "ctx": ctx,
        "input": given,
    }
    retry = {"X-Fal-Retryable": "false", "X-Fal-Needs-Retry": "0", "X-Fal-Error-Type": kind}
    return json_reply(422, {"detail": [entry]}, retry)
