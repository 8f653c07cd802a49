"""EvoLink: kling-o1-video-edit, its fast variant, and kling-o3-video-edit.

Sources: EvoLink's API manual (the models' pages, task detail, error codes); what is marked
(cli) comes from EvoLink's public command line and MCP clients.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import quote

from retake.domain.prompt_references import in_form
from retake.providers.answer_parsing import as_object, number, part, text
from retake.providers.base import Provider
from retake.providers.callbacks import Callback, callback_about, object_in
from retake.providers.contract import Billed, Order, Report, Task
from retake.providers.shapes import task_id_in

CREDITS_PER_USD = 68  # (cli), October 2026


class EvoLink(Provider):
    """One route for both variants; the fast one is another model name."""

    name: ClassVar[str] = "evolink"
    title: ClassVar[str] = "EvoLink"
    url: ClassVar[str] = "https://api.evolink.ai"
    id_name: ClassVar[str] = "id"
    credits_per_usd: ClassVar[float | None] = CREDITS_PER_USD
    keeps: ClassVar[str] = (
        "Its links to results end after 24 hours; how long it keeps requests is not documented."
    )

    def request_for(self, order: Order) -> tuple[str, dict[str, Any]]:
        model = order.model
        clip = {"video_urls": [order.video_url]}  # O1 takes a list of one, O3 the address itself
        body: dict[str, Any] = {
            "model": model.variant(fast=order.fast).provider_model,
            "prompt": in_form(order.prompt, model.reference_form),
            **({model.clip_field: order.video_url} if model.clip_field else clip),
            "keep_original_sound": order.keep_audio,
        }
        if model.resolutions:
            body["quality"] = model.resolution(order.resolution)
        if order.image_urls:  # an empty list is refused: minItems is 1
            body["image_urls"] = list(order.image_urls)
        if order.callback_url is not None:
            body["callback_url"] = order.callback_url
        return "/v1/videos/generations", body

    def submit_headers(self, order: Order) -> dict[str, str]:
        # The (cli) sends it on paid requests; no document promises that it does anything, so
        # nothing here counts on it: an unanswered submit is still never sent again.
        return {"idempotency-key": order.idempotency_key} if order.idempotency_key else {}

    def task_url(self, task: Task) -> str:
        return f"{self._base_url}/v1/tasks/{quote(task.task_id, safe='')}"

    def read_report(self, answer: Any, task_id: str | None) -> Report:
        report = super().read_report(answer, task_id)
        charged = _charged(part(as_object(answer), "billing"))
        if charged is None or charged < 0:
            return report
        billed = Billed(amount=charged, unit="credits", usd=charged / CREDITS_PER_USD)
        return replace(report, billed=billed)

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """The same object that a poll answers with. EvoLink signs nothing."""
        task = object_in(body)
        task_id = task_id_in(task, self.id_name)
        return callback_about(task_id, self.read_report(task, task_id))


def _charged(billing: Mapping[str, Any]) -> float | None:
    """The ledger's word on a task (cli): what was charged, 0 once the whole reserve came back.

    As in the (cli), a status alone proves no refund: it takes the amount and the moment too.
    """
    status = text(billing.get("charge_status"))
    if status == "charged":
        return number(billing.get("charged_credits"))
    refunded = number(billing.get("refunded_credits"))
    is_refunded = (
        (status, billing.get("refund_status")) == ("released", "completed")
        and text(billing.get("refunded_at"))
        and refunded
        and refunded == number(billing.get("reserved_credits"))
    )
    return 0.0 if is_refunded else None
