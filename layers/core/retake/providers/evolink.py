"""EvoLink: kling-o1-video-edit and its fast variant.

Sources: EvoLink's API manual (the model's two pages, task detail, error codes); rows marked (cli)
come from EvoLink's public command line and MCP clients, which know more words than the manual.
"""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from retake.domain.prompt_references import in_form
from retake.providers.answer_parsing import (
    clamped_percent,
    cleaned,
    only,
    part,
    text,
    video_link,
    whole_seconds,
)
from retake.providers.base import Provider
from retake.providers.callbacks import Callback, callback_about, object_in
from retake.providers.contract import Order, Report, Task, Verdict
from retake.providers.error_table import FIVE_HUNDREDS, FOUR_HUNDREDS, ErrorBody, Row

STATUSES = {
    "pending": Verdict.RUNNING,
    "processing": Verdict.RUNNING,
    "completed": Verdict.SUCCEEDED,
    "failed": Verdict.FAILED,
    # Not in the enumeration, but in the callback's text and in the (cli): it ends a task too.
    "cancelled": Verdict.FAILED,
}
MODERATION_WORDS = (
    "content_policy_violation",
    "content_filter",
    "sensitive_content",
    "moderation_blocked",
    "input_moderation_failed",
)
_ANY = (*FOUR_HUNDREDS, *FIVE_HUNDREDS)

_SHARED = (
    Row(statuses=FOUR_HUNDREDS, words=MODERATION_WORDS, verdict=Verdict.MODERATION),
    Row(
        statuses=_ANY,
        words=("key_expired", "key_disabled", "user_disabled"),  # (cli)
        verdict=Verdict.BAD_KEY,
    ),
)


class EvoLink(Provider):
    """One route for both variants; the fast one is another model name."""

    name: ClassVar[str] = "evolink"
    keeps: ClassVar[str] = (
        "Its links to results end after 24 hours; how long it keeps requests is not documented."
    )
    # The page's `code` is an integer, the task API's a word, and clients look at `type` as well:
    # a row holds when any of them says its word.
    submit_errors: ClassVar[tuple[Row, ...]] = (
        # Whatever else such an answer says: the order may stand (cli).
        Row(
            statuses=_ANY,
            words=("paid_outcome_unknown", "idempotency_conflict"),
            verdict=Verdict.AMBIGUOUS,
        ),
        *_SHARED,
        Row(statuses=(401,), verdict=Verdict.BAD_KEY),
        # The key's own quota or its daily one (cli). Some come as 429, so they stand before it.
        Row(
            statuses=_ANY,
            words=(
                "insufficient_token_quota",
                "key_quota_exhausted",
                "token_daily_quota_exceeded",
                "key_daily_quota_exhausted",
            ),
            verdict=Verdict.NO_CREDIT,
        ),
        # `quota_exceeded` means the account only here: in a task it is EvoLink's own quota.
        Row(
            statuses=(402,),
            words=(
                "insufficient_quota",
                "insufficient_quota_error",
                "quota_exceeded",
                "insufficient_user_quota",
                "quota_not_enough",
                "account_balance_insufficient",
            ),
            verdict=Verdict.NO_CREDIT,
        ),
        Row(
            statuses=(400,),
            words=("invalid_request_error", "400", "invalid_parameters"),
            verdict=Verdict.REFUSED,
        ),
        Row(
            statuses=(403,),
            words=("permission_denied", "model_access_denied", "key_model_not_allowed"),
            verdict=Verdict.REFUSED,
        ),
        Row(
            statuses=(404,),
            words=("task_not_found", "not_found_error"),
            verdict=Verdict.GONE,
        ),
        Row(statuses=(413,), words=("request_too_large_error",), verdict=Verdict.REFUSED),
        Row(statuses=(429,), whatever_the_body=True, verdict=Verdict.RATE_LIMITED),
    )
    poll_errors: ClassVar[tuple[Row, ...]] = (
        *_SHARED,
        Row(statuses=(401,), whatever_the_body=True, verdict=Verdict.BAD_KEY),
        Row(statuses=(400,), words=("invalid_task_id",), verdict=Verdict.REFUSED),
        Row(statuses=(404,), words=("task_not_found", "not_found_error"), verdict=Verdict.LOST),
        Row(statuses=(429,), whatever_the_body=True, verdict=Verdict.RATE_LIMITED),
    )

    def request_for(self, order: Order) -> tuple[str, dict[str, Any]]:
        body: dict[str, Any] = {
            "model": order.model.variant(fast=order.fast).provider_model,
            "prompt": in_form(order.prompt, order.model.reference_form),
            "video_urls": [order.video_url],
            "keep_original_sound": order.keep_audio,
        }
        if order.image_urls:  # an empty list is refused: minItems is 1
            body["image_urls"] = list(order.image_urls)
        if order.callback_url is not None:
            body["callback_url"] = order.callback_url
        return "/v1/videos/generations", body

    def submit_headers(self, order: Order) -> dict[str, str]:
        # The (cli) sends it on paid requests; no document promises that it does anything, so
        # nothing here counts on it: an unanswered submit is still never sent again.
        return {"idempotency-key": order.idempotency_key} if order.idempotency_key else {}

    def task_in(self, answer: Mapping[str, Any]) -> Task | None:
        task_id = answer.get("id")
        return Task(task_id=task_id) if isinstance(task_id, str) else None

    def poll(self, task: Task) -> Report:
        answer = self.ask(f"{self._base_url}/v1/tasks/{quote(task.task_id, safe='')}")
        return answer if isinstance(answer, Report) else read_report(answer)

    def complaint_in(self, answer: Any, headers: Mapping[str, str]) -> ErrorBody | None:
        if not isinstance(answer, dict):
            return None
        if isinstance(answer.get("error"), dict):
            return _complaint(answer["error"], "message")
        # The files API's envelope (cli): {"success": false, "code": ..., "msg": ...}.
        return _complaint(answer, "msg") if answer.get("success") is False else None

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """The same object that a poll answers with. EvoLink signs nothing."""
        task = object_in(body)
        return callback_about(task.get("id"), read_report(task))


