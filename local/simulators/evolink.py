"""EvoLink: one endpoint for all video models, tasks polled by id, an unsigned callback.

After EvoLink's API manual (Kling O1 and O3 video edit, task status, credits); listing, batch query,
idempotency header and the credit price are as its command line client uses them.
"""

import hashlib
import json
import random
import re
import string
from collections import defaultdict
from dataclasses import replace
from threading import Lock
from typing import Any

from local.simulators import fields
from local.simulators.callbacks import Notice
from local.simulators.dialect import Dialect, DialectRoute
from local.simulators.evolink_errors import PROBLEM_ROWS, ROWS, TASK_CODES
from local.simulators.exchange import HttpCall, HttpReply, RefusedCall, json_reply
from local.simulators.faults import FaultRule
from local.simulators.fields import Field
from local.simulators.footage import MIB, ProblemKind
from local.simulators.ledger import LedgerKind
from local.simulators.orders import Job, JobOrder, Phase, Rate
from local.simulators.views import JobView

EDIT, FAST, O3 = "kling-o1-video-edit", "kling-o1-video-edit-fast", "kling-o3-video-edit"
CREDITS_PER_USD = 68
CREDITS_PER_SECOND = {EDIT: 12.0, FAST: 6.8, O3: 8.1}
SECONDS = {EDIT: (3.0, 10.0), FAST: (6.0, 20.0), O3: (3.0, 10.0)}
QUALITIES = {"720p": 1.0, "1080p": 1.334}  # of O3: what they multiply the price by
BATCH_MAX = 50

FIELDS = {
    "model": Field(fields.text, required=True),
    "prompt": Field(fields.text, required=True),
    "video_urls": Field(fields.urls(1, 1)),
    "video_url": Field(fields.url),
    "quality": Field(lambda it: None if it in QUALITIES else "must be 720p or 1080p"),
    "image_urls": Field(fields.urls(1, 4), default=[]),
    "keep_original_sound": Field(fields.flag, default=True),
    "callback_url": Field(fields.url),
}
CALLBACK_URL_MAX_CHARS = 2048

STATUSES = {
    Phase.QUEUED: "pending",
    Phase.RUNNING: "processing",
    Phase.DONE: "completed",
    Phase.FAILED: "failed",
    Phase.CANCELLED: "cancelled",
}


