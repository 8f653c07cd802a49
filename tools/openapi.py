"""docs/openapi.json: the job API for client generators, made from the routes and their models.

`python -m tools.openapi` renews it; a test fails while it is not what the code says.
"""

import inspect
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi import params

from local.emulator.engine import ROOT

DOCUMENT = ROOT / "docs" / "openapi.json"
_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemView"}}}
_GATEWAY = {
    "403": "The call is not signed, or its signer may not make it",
    "429": "Too many calls; come again after a moment",
}
_SIGNED = "aws_sigv4"
_PATTERNS = {"edit_id": "^e-[0-9a-z]{20}$", "batch_id": "^b-[0-9a-z]{20}$"}
# What a client's classes shall be called; in the code a view is not the thing itself.
_VIEWS = (
    *("Batch", "Edit", "EditPage", "Element", "Object", "Problem", "Quote"),
    *("Quotes", "Redeliveries", "Refusal", "Request", "Result", "Upload", "VideoLink"),
    *("Model", "Models", "Variant", "Webhook"),
)
NAMES = {f"{name}View": name for name in _VIEWS} | {
    "CancelView": "CancelAnswer",
    "CancellationView": "Cancellation",
    "ClipForm": "ClipFacts",
    "EditForm": "NewEdit",
    "ElementForm": "NewElement",
    "QuoteForm": "NewQuotes",
    "RedeliveryForm": "NewRedelivery",
    "StartedView": "StartedEdit",
    "UploadForm": "NewUpload",
}
_OURS = (
    "HTTPValidationError",
    "ResponseValidationError",
    "ValidationError",
)  # Powertools' own, which are never answered


def document() -> dict[str, Any]:
    """The whole of it, as OpenAPI 3.1."""
    # Here, because only this command needs the package of the functions.
    sys.path.insert(0, str(ROOT / "layers" / "core"))
    from retake.api.openapi import CONTRACT
    from retake.api.routes import Api

    resolver = APIGatewayRestResolver(enable_validation=True)
    for name, route in CONTRACT.items():
        resolver.route(
            route.path,
            route.method,
            operation_id=name,
            summary=route.summary,
            description=route.description,
            responses=_responses(route),
            tags=[route.tag],
        )(as_powertools_reads(getattr(Api, name)))
    made: dict[str, Any] = json.loads(
        resolver.get_openapi_json_schema(
            title="Retake", version=_version(), description=_DESCRIPTION
        )
    )
    made |= {"servers": [_SERVER], "security": [{_SIGNED: []}], "tags": _TAGS}
    schemas = made["components"]["schemas"]
    for name in _OURS:
        del schemas[name]
    for name, schema in schemas.items():
        if name.endswith("Form"):
            _without_defaults(schema)
        else:
            _without_null(schema)
            _always_there(schema)
        for field, described in schema.get("properties", {}).items():
            if field.endswith("_at"):
                described["format"] = "date-time"
        schema["title"] = NAMES.get(name, name)
    for operation in _operations(made):
        _finish(operation, CONTRACT[operation["operationId"]])
    made["components"]["securitySchemes"] = {_SIGNED: _SCHEME}
    made["paths"][_CALLBACK_PATH] = {"post": _CALLBACK}
    return made


def as_powertools_reads(route: Callable[..., Any]) -> Callable[..., Any]:
    """A stand-in for a route whose types are marked as Powertools' validation wants them: it gives
    back what it was called with."""
    from retake.api.arguments import body_of, parameters_of

    hints = {
        name: Annotated[hint, _PLACES[mark.place](alias=mark.word, **mark.rules)]
        for name, (hint, mark) in parameters_of(route).items()
    }
    if body := body_of(route):
        name, form = body
        hints[name] = Annotated[form, params.Body()]
    given = inspect.signature(route).parameters
    signature = inspect.Signature(
        [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=given[name].default, annotation=hint
            )
            for name, hint in hints.items()
        ],
        return_annotation=Response[str],
    )

    def stand_in(**arguments: Any) -> dict[str, Any]:
        return arguments

    stand_in.__signature__ = signature  # type: ignore[attr-defined]
    stand_in.__name__ = route.__name__
    return stand_in


_PLACES: dict[str, Any] = {"path": params.Path, "query": params.Query, "header": params.Header}


def _responses(route: Any) -> dict[int, Any]:
    """In the form of Powertools: status to description and model."""
    from retake.api.part_views import ProblemView
    from retake.api.problems import CONTENT_TYPE, TITLES

    good: dict[int, Any] = {
        status: {"description": sentence, **_content("application/json", model)}
        for status, (model, sentence) in route.answers.items()
    }
    bad: dict[int, Any] = {
        status: {"description": TITLES[status], **_content(CONTENT_TYPE, ProblemView)}
        for status in sorted({*route.problems, *_ALWAYS})
    }
    return good | bad


