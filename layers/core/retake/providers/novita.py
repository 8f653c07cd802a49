"""Novita: Kling-O1 video edit and Kling-O1 reference video generation.

Sources: Novita's API reference pages for both models, 'Task Result', 'Webhook' and 'Basic Error
Code'; rows marked (sister) come from the same platform's other hosts.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from retake.providers.base import (
    ErrorRow,
    Order,
    Provider,
    Report,
    Task,
    Verdict,
    clamped_percent,
    cleaned,
    parsed,
    whole_seconds,
)
from retake.reasons import Operation

PATHS = {
    Operation.EDIT: "/v3/async/kling-o1-video-edit",
    Operation.REFERENCE: "/v3/async/kling-o1-ref2v",
}
STATUSES = {
    "TASK_STATUS_QUEUED": Verdict.RUNNING,
    "TASK_STATUS_PROCESSING": Verdict.RUNNING,
    "TASK_STATUS_SUCCEED": Verdict.SUCCEEDED,  # not "SUCCEEDED"
    "TASK_STATUS_FAILED": Verdict.FAILED,
}
# A failed task has no error code of its own, only a sentence; these words in it mean moderation.
MODERATION_WORDS = ("illegal", "nsfw", "sensitive", "moderation", "content policy")

_SHARED = (
    ErrorRow((400,), ("ILLEGAL_PROMPT", "ILLEGAL_IMAGE_CONTENT"), Verdict.MODERATION),
    ErrorRow((400,), ("MISSING_API_KEY",), Verdict.BAD_KEY),
    ErrorRow((403,), ("INVALID_API_KEY", "BILLING_AUTH_FAILED"), Verdict.BAD_KEY),
    ErrorRow((401,), (), Verdict.BAD_KEY),
    ErrorRow((429,), (), Verdict.RATE_LIMITED),
    ErrorRow((404,), ("API_NOT_FOUND", "MODEL_NOT_FOUND"), Verdict.GONE),  # MODEL: (sister)
)
_BAD_REQUEST = (
    "INVALID_REQUEST_BODY",
    "IMAGE_FILE_EXCEEDS_MAX_SIZE",
    "INVALID_IMAGE_FORMAT",
    "IMAGE_EXCEEDS_MAX_RESOLUTION",
    "INVALID_IMAGE_SIZE",
    "IMAGE_NO_FACE_DETECTED",
    "INVALID_CUSTOM_OUTPUT_PATH",
    "INVALID_AUDIO_FILE",
)
_NOT_ALLOWED = (
    "API_NOT_ALLOWED",
    "FEATURE_NOT_ALLOWED",
    "NEED_REAL_NAME_VERIFY",
    "ACCESS_DENY",  # (sister)
    "model_access_denied",  # guide page
)


class Novita(Provider):
    """Both Novita models: they differ in path and in a few fields."""

    name = "novita"
    submit_errors = (
        *_SHARED,
        ErrorRow((400,), _BAD_REQUEST, Verdict.REFUSED),
        ErrorRow((400,), ("BILLING_BALANCE_NOT_ENOUGH",), Verdict.NO_CREDIT),
        ErrorRow((403,), ("NOT_ENOUGH_BALANCE",), Verdict.NO_CREDIT),  # (sister)
        ErrorRow((403,), _NOT_ALLOWED, Verdict.REFUSED),
    )
    poll_errors = (
        *_SHARED,
        ErrorRow((400,), _BAD_REQUEST, Verdict.REFUSED),
        ErrorRow((404,), ("TASK_NOT_FOUND",), Verdict.LOST),
        ErrorRow((500,), ("TASK_FAILED",), Verdict.FAILED),
    )

    def request_for(self, order: Order) -> tuple[str, dict[str, Any]]:
        body: dict[str, Any] = {
            "prompt": order.prompt,
            "keep_original_sound": order.keep_audio,
        }
        if order.video_url is not None:
            body["video"] = order.video_url
        if order.image_urls:
            body["images"] = list(order.image_urls)
        if order.aspect_ratio is not None:
            body["aspect_ratio"] = order.aspect_ratio
        if order.model.operation is Operation.REFERENCE:
            body["duration"] = order.duration_seconds
        elif order.fast:
            body["fast_mode"] = True
        if order.callback_url is not None:
            body["extra"] = {"webhook": {"url": order.callback_url}}
        return PATHS[order.model.operation], body

    def task_in(self, answer: Mapping[str, Any]) -> Task | None:
        task_id = answer.get("task_id")
        return Task(task_id=task_id) if isinstance(task_id, str) else None

    def poll(self, task: Task) -> Report:
        query = quote(task.task_id, safe="")
        reply = self.get(f"{self._base_url}/v3/async/task-result?task_id={query}")
        if isinstance(reply, Report):
            return reply
        if reply.status != 200:
            return self.judge_poll_error(reply)
        return read_report(parsed(reply.body))

    def error_words(self, answer: Any) -> Iterable[str]:
        return [answer["reason"]] if _is_error(answer) else []

    def error_text(self, answer: Any) -> str | None:
        return f"{answer['reason']}: {answer.get('message', '')}" if _is_error(answer) else None


def _is_error(answer: Any) -> bool:
    return isinstance(answer, dict) and isinstance(answer.get("reason"), str)


def read_report(answer: Any) -> Report:
    """The task object that both the poll and the webhook carry."""
    task = answer.get("task") if isinstance(answer, dict) else None
    if not isinstance(task, dict):
        return Report(verdict=Verdict.TRANSIENT, said="The answer holds no task.")
    status = task.get("status")
    known = STATUSES.get(status, Verdict.RUNNING) if isinstance(status, str) else Verdict.RUNNING
    said = cleaned(task.get("reason") if isinstance(task.get("reason"), str) else None)
    if known is Verdict.FAILED and any(w in (said or "").lower() for w in MODERATION_WORDS):
        known = Verdict.MODERATION
    return Report(
        verdict=known,
        provider_status=cleaned(status) if isinstance(status, str) else None,
        # Novita's own examples show 0 on success, so a lower number is no news.
        progress_percent=clamped_percent(task.get("progress_percent")),
        eta_seconds=whole_seconds(task.get("eta")),
        video_url=_one_video(answer.get("videos")) if known is Verdict.SUCCEEDED else None,
        said=said,
    )


def _one_video(videos: Any) -> str | None:
    """The link of the single video a finished task must have."""
    if not isinstance(videos, list) or len(videos) != 1 or not isinstance(videos[0], dict):
        return None
    url = videos[0].get("video_url")
    return url if isinstance(url, str) and url else None
