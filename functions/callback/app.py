"""Callback: the providers' door. Proof first, then a flag on the record and a nudge."""

from typing import Any

from retake.links import raw_body
from retake.stack import log, provider, records, signer, workflow
from retake.steps.callback import Call, take_call


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes a proxy event of API Gateway; answers with a status and one word."""
    path = event["pathParameters"]
    call = Call(
        provider=path["provider"],
        edit_id=path["edit_id"],
        attempt=path["attempt"],
        token=path["token"],
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        body=raw_body(event.get("body"), bool(event.get("isBase64Encoded"))),
    )
    status = take_call(
        call, records=records(), signer=signer(), provider=provider, wake=workflow().wake
    )
    # The path's token stays out of the log; the id is only worth logging once it was proven.
    log.info("callback", edit_id=call.edit_id if status == 200 else None, answer=status)
    return {"statusCode": status, "body": "", "headers": {"cache-control": "no-store"}}
