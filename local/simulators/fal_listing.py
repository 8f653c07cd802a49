"""fal's platform API: finished requests of an endpoint, newest end first.

After fal's documentation of `GET /v1/models/requests/by-endpoint`: 1-100 items, 50 unless told,
from 24 hours ago unless told; payloads only when expanded and when they were stored.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from local.simulators.exchange import HttpCall, HttpReply, RefusedCall, json_reply
from local.simulators.footage import ProblemKind
from local.simulators.orders import Job

DAY_SECONDS = 86_400
FAR_FUTURE = 1e12


def requests_by_endpoint(
    call: HttpCall, outcomes: Sequence[tuple[Job, HttpReply | None]]
) -> HttpReply:
    """One page; `outcomes` pairs each job with its result, None while it runs. Raises Refused."""
    endpoint = call.query.get("endpoint_id")
    if not endpoint:
        raise RefusedCall(ProblemKind.MISSING, "endpoint_id is required", "endpoint_id")
    now = datetime.now(UTC).timestamp()
    start = _moment(call.query.get("start"), now - DAY_SECONDS)
    end = _moment(call.query.get("end"), FAR_FUTURE)
    asked = call.query.get("limit", "50")
    limit = min(max(int(asked), 1), 100) if asked.isdigit() else 50
    cursor = call.query.get("cursor", "0")
    offset = int(cursor) if cursor.isdigit() else 0
    chosen = [
        (job, reply)
        for job, reply in outcomes
        if job.order.model == endpoint and start <= (job.ended_at or job.created_at) <= end
    ]
    chosen.sort(key=lambda pair: pair[0].ended_at or FAR_FUTURE, reverse=True)
    page = chosen[offset : offset + limit]
    more = offset + limit < len(chosen)
    expanded = call.query.get("expand") == "payloads"
    return json_reply(
        200,
        {
            "items": [_item(job, reply, expanded) for job, reply in page],
            "next_cursor": str(offset + limit) if more else None,
            "has_more": more,
        },
    )


def _item(job: Job, reply: HttpReply | None, expanded: bool) -> dict[str, Any]:
    item: dict[str, Any] = {
        "request_id": job.id,
        "endpoint_id": job.order.model,
        "sent_at": _stamp(job.created_at),
        "started_at": _stamp(job.started_at),
        "ended_at": _stamp(job.ended_at),
        "status_code": reply.status if reply else None,
        "duration": (job.ended_at or 0) - (job.started_at or 0) if job.ended_at else None,
    }
    if expanded and job.stores_payloads:
        output = json.loads(reply.body) if reply and isinstance(reply.body, bytes) else None
        item |= {"json_input": job.body, "json_output": output}
    return item


def _stamp(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None


def _moment(text: str | None, default: float) -> float:
    if not text:
        return default
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise RefusedCall(ProblemKind.INVALID, "not an ISO 8601 time", "start", text) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
