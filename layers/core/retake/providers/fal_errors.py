"""fal's errors: of the request, which have a text, and of the model, which have a list.

Sources: fal's documentation ('Errors', 'Queue'); rows marked (client) come from the published
clients, rows marked (issues) from fal's public issue tracker.
"""

from collections.abc import Mapping
from typing import Any

from retake.providers.answer_parsing import text
from retake.providers.contract import Verdict
from retake.providers.error_table import FIVE_HUNDREDS, ErrorBody, Row

MODERATION = "content_policy_violation"

_KEY_AND_RATE = (
    Row(statuses=(401,), whatever_the_body=True, verdict=Verdict.BAD_KEY),
    Row(statuses=(429,), whatever_the_body=True, verdict=Verdict.RATE_LIMITED),
)
SUBMIT_ERRORS = (
    Row(statuses=(400,), words=("bad_request",), verdict=Verdict.REFUSED),
    Row(statuses=(401,), verdict=Verdict.BAD_KEY),
    Row(statuses=(402,), whatever_the_body=True, verdict=Verdict.NO_CREDIT),
    Row(
        statuses=(403,),
        # "User is locked. Reason: ..." (issues); an admin's lock does not go with a top-up.
        phrases=("exhausted balance", "top_up", "admin lock"),
        verdict=Verdict.NO_CREDIT,
    ),
    Row(statuses=(403,), verdict=Verdict.REFUSED),
    Row(statuses=(404,), verdict=Verdict.GONE),
    Row(statuses=(422,), words=(MODERATION,), verdict=Verdict.MODERATION),
    # Not every endpoint follows the format of types yet: a 422 is about the input anyway.
    Row(statuses=(422,), verdict=Verdict.REFUSED),
    Row(statuses=(429,), whatever_the_body=True, verdict=Verdict.RATE_LIMITED),
)
# The answer of `status_url`: a 5xx here is the queue's trouble, not the task's.
STATUS_ERRORS = (
    *_KEY_AND_RATE,
    Row(statuses=(404,), verdict=Verdict.LOST),
)
# The answer of `response_url`, once the status says COMPLETED.
RESULT_ERRORS = (
    *_KEY_AND_RATE,
    Row(statuses=(400,), phrases=("still in progress",), verdict=Verdict.TRANSIENT),  # (client)
    Row(statuses=(404,), verdict=Verdict.LOST),
    Row(statuses=(422,), words=(MODERATION,), verdict=Verdict.MODERATION),
    # In fal's own form these are the model's failure; nginx's pages (client) are not in it and
    # say nothing about the task.
    Row(statuses=(400, 422, 499, *FIVE_HUNDREDS), verdict=Verdict.FAILED),
)


def complaint_in(answer: Any, headers: Mapping[str, str] | None = None) -> ErrorBody | None:
    """What an answer complains of; None when it is not in fal's form."""
    if not isinstance(answer, dict):
        return None
    named = headers or {}
    detail = answer.get("detail")
    items = [i for i in detail if isinstance(i, dict)] if isinstance(detail, list) else []
    types = _texts(answer.get("error_type"), *(item.get("type") for item in items))
    words = (*types, *_texts(named.get("x-fal-error-type"), answer.get("status")))
    said = _texts(detail, answer.get("error"), *(item.get("msg") for item in items))
    if not words and not said:
        return None
    # One page names the hint x-fal-needs-retry, another x-fal-retryable.
    hints = {named.get("x-fal-needs-retry"), named.get("x-fal-retryable")}
    hint = "fal says that another try may help" if hints & {"1", "true"} else ""
    return ErrorBody(words, ": ".join(_texts(*types[:1], *said, hint)))


def _texts(*values: object) -> tuple[str, ...]:
    return tuple(filter(None, map(text, values)))
