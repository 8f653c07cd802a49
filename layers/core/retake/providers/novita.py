"""Novita: Kling-O1 video edit and Kling-O1 reference video generation.

Sources: Novita's API reference pages for both models, 'Task Result', 'Webhook' and 'Basic Error
Code'.
"""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from retake.domain.prompt_references import in_form
from retake.domain.vocabulary import Operation
from retake.providers.answer_parsing import part, text
from retake.providers.base import Provider
from retake.providers.callbacks import BadCallback, Callback, callback_about, object_in
from retake.providers.contract import Order, Task
from retake.providers.shapes import task_id_in
from retake.providers.status_words import squashed

# The page of the reference model spells its path out; the edit's follows from its page's name and
# is so written on the platform's other hosts. A wrong one answers 404 and ends as MODEL_GONE.
PATHS = {
    Operation.EDIT: "/v3/async/kling-o1-video-edit",
    Operation.REFERENCE: "/v3/async/kling-o1-ref2v",
}


class Novita(Provider):
    """Both Novita models: they differ in path and in a few fields."""

    name: ClassVar[str] = "novita"
    title: ClassVar[str] = "Novita"
    url: ClassVar[str] = "https://api.novita.ai"
    id_name: ClassVar[str] = "taskid"
    keeps: ClassVar[str] = (
        "Its links to results end after about an hour; how long it keeps requests and files is "
        "not documented."
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

    def task_url(self, task: Task) -> str:
        return f"{self._base_url}/v3/async/task-result?task_id={quote(task.task_id, safe='')}"

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """The webhook's event, which holds the answer of a poll. Novita signs nothing."""
        event = object_in(body)
        if squashed(text(event.get("event_type"))) != "asynctaskresult":
            raise BadCallback("The event is not about the result of a task.")
        payload = part(event, "payload")
        task_id = task_id_in(payload, self.id_name)
        return callback_about(task_id, self.read_report(payload, task_id))
