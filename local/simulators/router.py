"""Which call reaches which provider, and what a scripted fault makes of the answer."""

import json
import logging
import re

from local.simulators.aimlapi import AimlApi
from local.simulators.backend import Backend
from local.simulators.dialect import Dialect, Route
from local.simulators.evolink import EvoLink
from local.simulators.exchange import Call, Refused, Reply, json_reply
from local.simulators.fal import Fal
from local.simulators.faults import NAMED_ROWS, WIRE, Rule
from local.simulators.ledger import Kind
from local.simulators.novita import Novita

DIALECTS: tuple[type[Dialect], ...] = (Novita, EvoLink, AimlApi, Fal)
CDN_ROWS = {"unavailable": 503, "internal": 500, "rate": 429, "gone": 410, "not_found": 404}
log = logging.getLogger(__name__)


class Router:
    """Finds who answers a call, and spoils the answer where the script says so."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.dialects = {kind.name: kind(backend) for kind in DIALECTS}

    def answer(self, provider: str, call: Call) -> Reply:
        """The reply of a provider to a call; garbage gets its own error body, never a crash."""
        dialect = self.dialects[provider]
        found = dialect.route(call)
        if found is None:
            return dialect.not_routed(call)
        route, match = found
        rule = self.backend.script.take(provider, route.call, call.text())
        try:
            return self._answer(dialect, route, match, call, rule)
        except Refused as refused:
            if route.call == "submit":
                self.backend.ledger.enter(
                    Kind.REFUSED, provider, None, problem=str(refused.problem), field=refused.field
                )
            return dialect.refusal(refused, call, on_poll=route.call != "submit")
        except Exception:
            log.exception("the %s simulator failed", provider)
            return dialect.refusal(Refused("internal", "Internal server error"), call)

    def _answer(
        self, dialect: Dialect, route: Route, match: re.Match[str], call: Call, rule: Rule | None
    ) -> Reply:
        submits = route.call == "submit"
        fault = rule.fault if rule else "ok"
        if rule and route.call in ("submit", "cancel") and not rule.starts_a_job:
            if submits:
                self.backend.ledger.enter(Kind.REFUSED, dialect.name, None, problem=fault)
            return self.disturbed(dialect, call, rule, json_reply(200, {}))
        if not route.open:
            dialect.check_key(call, submits)
        if rule and fault == "slow_accept":
            self.backend.stopping.wait(float(rule.params.get("seconds", 5)))
        reply = route.answer(call, match, rule)
        disturbs = rule is not None and fault in WIRE and fault != "ok"
        return self.disturbed(dialect, call, rule, reply) if rule and disturbs else reply

    def disturbed(self, dialect: Dialect, call: Call, rule: Rule, reply: Reply) -> Reply:
        """The reply as a wire fault changes it."""
        fault, params = rule.fault, rule.params
        if fault == "status":
            body = params.get("body", {})
            content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            headers = {"Content-Type": "application/json", **params.get("headers", {})}
            return Reply(int(params.get("status", 500)), content, headers)
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

    def download(self, call: Call) -> Reply:
        """Serve a result."""
        reply = self.backend.cdn.serve(call)
        if reply.fault in CDN_ROWS:
            return Reply(CDN_ROWS[reply.fault], b"")
        if reply.fault == "status":
            body = str(reply.params.get("body", "")).encode()
            return Reply(int(reply.params.get("status", 500)), body)
        return reply
