"""One answer in HTTP: its headers, and what of the event an answer depends on."""

import json
from collections.abc import Mapping
from typing import Any

from retake.api.part_views import View
from retake.api.problems import CONTENT_TYPE, Answer

NO_STORE = {"cache-control": "no-store"}
Sent = dict[str, Any]  # as API Gateway takes it from a proxy of a REST API


def said(status: int, view: View, **headers: str) -> Sent:
    """A view as JSON."""
    return _sent(status, "application/json", view.text(), headers)


def refused(answer: Answer) -> Sent:
    """A problem, with what would help: when to come again, or how."""
    headers = {}
    if seconds := {429: "60", 503: "5"}.get(answer.status):
        headers["retry-after"] = seconds
    if answer.status == 405:
        headers["allow"] = ", ".join(answer.body["allowed"])
    return _sent(answer.status, CONTENT_TYPE, json.dumps(answer.body), headers)


def _sent(status: int, kind: str, body: str, headers: Mapping[str, str]) -> Sent:
    return {
        "statusCode": status,
        "headers": {"content-type": kind, **NO_STORE, **headers},
        "body": body,
        "isBase64Encoded": False,
    }


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
