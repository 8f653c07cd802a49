"""Approve: the page of a question, and its answer, behind an address that carries its proof."""

from typing import Any

from retake.container import approval_desk, log, ready, vault
from retake.domain.signed_links import raw_body


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes a proxy event of API Gateway; answers with a page.

    Whoever calls decides what is in the path and the body: what is missing counts as unproven.
    """
    path = event.get("pathParameters") or {}
    edit_id, token = path.get("edit_id") or "", path.get("token") or ""
    if event.get("httpMethod") == "POST":
        body = raw_body(event.get("body"), bool(event.get("isBase64Encoded")))
        sent = approval_desk().answer(edit_id, token, body)
    else:
        sent = approval_desk().question(edit_id, token)
    # Never the path, which holds the proof; the id is only worth logging once it was proven.
    shown = edit_id if sent.status == 200 else None
    log.info("approve", method=event.get("httpMethod"), edit_id=shown, answer=sent.status)
    return sent.for_gateway()


ready(approval_desk, vault)
