"""Share: pages for people without an account, each behind an address that carries its proof."""

from typing import Any

from retake.container import log, ready, site, vault


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes a proxy event of API Gateway; answers with a page, or the board's data.

    Whoever calls decides what is in the path: what is missing counts as unproven.
    """
    path = event.get("pathParameters") or {}
    edit_id, token = path.get("edit_id") or "", path.get("token") or ""
    query = event.get("queryStringParameters") or {}
    more = {name: query[name] for name in ("before", "video") if query.get(name)}
    sent = {
        "/share/{edit_id}/{token}": lambda: site().edit(edit_id, token),
        "/board/{token}": lambda: site().board(token),
        "/board/{token}/edits": lambda: site().edits(token, **more),
    }[event["resource"]]()
    # The route and not the path, which holds the proof; the id is only worth logging once proven.
    shown = edit_id if sent.status == 200 else None
    log.info("share", route=event["resource"], edit_id=shown or None, answer=sent.status)
    return sent.for_gateway(is_head=event.get("httpMethod") == "HEAD")


ready(site, vault)
