"""Callback: the providers' door. Proof first, then a flag on the record and a nudge."""

from collections.abc import Mapping
from typing import Any

from retake.container import (
    callback_proof,
    count,
    log,
    provider,
    ready,
    records,
    signer,
    vault,
    workflow,
)
from retake.domain.signed_links import raw_body
from retake.steps.callback import Call, take_call
from retake.steps.measures import of_call


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes a proxy event of API Gateway; answers with a status and no word.

    What the event lacks counts as empty, and so as unproven: whoever calls decides what is in it.
    """
    path = event.get("pathParameters") or {}
    call = Call(
        provider=path.get("provider") or "",
        edit_id=path.get("edit_id") or "",
        attempt=path.get("attempt") or "",
        token=path.get("token") or "",
        headers=_headers(event),
        body=raw_body(event.get("body"), bool(event.get("isBase64Encoded"))),
    )
    status = take_call(
        call,
        records=records(),
        signer=signer(),
        provider=provider,
        wake=workflow().wake,
        proof=callback_proof(),
    )
    # The path's token stays out of the log; the id is only worth logging once it was proven.
    log.info("callback", edit_id=call.edit_id if status == 200 else None, answer=status)
    count(of_call(status))
    return {"statusCode": status, "body": "", "headers": {"cache-control": "no-store"}}


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    """By lower-case name; values of one name are joined as HTTP joins them (RFC 9110, 5.3).

    So nobody can choose which of two values is read: a signature over either holds for neither.
    """
    several: Mapping[str, list[str]] = event.get("multiValueHeaders") or {
        name: [value] for name, value in (event.get("headers") or {}).items()
    }
    found: dict[str, list[str]] = {}
    for name, values in several.items():
        found.setdefault(name.lower(), []).extend(values)
    return {name: ", ".join(values) for name, values in found.items()}


ready(records, callback_proof, vault, workflow)
