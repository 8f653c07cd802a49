"""One answer in HTTP: its headers, and what of the event an answer depends on."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.event_handler import Response

from retake.api.problems import Answer
from retake.api.views import View

NO_STORE = {"cache-control": "no-store"}


def said(status: int, view: View, **headers: str) -> Response[str]:
    """A view as JSON."""
    return Response(
        status,
        content_type="application/json",
        body=view.text(),
        headers={**NO_STORE, **headers},
    )


def patience(answer: Answer) -> dict[str, str]:
    """When to come again, where that would help."""
    seconds = {429: "60", 503: "5"}.get(answer.status)
    return {"retry-after": seconds} if seconds else {}


def request_id(event: Mapping[str, Any]) -> str:
    """By which the log of the API says more."""
    return str((event.get("requestContext") or {}).get("requestId") or "")


def address_of(event: Mapping[str, Any]) -> str:
    """The API's own address, as its caller typed it; "" where the event does not say.

    The function cannot be told by the template: the API knows the function already.
    """
    context = event.get("requestContext") or {}
    host, stage = context.get("domainName"), context.get("stage")
    return f"https://{host}/{stage}" if host and stage else ""
