"""AIML API: klingai/video-o1-video-to-video-edit.

Sources: the OpenAPI files and error pages of AIML API's documentation repository. Its page for
this model shows an image object as the answer; the schema's video object is what is read here.
"""

from typing import Any, ClassVar
from urllib.parse import quote

from retake.domain.prompt_references import in_form
from retake.providers.base import Provider
from retake.providers.contract import Order, Task

# The page's schema block names an older GET route, whose specification does not know this model.
PATH = "/v2/video/generations"
MODEL = "klingai/video-o1-video-to-video-edit"


class AimlApi(Provider):
    """One route, asked by POST and by GET; it calls nobody back and lists nothing."""

    name: ClassVar[str] = "aimlapi"
    title: ClassVar[str] = "AIML API"
    url: ClassVar[str] = "https://api.aimlapi.com"
    id_name: ClassVar[str] = "id"
    credits_per_usd: ClassVar[float | None] = 2_000_000  # its FAQ 'How can I track my funds?'
    keeps: ClassVar[str] = "How long it keeps requests and results is not documented."

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

    def task_url(self, task: Task) -> str:
        # Ids hold ":" and "/": <uuid>:klingai/video-o1-video-to-video-edit.
        return f"{self._base_url}{PATH}?generation_id={quote(task.task_id, safe='')}"
