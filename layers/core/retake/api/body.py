"""Reading what was sent, and naming the first thing that is wrong with it."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from retake.api.problems import Problem
from retake.domain.errors import Refused
from retake.domain.signed_links import raw_body
from retake.request.json_object import object_from_json
from retake.request.parsing import check_prompt
from retake.request.wrong_fields import refusal

BODY_BYTES = 64 * 1024
JSON = "application/json"


def admitted(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event with its body as text, if this API reads such bodies. Raises Problem."""
    body = raw_body(event.get("body"), bool(event.get("isBase64Encoded")))
    if body is None:
        raise Problem("MALFORMED_BODY", "The body is not what its encoding says.")
    if len(body) > BODY_BYTES:
        raise Problem(
            "BODY_TOO_LARGE",
            f"The body has {len(body):,} bytes; {BODY_BYTES:,} are allowed.",
            found=len(body),
            allowed=BODY_BYTES,
        )
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    kind = str(headers.get("content-type") or JSON).partition(";")[0].strip().lower()
    if body and kind != JSON:
        raise Problem(
            "UNSUPPORTED_MEDIA_TYPE",
            "The body must be JSON.",
            field="Content-Type",
            found=kind[:100],
            allowed=JSON,
        )
    return {
        **event,
        "headers": headers,
        "body": body.decode("utf-8", "surrogatepass") if body else None,
        "isBase64Encoded": False,
    }


def json_object(body: Any) -> dict[str, Any]:
    """One JSON object, as strictly read as a request file. Raises Problem."""
    try:
        return object_from_json(body or "")
    except Refused as refused:
        if refused.field != "request":  # it is read, and one field is wrong
            raise
        raise Problem("MALFORMED_BODY", str(refused), found=refused.found) from None


def wrong_body(error: Mapping[str, Any], said: Mapping[str, Any], form: type[BaseModel]) -> Refused:
    """What pydantic found wrong with a body, in the words of every other refusal."""
    if error["loc"][:1] == ("prompt",):
        try:
            check_prompt(said)
        except Refused as refused:
            return refused
    return refusal(error, said, list(form.model_fields))