def read_report(answer: Mapping[str, Any]) -> Report:
    """The task object that both the poll and the callback carry."""
    if "status" not in answer:
        return Report(verdict=Verdict.TRANSIENT, detail="The answer holds no status.")
    status = text(answer.get("status"))
    verdict = STATUSES.get(status, Verdict.RUNNING)
    complaint = _complaint(part(answer, "error"), "message")
    if verdict is Verdict.FAILED and any(
        word.casefold() in MODERATION_WORDS for word in complaint.words
    ):
        verdict = Verdict.MODERATION
    return Report(
        verdict=verdict,
        provider_status=cleaned(status),
        progress_percent=clamped_percent(answer.get("progress")),
        eta_seconds=whole_seconds(part(answer, "task_info").get("estimated_time")),
        video_url=_video_in(answer) if verdict is Verdict.SUCCEEDED else None,
        detail=cleaned(complaint.text),
    )


def _complaint(error: Mapping[str, Any], message: str) -> ErrorBody:
    words = tuple(
        str(error[name])
        for name in ("code", "type")
        if isinstance(error.get(name), str | int) and not isinstance(error[name], bool)
    )
    said = [*words[:1], text(error.get(message))]
    return ErrorBody(words, ": ".join(part for part in said if part))


def _video_in(answer: Mapping[str, Any]) -> str | None:
    """The one link. The manual lists strings; the (cli) copes with objects and `result_data`."""
    results = answer.get("results") or answer.get("result_data")
    if not isinstance(results, list):
        return None
    return only([video_link(_link_of(result)) for result in results])


def _link_of(result: object) -> object:
    if isinstance(result, dict):
        return result.get("video_url") or result.get("url")
    return result
