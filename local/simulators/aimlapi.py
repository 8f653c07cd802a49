"""AIML API: one route to submit and to poll, one shape for both answers, no callback.

After the specification in AIML API's public documentation repository
(video-o1-video-to-video-edit, universal-video-fetch, errors-and-messages).
"""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from local.simulators import fields
from local.simulators.callbacks import Notice
from local.simulators.dialect import Dialect, DialectRoute
from local.simulators.exchange import HttpCall, HttpReply, RefusedCall, json_reply
from local.simulators.faults import FaultRule
from local.simulators.fields import Field
from local.simulators.footage import ProblemKind
from local.simulators.orders import JobOrder, Phase, Rate
from local.simulators.views import JobView

MODEL = "klingai/video-o1-video-to-video-edit"
ROUTES = ("kling", "klingai", "fal", "auto")
FAL_IMAGES_MAX = 4
CREDITS_PER_USD = 2_000_000 / 1.0


def _model(value: Any) -> str | None:
    complaint = fields.one_of(MODEL)(value)
    return f"Invalid enum value. Expected '{MODEL}', received '{value}'" if complaint else None


def _elements(value: Any) -> str | None:
    if not isinstance(value, list) or len(value) > 4:
        return "must be a list of at most 4 elements"
    for element in value:
        if not isinstance(element, dict) or fields.url(element.get("frontal_image_url")):
            return "each needs frontal_image_url"
        if fields.urls(1, 4)(element.get("reference_image_urls")):
            return "each needs 1 to 4 reference_image_urls"
    return None


def _provider(value: Any) -> str | None:
    known = isinstance(value, str) and value.lower() in ROUTES
    return None if known else f"Invalid enum value. Expected one of {ROUTES}, received '{value}'"


FIELDS = {
    "model": Field(_model, required=True),
    "prompt": Field(fields.text, required=True),
    "video_url": Field(fields.url_or_data, required=True),
    "image_list": Field(fields.urls(1, 7), default=[]),
    "elements": Field(_elements, default=[]),
    "keep_audio": Field(fields.flag, default=False),
    "provider": Field(_provider, default="auto"),
}

STATUSES = {
    Phase.QUEUED: "queued",
    Phase.RUNNING: "generating",
    Phase.DONE: "completed",
    Phase.FAILED: "error",
    Phase.CANCELLED: "error",
}

ROWS = {
    "validation": (400, "Body validation error!"),
    "key": (401, "This request requires a valid API key. You can create one at the dashboard."),
    "credits": (403, "You've run out of credits. Please top up your balance to continue."),
    "forbidden": (403, "Access to this model is forbidden for your account."),
    "not_found": (404, "Not Found"),
    "too_many": (429, "Too Many Requests"),
    "free_tier": (429, "Free-tier limit: You've reached your free limit for the hour."),
    "internal": (500, "Internal server error"),
    "partner": (500, "Something wrong with the server. Please, try again later."),
    "maintenance": (500, "The model is under maintenance. Please try again later."),
    "bad_gateway": (502, "Bad Gateway"),
    "unavailable": (503, "Service unavailable"),
    "time_limit": (504, "The request took too long."),
}
"""Our name → HTTP status and the documented message."""

PROBLEM_ROWS = {
    "no_credit": "credits",
    "no_key": "key",
    "bad_key": "key",
    "rate": "too_many",
    "gone": "not_found",
    "not_found": "not_found",
    "unavailable": "unavailable",
    "internal": "internal",
}
ERROR_NAMES = {
    ProblemKind.MODERATION: "ContentPolicyViolation",
    ProblemKind.GENERATION: "GenerationError",
}


class AimlApiDialect(Dialect):
    """Submit by POST, poll by GET with `generation_id`, on the same path."""

    name = "aimlapi"

    def make_routes(self) -> tuple[DialectRoute, ...]:
        """One path, two methods."""
        path = re.compile("/v2/video/generations")
        return (
            DialectRoute("POST", path, "submit", self._submit),
            DialectRoute("GET", path, "poll", self._poll),
        )

    def new_id(self, order: JobOrder) -> str:
        """`<uuid>:<model>`, with its colon and slash."""
        return f"{uuid4()}:{order.model}"

    def row(self, code: str, call: HttpCall) -> HttpReply:
        """A row of the error table by our name for it."""
        status, message = ROWS[code]
        return _error(status, message, call)

    def refusal(self, refused: RefusedCall, call: HttpCall, on_poll: bool = False) -> HttpReply:
        """`{"message", "path", "requestId", "statusCode", "timestamp"}`."""
        row = PROBLEM_ROWS.get(refused.problem)
        if row:
            return self.row(row, call)
        status, message = ROWS["validation"]
        return _error(status, f"{message}\n{refused.message}", call)

    def accepted(self, view: JobView, shown_id: str | None) -> HttpReply:
        """The generation in its first state."""
        content = {**self._generation(view), "id": shown_id}
        if shown_id is None:
            del content["id"]
        return json_reply(self.backend.settings.aimlapi_submit_status, content, _traced())

    def notice(self, view: JobView, url: str, shown_id: str, foreign: bool, forged: bool) -> Notice:
        """Never asked for: this provider calls nobody back."""
        raise NotImplementedError("AIML API has no callbacks")

    def _submit(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        content = fields.read_object(call.body)
        values = fields.examine(content, FIELDS, self.backend.settings.strict_fields)
        images, elements = values["image_list"], values["elements"]
        most = FAL_IMAGES_MAX if values["provider"].lower() == "fal" else 7
        self.check_words(values["prompt"], len(images) + len(elements), most, "image_list")
        shown = [url for element in elements for url in _pictures(element)]
        order = JobOrder(
            model=MODEL,
            prompt=values["prompt"],
            video_url=values["video_url"],
            image_urls=(*images, *shown),
            keep_audio=values["keep_audio"],
            limits=self.limits(),
            rate=Rate(self.backend.settings.aimlapi_usd_per_second),
            video_field="video_url",
            image_field="image_list",
        )
        return self.take(order, call, content, rule)

    def _poll(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        generation_id = call.query.get("generation_id", "")
        if not generation_id:
            raise RefusedCall(ProblemKind.MISSING, "generation_id: Required", "generation_id")
        view = self.looked_up(generation_id, rule)
        if view is None:
            raise RefusedCall("not_found", "Not Found")
        return json_reply(200, self._generation(view), _traced())

    def _generation(self, view: JobView) -> dict[str, Any]:
        done = view.phase is Phase.DONE
        usd = view.job.order.rate.usd(view.job.billable_seconds)
        failure = view.failure
        return {
            "id": view.job.id,
            "status": view.word if view.word is not None else STATUSES[view.phase],
            "video": {"url": view.links[0]} if view.links else None,
            "error": {
                "name": ERROR_NAMES.get(ProblemKind(failure.problem), "ValidationError"),
                "message": failure.message,
            }
            if failure
            else None,
            "meta": {"usage": {"credits_used": round(usd * CREDITS_PER_USD)}} if done else None,
        }


def _pictures(element: dict[str, Any]) -> list[str]:
    return [element["frontal_image_url"], *element["reference_image_urls"]]


def _traced() -> dict[str, str]:
    return {"x-request-id": str(uuid4())}


def _error(status: int, message: str, call: HttpCall) -> HttpReply:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    traced = _traced()
    content = {
        "message": message,
        "path": call.path,
        "requestId": traced["x-request-id"],
        "statusCode": status,
        "timestamp": now,
    }
    return json_reply(status, content, traced)
