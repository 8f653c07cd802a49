"""What stands in a path, a query or a header of the API, by its name."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, get_type_hints

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import BeforeValidator

from retake.api.problems import Problem
from retake.catalog.models import MODELS
from retake.domain.spelling import closest, in_any_case
from retake.domain.vocabulary import Status
from retake.settings import PROVIDERS

EditId = Annotated[str, Path(description="The edit's id", examples=["e-4k2v9q7x0c1m8n3b5d6f"])]
ProviderName = Annotated[
    Literal["novita", "evolink", "aimlapi", "fal"],
    BeforeValidator(in_any_case(PROVIDERS)),
    Path(description="As models name it"),
]
BatchId = Annotated[str, Path(description="The batch's id", examples=["b-4k2v9q7x0c1m8n3b5d6f"])]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Chosen by you, new for each edit: repeated with the same body it names the "
        "same edit for as long as its record is kept; with another body it is refused",
    ),
]

StatusFilter = Annotated[
    Status | None,
    BeforeValidator(in_any_case(Status)),
    Query(description="Only those that stand here, in any case"),
]
ModelFilter = Annotated[
    str | None,
    BeforeValidator(in_any_case(MODELS)),
    Query(max_length=100, description="Only of this one"),
]
By = Annotated[
    Literal["day", "model", "folder", "caller", "key"],
    BeforeValidator(in_any_case(("day", "model", "folder", "caller", "key"))),
    Query(description="What the lines are by"),
]
# Signature Version 4 may stand in the query instead of a header (IAM User Guide, "Authentication
# methods").
_OF_SIGNATURE = "x-amz-"


@cache
def query_names(route: Callable[..., Any]) -> Sequence[str]:
    """The parameters that a route reads from its query."""
    hints = get_type_hints(getattr(route, "__func__", route), include_extras=True)
    return [
        name
        for name, hint in hints.items()
        if any(isinstance(each, Query) for each in getattr(hint, "__metadata__", ()))
    ]


def check_query(event: Mapping[str, Any], known: Sequence[str]) -> None:
    """Raises Problem for a parameter that the route does not have: a filter that is passed over
    would answer with what nobody asked for."""
    said = {
        *(event.get("queryStringParameters") or {}),
        *(event.get("multiValueQueryStringParameters") or {}),
    }
    for name in sorted(said):
        if name in known or name.lower().startswith(_OF_SIGNATURE):
            continue
        near = closest(name, known)
        hint = f" Did you mean '{near}'?" if near else ""
        there = f"there are {', '.join(known)}" if known else "it takes none"
        raise Problem(
            "INVALID_PARAMETER",
            f"'{name[:100]}' is not a parameter of this call; {there}.{hint}",
            field=name[:100],
            found=name[:100],
            allowed=list(known),
        )
