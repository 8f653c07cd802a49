"""fal: a queue in front of the model, a signed webhook, cancel, and a listing on another host.

After fal's documentation (queue, webhooks, errors, requests by endpoint), the model page of
Kling's video-to-video edits, and what the published clients `fal-client` and `fal-js` expect.
"""

import json
import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

from local.simulators import fal_errors, fields
from local.simulators.callbacks import Notice
from local.simulators.dialect import KLING_FRAME_RATES, Dialect, DialectRoute
from local.simulators.exchange import HttpCall, HttpReply, RefusedCall, json_reply
from local.simulators.fal_endpoints import APPS, ENDPOINTS, app_of
from local.simulators.fal_listing import requests_by_endpoint
from local.simulators.fal_payloads import delete_payloads
from local.simulators.faults import FaultRule
from local.simulators.fields import Field
from local.simulators.ledger import LedgerKind
from local.simulators.orders import ENDED, Job, JobOrder, Phase, Rate
from local.simulators.signing import WebhookKey
from local.simulators.views import JobView

REFERENCES_MAX = 4
# The documents promise 10 tries in 2 hours and leave the spacing open.
RETRY_DELAYS_SECONDS = (15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1200.0, 1800.0, 2175.0)


def _elements(value: Any) -> str | None:
    if not isinstance(value, list):
        return "Input should be a valid list"
    for element in value:
        if not isinstance(element, dict) or fields.url(element.get("frontal_image_url")):
            return "each needs frontal_image_url"
        if fields.urls(1, 3)(element.get("reference_image_urls")):
            return "each needs 1 to 3 reference_image_urls"
    return None


FIELDS = {
    "prompt": Field(fields.text, required=True),
    "video_url": Field(fields.url_or_data, required=True),
    "keep_audio": Field(fields.flag, default=False),
    "image_urls": Field(fields.urls(0, REFERENCES_MAX), default=[]),
    "elements": Field(_elements, default=[]),
}

STATUSES = {
    Phase.QUEUED: "IN_QUEUE",
    Phase.RUNNING: "IN_PROGRESS",
    Phase.DONE: "COMPLETED",
    Phase.FAILED: "COMPLETED",
    Phase.CANCELLED: "COMPLETED",
}
"""There is no status for a failure: only the result tells."""


