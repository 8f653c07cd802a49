"""Novita: Kling-O1 video edit and Kling-O1 reference video generation.

Sources: Novita's API reference pages for both models, 'Task Result', 'Webhook' and 'Basic Error
Code'; rows marked (sister) come from the same platform's other hosts, (guide) from its guides.
"""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from retake.domain.prompt_references import in_form
from retake.domain.vocabulary import Operation
from retake.providers.answer_parsing import (
    clamped_percent,
    cleaned,
    is_about_the_content,
    only,
    part,
    text,
    video_link,
    whole_seconds,
)
from retake.providers.base import Provider
from retake.providers.callbacks import BadCallback, Callback, callback_about, object_in
from retake.providers.contract import Order, Report, Task, Verdict
from retake.providers.error_table import ErrorBody, Row

# The page of the reference model spells its path out; the edit's follows from its page's name and
# is so written on the platform's other hosts. A wrong one answers 404 and ends as MODEL_GONE.
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

_SHARED = (
    Row(
        statuses=(400,),
        words=("ILLEGAL_PROMPT", "ILLEGAL_IMAGE_CONTENT"),
        verdict=Verdict.MODERATION,
    ),
    # Error page: 400 and 403; guide and sister: 401. All of them are about the key.
    Row(statuses=(400,), words=("MISSING_API_KEY",), verdict=Verdict.BAD_KEY),
    Row(statuses=(403,), words=("INVALID_API_KEY", "BILLING_AUTH_FAILED"), verdict=Verdict.BAD_KEY),
    Row(statuses=(401,), whatever_the_body=True, verdict=Verdict.BAD_KEY),
    Row(statuses=(429,), whatever_the_body=True, verdict=Verdict.RATE_LIMITED),
    Row(
        statuses=(404,),
        words=("API_NOT_FOUND", "MODEL_NOT_FOUND"),  # MODEL_NOT_FOUND: (sister)
        verdict=Verdict.GONE,
    ),
    Row(
        statuses=(400,),
        words=(
            "INVALID_REQUEST_BODY",
            "IMAGE_FILE_EXCEEDS_MAX_SIZE",
            "INVALID_IMAGE_FORMAT",
            "IMAGE_EXCEEDS_MAX_RESOLUTION",
            "INVALID_IMAGE_SIZE",
            "IMAGE_NO_FACE_DETECTED",
            "INVALID_CUSTOM_OUTPUT_PATH",
            "INVALID_AUDIO_FILE",
        ),
        verdict=Verdict.REFUSED,
    ),
)


class Novita(Provider):
    """Both Novita models: they differ in path and in a few fields."""

    name: ClassVar[str] = "novita"
    keeps: ClassVar[str] = (
        "Its links to results end after about an hour; how long it keeps requests and files is "
        "not documented."
    )
    submit_errors: ClassVar[tuple[Row, ...]] = (
        *_SHARED,
        # Error page: 400; (sister), its language models: 403. Both are about money.
        Row(statuses=(400,), words=("BILLING_BALANCE_NOT_ENOUGH",), verdict=Verdict.NO_CREDIT),
        Row(statuses=(403,), words=("NOT_ENOUGH_BALANCE",), verdict=Verdict.NO_CREDIT),
        Row(
            statuses=(403,),
            words=(
                "API_NOT_ALLOWED",
                "FEATURE_NOT_ALLOWED",
                "NEED_REAL_NAME_VERIFY",
                "ACCESS_DENY",  # (sister)
                "model_access_denied",  # (guide)
            ),
            verdict=Verdict.REFUSED,
        ),
    )
    poll_errors: ClassVar[tuple[Row, ...]] = (
        *_SHARED,
        Row(statuses=(404,), words=("TASK_NOT_FOUND",), verdict=Verdict.LOST),
        Row(statuses=(500,), words=("TASK_FAILED",), verdict=Verdict.FAILED),
    )

    def request_for(self, order: Order) -> tuple[str, dict[str, Any]]:
        model = order.model
        body: dict[str, Any] = {
            "prompt": in_form(order.prompt, model.reference_form),
            "keep_original_sound": order.keep_audio,
        }
        if order.video_url is not None:
            body["video"] = order.video_url
        if order.image_urls:
            body["images"] = list(order.image_urls)
        if order.aspect_ratio is not None:
            body["aspect_ratio"] = order.aspect_ratio
        if model.durations:
            body["duration"] = order.duration_seconds or model.default_duration_seconds
        if order.fast:
            body["fast_mode"] = True
        if order.callback_url is not None:
            body["extra"] = {"webhook": {"url": order.callback_url}}
        return PATHS[model.operation], body

    def task_in(self, answer: Mapping[str, Any]) -> Task | None:
        task_id = answer.get("task_id")
        return Task(task_id=task_id) if isinstance(task_id, str) else None

    def poll(self, task: Task) -> Report:
        query = quote(task.task_id, safe="")
        url = f"{self._base_url}/v3/async/task-result?task_id={query}"
        report = self._look(url)
        if report.verdict is Verdict.FAILED and report.provider_status is None:
            # ExtrasMaker a failed status in a normal answer Novita documents a 500 TASK_FAILED. One
            # 500 may be a gateway's, so it counts when it is said twice.
            return self._look(url)
        return report

    def _look(self, url: str) -> Report:
        answer = self.ask(url)
        return answer if isinstance(answer, Report) else read_report(answer)

    def complaint_in(self, answer: Any, headers: Mapping[str, str]) -> ErrorBody | None:
        if not isinstance(answer, dict) or not isinstance(answer.get("reason"), str):
            return None
        said = text(answer.get("message"))
        return ErrorBody((answer["reason"],), f"{answer['reason']}: {said}".rstrip(": "))

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """The webhook's event, which holds the answer of a poll. Novita signs nothing."""
        event = object_in(body)
        if event.get("event_type") != "ASYNC_TASK_RESULT":
            raise BadCallback("The event is not about the result of a task.")
        payload = part(event, "payload")
        return callback_about(part(payload, "task").get("task_id"), read_report(payload))


def read_report(answer: Mapping[str, Any]) -> Report:
    """The task object that both the poll and the webhook carry."""
    task = answer.get("task")
    if not isinstance(task, dict):
        return Report(verdict=Verdict.TRANSIENT, detail="The answer holds no task.")
    status = text(task.get("status"))
    verdict = STATUSES.get(status, Verdict.RUNNING)
    said = cleaned(text(task.get("reason")))
    # A failed task has no code of its own, only a sentence.
    if verdict is Verdict.FAILED and is_about_the_content(said):
        verdict = Verdict.MODERATION
    return Report(
        verdict=verdict,
        provider_status=cleaned(status),
        # Novita's own examples show 0 on success, so a lower number is no news.
        progress_percent=clamped_percent(task.get("progress_percent")),
        eta_seconds=whole_seconds(task.get("eta")),
        video_url=_video_in(answer) if verdict is Verdict.SUCCEEDED else None,
        detail=said,
    )


def _video_in(answer: Mapping[str, Any]) -> str | None:
    videos = answer.get("videos")
    if not isinstance(videos, list):
        return None
    return only(
        [
            video_link(video.get("video_url")) if isinstance(video, dict) else None
            for video in videos
        ]
    )
