"""Everything behind the socket: which call reaches which dialect, under which fault."""

import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Event
from typing import Any

from local.simulators import recorded
from local.simulators.aimlapi import AimlApi
from local.simulators.callbacks import Courier
from local.simulators.cdn import Cdn
from local.simulators.dialect import Dialect, Route
from local.simulators.evolink import EvoLink
from local.simulators.exchange import Call, Refused, Reply, json_reply
from local.simulators.fal import Fal
from local.simulators.faults import NAMED_ROWS, OF_JOB, RECORDED, WIRE, Rule, Script
from local.simulators.fetching import Fetcher
from local.simulators.jobs import Developer, Jobs
from local.simulators.ledger import Kind, Ledger
from local.simulators.novita import Novita
from local.simulators.orders import Job, Media, Order
from local.simulators.settings import Settings
from local.simulators.signing import WebhookKey
from local.simulators.timer import Timer

DIALECTS: tuple[type[Dialect], ...] = (Novita, EvoLink, AimlApi, Fal)
CDN_ROWS = {"unavailable": 503, "internal": 500, "rate": 429, "gone": 410, "not_found": 404}
TTL_WHEN_BROKEN_SECONDS = 0.0
log = logging.getLogger(__name__)


class World:
    """The providers' side of the world; `root_url` is known once the server is bound."""

    def __init__(self, settings: Settings, developer: Developer, folder: Path) -> None:
        self.settings = settings
        self.root_url = ""
        self.stopping = Event()
        self.ledger = Ledger()
        self.script = Script()
        self.timer = Timer()
        self.fal_key = WebhookKey()
        self.cdn = Cdn(self.ledger, self.script)
        self.courier = Courier(settings, self.ledger, self.timer)
        fetcher = Fetcher(settings, self.ledger, self.script, self.stopping)
        self.jobs = Jobs(
            settings,
            self.ledger,
            self.timer,
            fetcher,
            developer,
            folder,
            self._when_started,
            self._when_ended,
        )
        self.dialects = {kind.name: kind(self) for kind in DIALECTS}

    def now(self) -> float:
        """Unix seconds."""
        return time.time()

    def close(self) -> None:
        """Stop all work."""
        self.stopping.set()
        self.timer.close()
        self.jobs.close()
        self.courier.close()

    def answer(self, provider: str, call: Call) -> Reply:
        """The reply of a provider to a call; garbage gets its own error body, never a crash."""
        dialect = self.dialects[provider]
        found = dialect.route(call)
        if found is None:
            return dialect.not_routed(call)
        route, match = found
        rule = self.script.take(provider, route.call, call.text())
        try:
            return self._answer(dialect, route, match, call, rule)
        except Refused as refused:
            if route.call == "submit":
                self.ledger.enter(
                    Kind.REFUSED, provider, None, problem=str(refused.problem), field=refused.field
                )
            return dialect.refusal(refused, call, on_poll=route.call != "submit")
        except Exception:
            log.exception("the %s simulator failed", provider)
            return dialect.refusal(Refused("internal", "Internal server error"), call)

    def _answer(
        self, dialect: Dialect, route: Route, match: Any, call: Call, rule: Rule | None
    ) -> Reply:
        submits = route.call == "submit"
        fault = rule.fault if rule else "ok"
        if rule and route.call in ("submit", "cancel") and not rule.starts_a_job:
            if submits:
                self.ledger.enter(Kind.REFUSED, dialect.name, None, problem=fault)
            return self.disturbed(dialect, call, rule, json_reply(200, {}))
        if not route.open:
            dialect.check_key(call, submits)
        if rule and fault == "slow_accept":
            self.stopping.wait(float(rule.params.get("seconds", 5)))
        if rule and fault in RECORDED and not submits:
            return self._recorded(dialect, call, rule, Reply(200))
        reply = route.answer(call, match, rule)
        disturbs = rule is not None and fault in WIRE | RECORDED and fault != "ok"
        return self.disturbed(dialect, call, rule, reply) if rule and disturbs else reply

    def disturbed(self, dialect: Dialect, call: Call, rule: Rule, reply: Reply) -> Reply:
        """The reply as a wire fault changes it."""
        fault, params = rule.fault, rule.params
        if fault == "status":
            body = params.get("body", {})
            content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            headers = {"Content-Type": "application/json", **params.get("headers", {})}
            return Reply(int(params.get("status", 500)), content, headers)
        if fault in RECORDED:
            return self._recorded(dialect, call, rule, reply)
        if fault == "row":
            return dialect.row(str(params["code"]), call)
        if fault in NAMED_ROWS:
            message = str(params.get("message", fault.replace("_", " ")))
            refused = dialect.refusal(Refused(fault, message), call, on_poll=call.method == "GET")
            wait = params.get("retry_after")
            headers = dict(refused.headers) | (
                {"Retry-After": str(wait)} if wait is not None else {}
            )
            return Reply(refused.status, refused.body, headers)
        return reply.spoilt(fault, params)

    def _recorded(self, dialect: Dialect, call: Call, rule: Rule, reply: Reply) -> Reply:
        """A real answer, with the job in it of which the call, or the honest reply, speaks."""
        honest = reply.body.decode() if isinstance(reply.body, bytes) else ""
        spoken = call.text() + honest
        job = next((job for job in self.jobs.of(dialect.name) if job.id in spoken), None)
        return recorded.reply(
            dialect.name,
            rule.call,
            str(rule.params["name"]),
            rule.used,
            job.id if job else "unknown",
            (self.link(job) if job else None) or "",
        )

    def take(
        self, provider: str, job_id: str, order: Order, call: Call, body: object, rule: Rule | None
    ) -> Job:
        """Accept an order: ledger, job, callback plan. Raises Refused when checked at submit."""
        media: Media | None = None
        if self.checks_at_submit(provider):
            media = self.jobs.inspect(order, provider, job_id)
        quirks: dict[str, Mapping[str, Any]]
        quirks = {rule.fault: rule.params} if rule and rule.fault in OF_JOB else {}
        job = Job(
            id=job_id,
            provider=provider,
            order=order,
            base_url=call.base_url,
            seconds=self.settings.seconds,
            quirks=quirks,
            body=body,
            stores_payloads=call.headers.get("x-fal-store-io") != "0",
            media=media,
            footage=media.footage if media else None,
        )
        self.ledger.enter(
            Kind.ACCEPTED,
            provider,
            job_id,
            model=order.model,
            path=call.path,
            query=dict(call.query),
            headers=_shown(call.headers),
            body=body,
            fault=rule.fault if rule else None,
        )
        plan = self.script.take(provider, "callback", call.text()) if order.callback_url else None
        self.courier.plan(job, plan)
        if plan and plan.fault == "early":
            self.jobs.run_now(job)
        else:
            self.jobs.accept(job)
        return job

    def checks_at_submit(self, provider: str) -> bool:
        """Whether this provider looks into the media before it answers a submit."""
        when = self.settings.check_at | {"fal": self.settings.fal_check_at}
        return when[provider] == "submit"

    def link(self, job: Job) -> str | None:
        """The URL of a finished job's result."""
        if job.result is None or job.ended_at is None:
            return None
        if job.link is None or self.settings.fresh_links:
            ttl = self.settings.ttl_seconds[job.provider]
            if quirk := job.quirks.get("ttl"):
                ttl = float(quirk.get("seconds", TTL_WHEN_BROKEN_SECONDS))
            signed = self.dialects[job.provider].signs_links
            path = self.cdn.publish(job.provider, job.id, job.result, ttl, signed)
            job.link = self.root_url + path
        return job.link

    def download(self, call: Call) -> Reply:
        """Serve a result."""
        reply = self.cdn.serve(call)
        if reply.fault in CDN_ROWS:
            return Reply(CDN_ROWS[reply.fault], b"")
        if reply.fault == "status":
            body = str(reply.params.get("body", "")).encode()
            return Reply(int(reply.params.get("status", 500)), body)
        return reply

    def _when_started(self, job: Job) -> None:
        self.courier.when_started(job, self.dialects[job.provider])

    def _when_ended(self, job: Job) -> None:
        self.courier.when_ended(job, self.dialects[job.provider])


def _shown(headers: Mapping[str, str]) -> dict[str, str]:
    scheme = headers.get("authorization", "").partition(" ")[0]
    return {**headers, "authorization": scheme}
