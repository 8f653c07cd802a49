"""AIML API: klingai/video-o1-video-to-video-edit.

Sources: the OpenAPI files and error pages of AIML API's documentation repository. Its page for
this model shows an image object as the answer; the schema's video object is what is read here.
"""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from retake.domain.prompt_references import in_form
from retake.providers.answer_parsing import cleaned, is_about_the_content, part, text, video_link
from retake.providers.base import Provider
from retake.providers.contract import Order, Report, Task, Verdict
from retake.providers.error_table import ErrorBody, Row

# The page's schema block names an older GET route, whose specification does not know this model.
PATH = "/v2/video/generations"
MODEL = "klingai/video-o1-video-to-video-edit"
STATUSES = {
    "queued": Verdict.RUNNING,
    "waiting": Verdict.RUNNING,  # older samples
    "generating": Verdict.RUNNING,
    "active": Verdict.RUNNING,  # older samples
    "completed": Verdict.SUCCEEDED,
    "error": Verdict.FAILED,
}

_SHARED = (
    Row(statuses=(400,), phrases=("body validation error",), verdict=Verdict.REFUSED),
    # Both texts; the free tier's hour is waited for like any other limit.
    Row(statuses=(429,), whatever_the_body=True, verdict=Verdict.RATE_LIMITED),
)


class AimlApi(Provider):
    """One route, asked by POST and by GET; it calls nobody back and lists nothing."""

    name: ClassVar[str] = "aimlapi"
    keeps: ClassVar[str] = "How long it keeps requests and results is not documented."
    submit_errors: ClassVar[tuple[Row, ...]] = (
        *_SHARED,
        Row(statuses=(401,), verdict=Verdict.BAD_KEY),
        Row(statuses=(403,), phrases=("run out of credits",), verdict=Verdict.NO_CREDIT),
        Row(statuses=(403,), verdict=Verdict.REFUSED),
        Row(statuses=(404,), verdict=Verdict.GONE),
    )
    poll_errors: ClassVar[tuple[Row, ...]] = (
        *_SHARED,
        Row(statuses=(401,), whatever_the_body=True, verdict=Verdict.BAD_KEY),
        Row(statuses=(404,), verdict=Verdict.LOST),
    )

    def request_for(self, order: Order) -> tuple[str, dict[str, Any]]:
        body: dict[str, Any] = {
            "model": MODEL,
            "prompt": in_form(order.prompt, order.model.reference_form),
            "video_url": order.video_url,
            "keep_audio": order.keep_audio,
            # The default, `auto`, tries Kling and then fal: a second submit behind one request.
            "provider": "kling",
        }
        if order.image_urls:
            body["image_list"] = list(order.image_urls)
        if order.elements:
            body["elements"] = [
                {
                    "frontal_image_url": element["frontal"],
                    "reference_image_urls": list(element["references"]),
                }
                for element in order.elements
            ]
        return PATH, body

    def task_in(self, answer: Mapping[str, Any]) -> Task | None:
        # The schema requires both; the image object of the page has an id and no status.
        task_id = answer.get("id")
        if not isinstance(task_id, str) or "status" not in answer:
            return None
        return Task(task_id=task_id)

    def poll(self, task: Task) -> Report:
        # Ids hold ":" and "/": <uuid>:klingai/video-o1-video-to-video-edit.
        query = quote(task.task_id, safe="")
        answer = self.ask(f"{self._base_url}{PATH}?generation_id={query}")
        return answer if isinstance(answer, Report) else read_report(answer)

    def complaint_in(self, answer: Any, headers: Mapping[str, str]) -> ErrorBody | None:
        # `statusCode` is a number or a string, and sometimes wrong: the HTTP status counts.
        if not isinstance(answer, dict) or not isinstance(answer.get("message"), str):
            return None
        return ErrorBody(text=answer["message"])


def read_report(answer: Mapping[str, Any]) -> Report:
    """The generation object that both the submit and the poll answer with."""
    if "status" not in answer:
        if isinstance(answer.get("data"), list):
            # The page's image object: finished, and not with a video.
            return Report(verdict=Verdict.SUCCEEDED, detail="The answer is an image, not a video.")
        return Report(verdict=Verdict.TRANSIENT, detail="The answer holds no status.")
    status = text(answer.get("status"))
    verdict = STATUSES.get(status, Verdict.RUNNING)
    error = part(answer, "error")
    said = cleaned(": ".join(w for w in (text(error.get("name")), text(error.get("message"))) if w))
    if verdict is Verdict.FAILED and is_about_the_content(said):
        verdict = Verdict.MODERATION
    succeeded = verdict is Verdict.SUCCEEDED
    return Report(
        verdict=verdict,
        provider_status=cleaned(status),
        video_url=video_link(part(answer, "video").get("url")) if succeeded else None,
        detail=said,
    )