class FalDialect(Dialect):
    """Submit to the queue, ask for the status, then for the result."""

    name = "fal"
    scheme = "Key"

    def make_routes(self) -> tuple[DialectRoute, ...]:
        """Both forms of a request's URL; listing, address ranges and keys on hosts of their own."""
        apps, endpoints = "|".join(APPS), "|".join(ENDPOINTS)
        # An application answers for its own requests only: the other's are unknown to it.
        request = f"/(?:{endpoints}|{apps})/requests/([^/]+)"
        by_endpoint = re.compile("/fal-platform/v1/models/requests/by-endpoint")
        payloads = re.compile("/fal-platform/v1/models/requests/([^/]+)/payloads")
        return (
            DialectRoute(
                "POST",
                re.compile(f"/({endpoints})"),
                "submit",
                self._submit,
            ),
            DialectRoute("GET", re.compile(f"{request}/status"), "poll", self._status),
            DialectRoute("GET", re.compile(f"{request}(?:/response)?"), "result", self._result),
            DialectRoute("PUT", re.compile(f"{request}/cancel"), "cancel", self._cancel),
            DialectRoute("GET", by_endpoint, "list", self._list),
            DialectRoute("DELETE", payloads, "forget", self._forget),
            DialectRoute("GET", re.compile("/fal-platform/v1/meta"), "list", self._meta, open=True),
            DialectRoute(
                "GET", re.compile(r"/fal-rest/\.well-known/jwks\.json"), "list", self._keys, True
            ),
        )

    def row(self, code: str, call: HttpCall) -> HttpReply:
        """A row of the error table by its type."""
        return _traced(fal_errors.row(code))

    def refusal(self, refused: RefusedCall, call: HttpCall, on_poll: bool = False) -> HttpReply:
        """A string or a list in `detail`; an unknown request is `{"status": "NOT_FOUND"}`."""
        if refused.problem == "not_found":
            return _traced(json_reply(404, {"status": "NOT_FOUND"}))
        return _traced(fal_errors.refusal(refused))

    def accepted(self, view: JobView, shown_id: str | None) -> HttpReply:
        """The queued request and its URLs."""
        content = {"status": "IN_QUEUE", "queue_position": self._position(view.job)}
        if shown_id:
            ids = {"request_id": shown_id, "gateway_request_id": shown_id}
            content |= {**ids, **self._urls(view.job, shown_id)}
        return _traced(json_reply(200, content), shown_id)

    def notice(self, view: JobView, url: str, shown_id: str, foreign: bool, forged: bool) -> Notice:
        """The signed webhook; a forged one is signed with a key nobody published."""
        ids = {"request_id": shown_id, "gateway_request_id": shown_id}
        reply = self._outcome(view)
        payload = json.loads(reply.body) if isinstance(reply.body, bytes) else None
        content: dict[str, Any] = {**ids, "status": "OK", "payload": payload}
        if reply.status != 200:
            content |= {"status": "ERROR", "error": f"Invalid status code: {reply.status}"}
        body = json.dumps(content).encode()
        user = "github|9999999" if foreign else self.backend.settings.fal_user_id
        key = WebhookKey() if forged else self.backend.fal_key
        headers = key.headers(shown_id, user, body)
        return Notice(url, body, headers, RETRY_DELAYS_SECONDS, 15, redirect_is_final=True)

    def _submit(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        content = fields.read_object(call.body)
        webhook = call.query.get("fal_webhook")
        if webhook is not None and fields.url(webhook):
            raise RefusedCall("refused", "fal_webhook is not a valid URL")
        try:
            order = self._order(match[1], content)
        except RefusedCall as flaw:
            if self.backend.checks_at_submit(self.name):
                raise
            # The queue takes what it is given; the model finds out when it runs.
            order = replace(self._plain_order(match[1], "", None), flaw=flaw)
        return self.take(replace(order, callback_url=webhook), call, content, rule)

    def _order(self, endpoint: str, content: dict[str, Any]) -> JobOrder:
        takes = ("prompt", "video_url", *ENDPOINTS[endpoint].takes)
        known = {name: field for name, field in FIELDS.items() if name in takes}
        examined = fields.examine(content, known, self.backend.settings.strict_fields)
        values = {name: field.default for name, field in FIELDS.items()} | examined
        images, elements = values["image_urls"], values["elements"]
        count = len(images) + len(elements)
        self.check_words(values["prompt"], count, REFERENCES_MAX, "image_urls")
        shown = [
            url
            for element in elements
            for url in (element["frontal_image_url"], *element["reference_image_urls"])
        ]
        order = self._plain_order(endpoint, values["prompt"], values["video_url"])
        return replace(order, image_urls=(*images, *shown), keep_audio=bool(values["keep_audio"]))

    def _plain_order(self, endpoint: str, prompt: str, video_url: str | None) -> JobOrder:
        sold = ENDPOINTS[endpoint]
        return JobOrder(
            model=endpoint,
            prompt=prompt,
            video_url=video_url,
            keep_audio=False,
            limits=self.limits(
                pixels=sold.pixels,
                frames_per_second=KLING_FRAME_RATES,
                max_seconds=sold.most_seconds,
                max_bytes=sold.max_bytes,
            ),
            rate=Rate(sold.usd_per_second, counts_result=sold.counts_result),
            video_field="video_url",
            image_field="image_urls",
        )

    def _view(self, match: re.Match[str], rule: FaultRule | None, kind: LedgerKind) -> JobView:
        view = self.looked_up(match[1], rule, kind)
        if view is None or not match.string.startswith(f"/{app_of(view.job.order.model)}/"):
            raise RefusedCall("not_found", "NOT_FOUND")
        return view

    def _status(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        view = self._view(match, rule, LedgerKind.POLLED)
        job = view.job
        content: dict[str, Any] = {
            "status": view.word if view.word is not None else STATUSES[view.phase],
            "request_id": match[1],
            **self._urls(job, match[1]),
        }
        if view.phase is Phase.QUEUED:
            content["queue_position"] = self._position(job)
        else:
            content["logs"] = self._logs(view) if call.query.get("logs") in ("1", "true") else []
        if view.ended:
            started = job.started_at or job.created_at
            content["metrics"] = {"inference_time": round((job.ended_at or started) - started, 3)}
        if view.failure and self.backend.settings.fal_error_in_status:
            content["error"] = f"Invalid status code: {self._outcome(view).status}"
            content["error_type"] = fal_errors.error_type(view.failure)
        status = 200 if view.ended else self.backend.settings.fal_status_code
        return _traced(json_reply(status, content), match[1])

    def _result(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        view = self._view(match, rule, LedgerKind.RESULT)
        if not view.ended:
            raise RefusedCall("in_progress", "Request is still in progress")
        if view.job.is_forgotten:
            raise RefusedCall("not_found", "NOT_FOUND")
        return _traced(self._outcome(view), match[1])

    def _outcome(self, view: JobView) -> HttpReply:
        if view.failure:
            return fal_errors.refusal(view.failure)
        result = view.job.result
        video = (
            {
                "url": view.links[0],
                "content_type": "video/mp4",
                "file_name": "output.mp4",
                "file_size": result.stat().st_size if result else 0,
            }
            if view.links
            else None
        )
        units = f"{view.job.billable_seconds:g}"
        return json_reply(200, {"video": video}, {"X-Fal-Billable-Units": units})

    def _cancel(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        job = self.backend.jobs.find(self.name, match[1])
        if job is None or not match.string.startswith(f"/{app_of(job.order.model)}/"):
            raise RefusedCall("not_found", "NOT_FOUND")
        if job.phase in ENDED:
            return _traced(json_reply(400, {"status": "ALREADY_COMPLETED"}), job.id)
        phase = job.phase
        self.backend.jobs.cancel(job)
        self.backend.ledger.enter(LedgerKind.CANCELLED, self.name, job.id, phase=phase.value)
        status = self.backend.settings.fal_cancel_queued_status if phase is Phase.QUEUED else 202
        word = "OK" if status == 200 else "CANCELLATION_REQUESTED"  # 200: out of the queue
        return _traced(json_reply(status, {"status": word}), job.id)

    def _list(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        self.backend.ledger.enter(LedgerKind.LISTED, self.name)
        mode = self.backend.settings.fal_listing
        if mode == "absent":
            raise RefusedCall("gone", "not found")
        jobs = [job for job in self.backend.jobs.of(self.name) if mode == "all" or job.ended_at]
        outcomes = [(job, self._outcome(self.see(job)) if job.ended_at else None) for job in jobs]
        return requests_by_endpoint(call, outcomes)

    def _forget(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        return _traced(delete_payloads(self.backend, match[1]), match[1])

    def _meta(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        return json_reply(200, {"webhook_ip_ranges": ["127.0.0.1/32"]})

    def _keys(self, call: HttpCall, match: re.Match[str], rule: FaultRule | None) -> HttpReply:
        return json_reply(200, self.backend.fal_key.jwks())

    def _position(self, job: Job) -> int:
        return self.backend.jobs.ahead_of(job)

    def _logs(self, view: JobView) -> list[dict[str, str]]:
        line = {"level": "INFO", "source": "USER", "message": f"{view.progress}% done"}
        return [{"timestamp": "2026-01-01T00:00:00Z", **line}]

    def _urls(self, job: Job, request_id: str) -> dict[str, str]:
        full = self.backend.settings.fal_urls == "full"
        endpoint = job.order.model
        path = f"{job.base_url}/{endpoint if full else app_of(endpoint)}/requests/{request_id}"
        return {
            "response_url": f"{path}/response" if full else path,
            "status_url": f"{path}/status",
            "cancel_url": f"{path}/cancel",
        }


def _traced(reply: HttpReply, request_id: str | None = None) -> HttpReply:
    headers = {**reply.headers, "x-fal-request-id": request_id or str(uuid4())}
    return replace(reply, headers=headers)