class EvoLinkDialect(Dialect):
    """Submit by model name, poll by task id."""

    name = "evolink"

    def make_routes(self) -> tuple[DialectRoute, ...]:
        """Submit, poll, list, batch and credits."""
        self._replies: dict[str, tuple[str, HttpReply]] = {}
        self._locks: defaultdict[str, Lock] = defaultdict(Lock)
        return (
            DialectRoute("POST", re.compile("/v1/videos/generations"), "submit", self._submit),
            DialectRoute("GET", re.compile("/v1/tasks"), "list", self._list),
            DialectRoute("POST", re.compile("/v1/tasks/batch"), "list", self._batch),
            DialectRoute("GET", re.compile("/v1/tasks/([^/]+)"), "poll", self._poll),
            DialectRoute("GET", re.compile("/v1/credits"), "list", self._credits),
        )

    def new_id(self, order: JobOrder) -> str:
        """`task-unified-<unix seconds>-<8 characters>`."""
        tail = "".join(random.choices(string.ascii_lowercase + string.digits, k=8))
        return f"task-unified-{self.backend.now():.0f}-{tail}"

    def row(self, code: str, call: HttpCall) -> HttpReply:
        """A row of the error table by its code."""
        return self._error(code, code.replace("_", " "), None)

    def refusal(self, refused: RefusedCall, call: HttpCall, on_poll: bool = False) -> HttpReply:
        """`{"error": {"code", "message", "type", "param", "fallback_suggestion"}}`."""
        code = PROBLEM_ROWS.get(refused.problem, "invalid_parameters")
        if refused.problem == "refused" and on_poll:
            code = "invalid_task_id"
        return self._error(code, refused.message, refused.field)

    def accepted(self, view: JobView, shown_id: str | None) -> HttpReply:
        """The task in its first state."""
        task = self._task(view)
        task["id"] = shown_id
        task["task_info"]["video_duration"] = round(view.job.billable_seconds)
        if shown_id is None:
            del task["id"]
        return json_reply(200, task)

    def notice(self, view: JobView, url: str, shown_id: str, foreign: bool, forged: bool) -> Notice:
        """The task as a poll shows it; three retries after 1, 2 and 4 seconds."""
        body = json.dumps({**self._task(view), "id": shown_id}).encode()
        return Notice(url, body, {}, retry_delays_seconds=(1.0, 2.0, 4.0), timeout_seconds=10)

    def _submit(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        key = call.headers.get("idempotency-key")
        if key is None or not self.backend.settings.evolink_idempotency:
            return self._submit_once(call, rule)
        digest = hashlib.sha256(call.body).hexdigest()
        with self._locks[key]:
            known, reply = self._replies.get(key, (digest, None))
            if known != digest:
                raise RefusedCall("idempotency_conflict", "Idempotency-Key used with another body")
            if reply is not None:
                self.backend.ledger.enter(
                    LedgerKind.REPLAYED, self.name, json.loads(_bytes(reply))["id"]
                )
                return replace(reply, headers={**reply.headers, "idempotency-replayed": "true"})
            reply = self._submit_once(call, rule)
            self._replies[key] = digest, reply
            return reply

    def _submit_once(self, call: HttpCall, rule: FaultRule | None) -> HttpReply:
        content = fields.read_object(call.body)
        values = fields.examine(content, FIELDS, self.backend.settings.strict_fields)
        model = values["model"]
        if model not in SECONDS:
            raise RefusedCall("no_model", f"model {model} is not available", "model")
        video_url = _clip_of(model, values)
        self.check_words(values["prompt"], len(values["image_urls"]), 4, "image_urls")
        if values["callback_url"]:
            if len(values["callback_url"]) > CALLBACK_URL_MAX_CHARS:
                raise RefusedCall(ProblemKind.INVALID, "callback_url is too long", "callback_url")
            complaint = fields.public_https(values["callback_url"])
            if complaint and not self.backend.settings.allow_local_urls:
                raise RefusedCall(ProblemKind.INVALID, f"callback_url {complaint}", "callback_url")
        least, most = SECONDS[model]
        bills_any = self.backend.settings.evolink_out_of_range == "bill"
        order = JobOrder(
            model=model,
            prompt=values["prompt"],
            video_url=video_url,
            image_urls=tuple(values["image_urls"]),
            keep_audio=values["keep_original_sound"],
            duration_seconds=round(most),
            limits=self.limits(
                min_seconds=0.0 if bills_any else least,
                max_seconds=1e9 if bills_any else most,
                max_bytes=100 * MIB,
            ),
            rate=Rate(
                CREDITS_PER_SECOND[model]
                * QUALITIES[values["quality"] or "720p"]
                / CREDITS_PER_USD,
                least,
                most,
                whole_seconds=True,
            ),
            video_field="video_url" if model == O3 else "video_urls",
            image_field="image_urls",
            callback_url=values["callback_url"],
        )
        return self.take(order, call, content, rule)

    def _poll(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        view = self.looked_up(match[1], rule)
        if view is None:
            raise RefusedCall("not_found", f"task {match[1]} not found")
        return json_reply(200, self._task(view))

    def _list(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        mode = self.backend.settings.evolink_listing
        self.backend.ledger.enter(LedgerKind.LISTED, self.name)
        if mode == "absent":
            raise RefusedCall("gone", "not found")
        asked = call.query.get("status")
        wanted = {"processing": {"pending", "processing"}}.get(asked or "", {asked})
        items = [
            item
            for job in reversed(self.backend.jobs.of(self.name))
            if (mode != "late" or job.ended_at) and call.query.get("type", "video") == "video"
            if call.query.get("model") in (None, job.order.model)
            if (item := self._listed(job))["status"] in wanted or asked is None
        ]
        page, size = _positive(call, "page", 1), _positive(call, "page_size", 20)
        chosen = items[(page - 1) * size : page * size]
        return json_reply(
            200, {"data": chosen, "total": len(items), "page": page, "page_size": size}
        )

    def _batch(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        ids = fields.read_object(call.body).get("task_ids")
        if not isinstance(ids, list) or not 1 <= len(ids) <= BATCH_MAX:
            raise RefusedCall(
                ProblemKind.INVALID, f"task_ids must hold 1 to {BATCH_MAX} ids", "task_ids"
            )
        views = [self.looked_up(str(task_id), rule) for task_id in ids]
        return json_reply(200, {"data": [self._task(view) for view in views if view]})

    def _credits(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        used = self.backend.ledger.totals(self.name)["billed_usd"] * CREDITS_PER_USD
        purse = {"remaining_credits": round(1000 - used, 4), "used_credits": round(used, 4)}
        token = {**purse, "unlimited_credits": False}
        return json_reply(
            200, {"data": {"token": token, "user": purse}, "message": "", "success": True}
        )

    def _listed(self, job: Job) -> dict[str, Any]:
        task = self._task(self.see(job))
        return {
            "id": job.id,
            "status": task["status"],
            "model": job.order.model,
            "type": "video",
            "progress": task["progress"],
            "created_at": task["created"],
            "has_results": "results" in task,
            "has_error": "error" in task,
            "credits_used": task["usage"].get("credits_used", 0),
        }

    def _task(self, view: JobView) -> dict[str, Any]:
        job = view.job
        rate = job.order.rate
        credits = rate.usd(job.billable_seconds) * CREDITS_PER_USD
        waiting = view.phase is Phase.QUEUED
        info: dict[str, Any] = {}
        if self.backend.settings.evolink_can_cancel:
            info["can_cancel"] = waiting
        if not view.ended:
            info["estimated_time"] = view.eta_seconds
        usage = {"billing_rule": "per_second", "credits_reserved": round(credits, 2)}
        task: dict[str, Any] = {
            "created": int(job.created_at),
            "id": job.id,
            "model": job.order.model,
            "object": "video.generation.task",
            "progress": view.progress,
            "status": view.word if view.word is not None else STATUSES[view.phase],
            "type": "video",
            "task_info": info,
            "usage": {**usage, "user_group": "default"},
        }
        if view.phase is Phase.DONE:
            task["results"] = list(view.links)
            task["usage"]["credits_used"] = round(credits, 2)
        if view.failure:
            code = TASK_CODES.get(str(view.failure.problem), "invalid_parameters")
            task["error"] = {"code": code, "message": view.failure.message, "type": "task_error"}
        return task

    def _error(self, code: str, message: str, param: str | None) -> HttpReply:
        status, kind = ROWS[code]
        shown: str | int = status if self.backend.settings.evolink_int_codes else code
        error = {"code": shown, "message": message, "type": kind}
        extra = {"param": param} if param else {}
        return json_reply(status, {"error": {**error, **extra}})


def _clip_of(model: str, values: dict[str, Any]) -> str:
    """The clip's address, in the field that the model's page names. Raises RefusedCall."""
    own, other = ("video_url", "video_urls") if model == O3 else ("video_urls", "video_url")
    if values[own] is None:
        raise RefusedCall(ProblemKind.MISSING, f"{own} is required", own)
    for name in (other, *(("quality",) if model != O3 else ())):
        if values[name] is not None:
            raise RefusedCall(ProblemKind.UNKNOWN_FIELD, f"unknown field {name}", name)
    return str(values[own] if model == O3 else values[own][0])


def _bytes(reply: HttpReply) -> bytes:
    return reply.body if isinstance(reply.body, bytes) else b""


def _positive(call: HttpCall, name: str, default: int) -> int:
    asked = call.query.get(name, "")
    return max(1, int(asked)) if asked.isdigit() else default
