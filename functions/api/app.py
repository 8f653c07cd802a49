"""Api: the job API behind API Gateway."""

from typing import Any

from retake.api.wiring import api, api_context, usual_answer
from retake.container import log, ready


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes a proxy event of a REST API; answers with its status, headers and body."""
    answer = api().answer(event)
    # The route and not the path, and nothing of the body.
    log.info(
        "api",
        method=event["httpMethod"],
        route=event["resource"],
        edit_id=(event.get("pathParameters") or {}).get("edit_id"),
        answer=answer["statusCode"],
    )
    return answer


ready(api_context, api, usual_answer)
