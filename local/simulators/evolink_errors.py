"""EvoLink's error tables: HTTP errors by code, and what each problem is called.

After EvoLink's API manual (error codes) and the words its clients look for.
"""

from collections.abc import Mapping

from local.simulators.footage import ProblemKind

ROWS = {
    "invalid_request_error": (400, "invalid_request_error"),
    "invalid_parameters": (400, "invalid_request_error"),
    "invalid_task_id": (400, "invalid_request_error"),
    "content_policy_violation": (400, "invalid_request_error"),
    "content_filter": (400, "invalid_request_error"),
    "sensitive_content": (400, "invalid_request_error"),
    "moderation_blocked": (400, "invalid_request_error"),
    "input_moderation_failed": (400, "invalid_request_error"),
    "unauthorized": (401, "authentication_error"),
    "key_expired": (401, "authentication_error"),
    "key_disabled": (403, "authentication_error"),
    "user_disabled": (403, "authentication_error"),
    "insufficient_quota": (402, "insufficient_quota_error"),
    "quota_exceeded": (402, "insufficient_quota_error"),
    "insufficient_user_quota": (402, "insufficient_quota_error"),
    "quota_not_enough": (402, "insufficient_quota_error"),
    "account_balance_insufficient": (402, "insufficient_quota_error"),
    "insufficient_token_quota": (403, "insufficient_quota_error"),
    "key_quota_exhausted": (403, "insufficient_quota_error"),
    "token_daily_quota_exceeded": (429, "insufficient_quota_error"),
    "key_daily_quota_exhausted": (429, "insufficient_quota_error"),
    "permission_denied": (403, "permission_error"),
    "model_access_denied": (403, "permission_error"),
    "key_model_not_allowed": (403, "permission_error"),
    "model_not_found": (404, "not_found_error"),
    "task_not_found": (404, "not_found_error"),
    "request_too_large": (413, "request_too_large_error"),
    "rate_limit_exceeded": (429, "rate_limit_error"),
    "idempotency_conflict": (409, "invalid_request_error"),
    "paid_outcome_unknown": (500, "api_error"),
    "internal_error": (500, "api_error"),
    "internal_server_error": (500, "api_error"),
    "upstream_error": (502, "api_error"),
    "service_unavailable": (503, "api_error"),
    "no_available_channel": (503, "api_error"),
    "model_unavailable": (503, "api_error"),
    "channel_selection_failed": (503, "api_error"),
}
"""Code → HTTP status and type."""

PROBLEM_ROWS: Mapping[str, str] = {
    "no_credit": "insufficient_quota",
    "no_key": "unauthorized",
    "bad_key": "unauthorized",
    "moderation": "content_policy_violation",
    ProblemKind.MODERATION: "content_policy_violation",
    "rate": "rate_limit_exceeded",
    "gone": "model_not_found",
    "no_model": "model_not_found",
    "not_found": "task_not_found",
    "unavailable": "service_unavailable",
    "internal": "internal_error",
    "idempotency_conflict": "idempotency_conflict",
}
"""Refusals whose code is not `invalid_parameters`."""

TASK_CODES: Mapping[str, str] = {
    ProblemKind.MODERATION: "content_policy_violation",
    ProblemKind.GENERATION: "generation_failed_no_content",
    ProblemKind.BAD_IMAGE: "image_processing_error",
    ProblemKind.UNREACHABLE: "resource_not_found",
    ProblemKind.CANCELLED: "request_cancelled",
}
"""What ends a task, where it is not `invalid_parameters`."""
