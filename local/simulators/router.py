"""Which call reaches which provider, and what a scripted fault makes of the answer."""

import json
import logging
import re

from local.simulators import recorded
from local.simulators.aimlapi import AimlApiDialect
from local.simulators.backend import Backend
from local.simulators.dialect import Dialect, DialectRoute
from local.simulators.evolink import EvoLinkDialect
from local.simulators.exchange import HttpCall, HttpReply, RefusedCall, json_reply
from local.simulators.fal import FalDialect
from local.simulators.faults import NAMED_ROWS, RECORDED, WIRE, FaultRule
from local.simulators.ledger import LedgerKind
from local.simulators.novita import NovitaDialect

DIALECTS: dict[str, type[Dialect]] = {
    kind.name: kind for kind in (NovitaDialect, EvoLinkDialect, AimlApiDialect, FalDialect)
}
CDN_ROWS = {"unavailable": 503, "internal": 500, "rate": 429, "gone": 410, "not_found": 404}
log = logging.getLogger(__name__)


class Router:
    """Finds who answers a call, and spoils the answer where the script says so."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.dialects = {name: kind(backend) for name, kind in DIALECTS.items()}

    def answer(self, provider: str, call: HttpCall) -> HttpReply:
        """The reply of a provider to a call; garbage gets its own error body, never a crash."""
        dialect = self.dialects[provider]
        found = dialect.route(call)
        if found is None:
            return dialect.not_routed(call)
        route, match = found
        rule = self.backend.script.take(provider, route.call, call.text())
        try:
            return self._answer(dialect, route, match, call, rule)
        except RefusedCall as refused:
            if route.call == "submit":
                self.backend.ledger.enter(
                    LedgerKind.REFUSED,
                    provider,
                    None,
                    problem=str(refused.problem),
                    field=refused.field,
                )
            return dialect.refusal(refused, call, on_poll=route.call != "submit")
        except Exception:
            log.exception("the %s simulator failed", provider)
            return dialect.refusal(RefusedCall("internal", "Internal server error"), call)

    def _answer(
        self,
        dialect: Dialect,
        route: DialectRoute,
        match: re.Match[str],
        call: HttpCall,
        rule: FaultRule | None,
    ) -> HttpReply:
        submits = route.call == "submit"
        fault = rule.fault if rule else "ok"
        if rule and route.call in ("submit", "cancel") and not rule.starts_a_job:
            if submits:
                self.backend.ledger.enter(LedgerKind.REFUSED, dialect.name, None, problem=fault)
            return self.disturbed(dialect, call, rule, json_reply(200, {}))
        if not route.open:
            dialect.check_key(call, submits)
        if rule and fault == "slow_accept":
            self.backend.stopping.wait(float(rule.params.get("seconds", 5)))
        if rule and fault in RECORDED and not submits:
            return self._recorded(dialect, call, rule, HttpReply(200))
        reply = route.answer(call, match, rule)
        disturbs = rule is not None and fault in WIRE | RECORDED and fault != "ok"
        return self.disturbed(dialect, call, rule, reply) if rule and disturbs else reply

    def disturbed(
        self, dialect: Dialect, call: HttpCall, rule: FaultRule, reply: HttpReply
    ) -> HttpReply:
        """The reply as a wire fault changes it."""
        fault, params = rule.fault, rule.params
        if fault == "status":
            body = params.get("body", {})
            content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            headers = {"Content-Type": "application/json", **params.get("headers", {})}
            return HttpReply(int(params.get("status", 500)), content, headers)
        if fault in RECORDED:
            return self._recorded(dialect, call, rule, reply)
        if fault == "row":
            return dialect.row(str(params["code"]), call)
        if fault in NAMED_ROWS:
            message = str(params.get("message", fault.replace("_", " ")))
            refused = dialect.refusal(
                RefusedCall(fault, message), call, on_poll=call.method == "GET"
            )
            wait = params.get("retry_after")
            headers = dict(refused.headers) | (
                {"Retry-After": str(wait)} if wait is not None else {}
            )
            return HttpReply(refused.status, refused.body, headers)
        return reply.spoilt(fault, params)

    def _recorded(
        self, dialect: Dialect, call: HttpCall, rule: FaultRule, reply: HttpReply
    ) -> HttpReply:
        """A real answer, with the job in it of which the call, or the honest reply, speaks."""
        honest = reply.body.decode() if isinstance(reply.body, bytes) else ""
        spoken = call.text() + honest
        job = next((job for job in self.backend.jobs.of(dialect.name) if job.id in spoken), None)
        link = self.backend.link(job, dialect.signs_links) if job else None
        return recorded.reply(
            dialect.name,
            rule.call,
            str(rule.params["name"]),
            rule.used,
            job.id if job else "unknown",
            link or "",
        )

    def download(self, call: HttpCall) -> HttpReply:
        """Serve a result."""
        reply = self.backend.cdn.serve(call)
        if reply.fault in CDN_ROWS:
            return HttpReply(CDN_ROWS[reply.fault], b"")
        if reply.fault == "status":
            body = str(reply.params.get("body", "")).encode()
            return HttpReply(int(reply.params.get("status", 500)), body)
        return reply
