"""Novita: the async v3 API for Kling O1 video edit and reference-to-video.

After Novita's API reference: Kling O1 video edit and ref2v, task-result, webhook, basic error
code; prices from its blog on Kling O1. The paths are those of the same platform's sister hosts.
"""

import json
import re
from typing import Any

from local.simulators import fields
from local.simulators.callbacks import Notice
from local.simulators.dialect import Dialect, DialectRoute
from local.simulators.exchange import HttpCall, HttpReply, RefusedCall, json_reply
from local.simulators.faults import FaultRule
from local.simulators.fields import Field
from local.simulators.footage import ProblemKind
from local.simulators.orders import JobOrder, Phase, Rate
from local.simulators.views import JobView

EDIT, REFERENCE = "kling-o1-video-edit", "kling-o1-ref2v"
RATIOS = fields.one_of("16:9", "9:16", "1:1")
USD_PER_SECOND = 0.168

EDIT_FIELDS = {
    "video": Field(fields.url, required=True),
    "prompt": Field(fields.text, required=True),
    "images": Field(fields.urls(0, 4), default=[]),
    "fast_mode": Field(fields.flag, default=False),
    "aspect_ratio": Field(RATIOS),
    "keep_original_sound": Field(fields.flag, default=True),
    "extra": Field(fields.anything),
}
REFERENCE_FIELDS = {
    "prompt": Field(fields.text, required=True),
    "video": Field(fields.url),
    "images": Field(fields.urls(0, 7), default=[]),
    "duration": Field(fields.one_of(*range(3, 11)), default=5),
    "aspect_ratio": Field(RATIOS, default="16:9"),
    "keep_original_sound": Field(fields.flag, default=True),
    "extra": Field(fields.anything),
}

STATUSES = {
    Phase.QUEUED: "TASK_STATUS_QUEUED",
    Phase.RUNNING: "TASK_STATUS_PROCESSING",
    Phase.DONE: "TASK_STATUS_SUCCEED",
    Phase.FAILED: "TASK_STATUS_FAILED",
    Phase.CANCELLED: "TASK_STATUS_FAILED",
}

ROWS = {
    "INVALID_REQUEST_BODY": 400,
    "IMAGE_FILE_EXCEEDS_MAX_SIZE": 400,
    "INVALID_IMAGE_FORMAT": 400,
    "IMAGE_EXCEEDS_MAX_RESOLUTION": 400,
    "INVALID_IMAGE_SIZE": 400,
    "IMAGE_NO_FACE_DETECTED": 400,
    "INVALID_CUSTOM_OUTPUT_PATH": 400,
    "INVALID_AUDIO_FILE": 400,
    "ILLEGAL_PROMPT": 400,
    "ILLEGAL_IMAGE_CONTENT": 400,
    "BILLING_BALANCE_NOT_ENOUGH": 400,
    "NOT_ENOUGH_BALANCE": 403,
    "MISSING_API_KEY": 400,
    "INVALID_API_KEY": 403,
    "BILLING_AUTH_FAILED": 403,
    "FAILED_TO_AUTH": 401,
    "API_NOT_ALLOWED": 403,
    "FEATURE_NOT_ALLOWED": 403,
    "NEED_REAL_NAME_VERIFY": 403,
    "ACCESS_DENY": 403,
    "model_access_denied": 403,
    "API_NOT_FOUND": 404,
    "MODEL_NOT_FOUND": 404,
    "TASK_NOT_FOUND": 404,
    "RATE_LIMIT_EXCEEDED": 429,
    "TOKEN_LIMIT_EXCEEDED": 429,
    "CREATE_TASK_FAILED": 500,
    "BILLING_FAILED": 500,
    "TASK_FAILED": 500,
    "GET_RESULT_FAILED": 500,
    "SERVICE_NOT_AVAILABLE": 503,
}
"""Reason → HTTP status: every documented row, and those of the sister hosts."""

REASONS = {
    "no_credit": "BILLING_BALANCE_NOT_ENOUGH",
    "no_key": "MISSING_API_KEY",
    "bad_key": "INVALID_API_KEY",
    "moderation": "ILLEGAL_PROMPT",
    ProblemKind.MODERATION: "ILLEGAL_PROMPT",
    "rate": "RATE_LIMIT_EXCEEDED",
    "gone": "MODEL_NOT_FOUND",
    "not_found": "TASK_NOT_FOUND",
    "unavailable": "SERVICE_NOT_AVAILABLE",
    "internal": "CREATE_TASK_FAILED",
    ProblemKind.BAD_IMAGE: "INVALID_IMAGE_FORMAT",
}
REASONS_ON_POLL = {"internal": "GET_RESULT_FAILED", ProblemKind.GENERATION: "TASK_FAILED"}


