"""Reading what was sent, and naming the first thing that is wrong with it."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from pydantic import BaseModel

from retake.api.forms import ApprovalForm, EditForm, QuoteForm, UploadForm
from retake.api.problems import Problem
from retake.api.redeliver import RedeliveryForm
from retake.domain.errors import Refused
from retake.domain.signed_links import raw_body
from retake.domain.spelling import closest
from retake.request.json_object import object_from_json
from retake.request.parsing import check_prompt
from retake.request.wrong_fields import choices_of, refusal

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
        # Powertools tells the types it reads by their exact letters.
        "headers": {**headers, "content-type": JSON},
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


def about_field(error: RequestValidationError, event: Mapping[str, Any]) -> Exception:
    """The first thing that is wrong with a request, in the words of every other refusal."""
    first = error.errors()[0]
    place, *path = first["loc"]
    if place == "body":
        said = json_object(event.get("body"))
        if path[:1] == ["prompt"]:
            try:
                check_prompt(said)
            except Refused as refused:
                return refused
        known = list(_FORMS[str(event["path"]).rstrip("/").rpartition("/")[2]].model_fields)
        return refusal({**first, "loc": tuple(path)}, said, known)
    name = str(path[0]) if path else place
    wanted = str(first["msg"])
    written = str((event.get("queryStringParameters") or {}).get(name, ""))
    near = closest(written, choices_of(first)) if place == "query" else None
    hint = f" Did you mean '{near}'?" if near else ""
    return Problem(
        "INVALID_PARAMETER",
        f"The parameter {name} is not valid: {wanted[:1].lower()}{wanted[1:]}.{hint}",
        field=name,
        allowed=wanted,
    )


# By the last word of the path: each takes one kind of body.
_FORMS: Mapping[str, type[BaseModel]] = {
    "uploads": UploadForm,
    "edits": EditForm,
    "quotes": QuoteForm,
    "approval": ApprovalForm,
    "redeliver": RedeliveryForm,
}