# A query that the route does not have, and the stack's own failures.
_ALWAYS = (422, 500, 503)


def _content(kind: str, model: Any) -> dict[str, Any]:
    return {"content": {kind: {"model": model}}} if model else {}


def _version() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def _operations(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in made["paths"].values():
        yield from item.values()


def _finish(operation: dict[str, Any], route: Any) -> None:
    promised = {str(status) for status in (*route.answers, *route.problems, 500, 503)}
    answers = {s: it for s, it in operation["responses"].items() if s in promised}
    for status, sentence in _GATEWAY.items():
        answers[status] = {"description": sentence, "content": _PROBLEM}
    for status, answer in answers.items():
        answer["headers"] = {"cache-control": _header("no-store")}
        if status == "307":
            answer["headers"]["location"] = _header("A link that holds for 15 minutes")
    operation["responses"] = dict(sorted(answers.items()))
    for parameter in operation.get("parameters", ()):
        _without_null(parameter["schema"])
        if parameter["name"] in _PATTERNS:
            parameter["schema"]["pattern"] = _PATTERNS[parameter["name"]]


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


def _without_null(schema: Any) -> None:
    """What has no value is left out, never null."""
    if isinstance(schema, list):
        for each in schema:
            _without_null(each)
    if not isinstance(schema, dict):
        return
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if "anyOf" in schema and len(kinds) == 1:
        del schema["anyOf"]
        schema |= kinds[0] | {k: v for k, v in schema.items() if k in ("title", "description")}
    if schema.get("default", ...) is None:
        del schema["default"]
    for each in list(schema.values()):
        _without_null(each)


def _without_defaults(schema: dict[str, Any]) -> None:
    """What need not be said has no default here: generators take one for a value that is there,
    and demand it. What is left out is what the descriptions say."""
    for field in schema.get("properties", {}).values():
        field.pop("default", None)


def _always_there(schema: dict[str, Any]) -> None:
    """A field of an answer with a default is in every answer."""
    fields = schema.get("properties", {})
    sure = [name for name, field in fields.items() if field.pop("default", None) is not None]
    if sure:
        schema["required"] = [n for n in fields if n in {*schema.get("required", ()), *sure}]


def main() -> None:
    DOCUMENT.write_text(text())
    print(f"Wrote {DOCUMENT.relative_to(ROOT)}.")


def text() -> str:
    """The document as it is stored."""
    made = json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
    return re.sub(r'(?<=/)(\w+)(?=")|"(\w+)(?=": \{)', _renamed, made)


def _renamed(found: re.Match[str]) -> str:
    quote, name = ('"', found[2]) if found[2] else ("", found[1])
    return quote + NAMES.get(name, name)


_DESCRIPTION = (
    "Edit video by instruction with Kling O1, inside your own AWS account. Every call is signed "
    "with AWS Signature Version 4 for the service `execute-api`; the caller needs "
    "`execute-api:Invoke`. Every refusal is `application/problem+json` with a stable `code`; "
    "those of API Gateway itself carry its own word as the code and no `status`."
)
_SERVER = {
    "url": "https://{api_id}.execute-api.{region}.amazonaws.com/v1",
    "description": "ApiUrl in the outputs of the stack",
    "variables": {
        "api_id": {"default": "api", "description": "The id of the stack's API"},
        "region": {"default": "us-east-1", "description": "The stack's region"},
    },
}
_TAGS = [
    {"name": "uploads", "description": "Bring clips and pictures"},
    {"name": "edits", "description": "Start, follow, cancel and fetch edits"},
    {"name": "webhooks", "description": "Be told once more"},
    {"name": "quotes", "description": "Ask before paying"},
    {"name": "callbacks", "description": "For the providers, not for you"},
]
_SCHEME = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "AWS Signature Version 4, service execute-api",
    "x-amazon-apigateway-authtype": "awsSigv4",
}
_CALLBACK_PATH = "/callbacks/{provider}/{edit_id}/{attempt}/{token}"
_CALLBACK = {
    "summary": "The providers' door",
    "description": "Retake hands its address to a provider with each submit. The token is the "
    "proof; fal also signs. Whatever is said here is never believed: it makes Retake ask the "
    "provider sooner.",
    "operationId": "receive_callback",
    "tags": ["callbacks"],
    "security": [],
    "parameters": [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in ("provider", "edit_id", "attempt", "token")
    ],
    "requestBody": {"content": {"application/json": {"schema": {}}}},
    "responses": {
        "200": {"description": "Known, or settled already"},
        "401": {"description": "Not proven"},
        "413": {"description": "More than 256 KB"},
        "503": {"description": "The proof cannot be checked now; come again"},
    },
}


if __name__ == "__main__":
    main()