class NovitaDialect(Dialect):
    """Submit by path, poll by task id."""

    name = "novita"
    signs_links = True

    def make_routes(self) -> tuple[DialectRoute, ...]:
        """Two submits and one poll."""
        return (
            DialectRoute(
                "POST", re.compile(f"/v3/async/({EDIT}|{REFERENCE})"), "submit", self._submit
            ),
            DialectRoute("GET", re.compile("/v3/async/task-result"), "poll", self._poll),
        )

    def not_routed(self, call: HttpCall) -> HttpReply:
        """404 API_NOT_FOUND."""
        return self.row("API_NOT_FOUND", call)

    def row(self, code: str, call: HttpCall) -> HttpReply:
        """A row of the error table by its reason."""
        return _error(ROWS[code], code, code.replace("_", " ").lower())

    def refusal(self, refused: RefusedCall, call: HttpCall, on_poll: bool = False) -> HttpReply:
        """`{"code": …, "reason": …, "message": …, "metadata": {}}`."""
        reasons = REASONS | REASONS_ON_POLL if on_poll else REASONS
        reason = reasons.get(refused.problem, "INVALID_REQUEST_BODY")
        return _error(ROWS[reason], reason, refused.message)

    def accepted(self, view: JobView, shown_id: str | None) -> HttpReply:
        """`{"task_id": …}`."""
        return json_reply(200, {"task_id": shown_id} if shown_id else {})

    def notice(self, view: JobView, url: str, shown_id: str, foreign: bool, forged: bool) -> Notice:
        """The ASYNC_TASK_RESULT event; up to five more deliveries, spacing not documented."""
        payload = self._result(view, shown_id)
        payload["extra"] = {**payload["extra"], "webhook": {"url": url}}
        event = {"event_type": "ASYNC_TASK_RESULT", "payload": payload}
        again = (
            (1.0, 2.0, 4.0, 8.0, 16.0) if self.backend.settings.novita_callbacks == "retry" else ()
        )
        return Notice(url, json.dumps(event).encode(), {}, again, timeout_seconds=5)

    def _submit(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        edits = match[1] == EDIT
        content = fields.read_object(call.body)
        table = EDIT_FIELDS if edits else REFERENCE_FIELDS
        values = fields.examine(content, table, self.backend.settings.strict_fields)
        images_max = 4 if edits else 7
        if not edits and values["video"]:
            images_max = self.backend.settings.novita_images_with_video
        self.check_words(values["prompt"], len(values["images"]), images_max, "images")
        fast = bool(values.get("fast_mode"))
        order = JobOrder(
            model=match[1],
            prompt=values["prompt"],
            video_url=values["video"],
            image_urls=tuple(values["images"]),
            keep_audio=values["keep_original_sound"],
            aspect_ratio=values["aspect_ratio"],
            duration_seconds=values.get("duration", 5),
            limits=self.limits(
                min_seconds=6.0 if fast else 3.0, max_seconds=20.0 if fast else 10.0
            ),
            rate=Rate(USD_PER_SECOND),
            video_field="video",
            image_field="images",
            callback_url=self._callback_url(values["extra"]),
        )
        return self.take(order, call, content, rule)

    def _callback_url(self, extra: Any) -> str | None:
        if extra is None or self.backend.settings.novita_callbacks == "off":
            return None
        webhook = extra.get("webhook") if isinstance(extra, dict) else None
        url = webhook.get("url") if isinstance(webhook, dict) else None
        if fields.url(url):
            raise RefusedCall(
                ProblemKind.INVALID, "extra.webhook.url must be a URL", "extra", extra
            )
        return str(url)

    def _poll(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        task_id = call.query.get("task_id", "")
        if not task_id:
            raise RefusedCall(ProblemKind.MISSING, "task_id is required", "task_id")
        view = self.looked_up(task_id, rule)
        if view is None:
            raise RefusedCall("not_found", "task not found")
        if view.phase is Phase.FAILED and self.backend.settings.novita_failed_status == 500:
            raise RefusedCall(ProblemKind.GENERATION, "task execution failed")
        return json_reply(200, self._result(view, task_id))

    def _result(self, view: JobView, task_id: str) -> dict[str, Any]:
        job = view.job
        ttl = f"{self.backend.settings.ttl_seconds['novita']:.0f}"
        stamps = {"submit": job.created_at, "execute": job.started_at, "complete": job.ended_at}
        debug = {f"{k}_time_ms": str(int(at * 1000)) if at else "" for k, at in stamps.items()}
        return {
            "extra": {
                "seed": "",
                "enable_nsfw_detection": False,
                "debug_info": {"request_info": "", **debug},
            },
            "task": {
                "task_id": task_id,
                "task_type": job.order.model.upper().replace("-", "_"),
                "status": view.word if view.word is not None else STATUSES[view.phase],
                "reason": view.failure.message if view.failure else "",
                "eta": 0 if view.ended else view.eta_seconds,
                "progress_percent": view.progress,
            },
            "images": [],
            "videos": [
                {"video_url": link, "video_url_ttl": ttl, "video_type": "mp4"}
                for link in view.links
            ],
            "audios": [],
        }


def _error(status: int, reason: str, message: str) -> HttpReply:
    return json_reply(
        status, {"code": status, "reason": reason, "message": message, "metadata": {}}
    )
