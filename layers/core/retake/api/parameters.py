"""What stands in a path, a query or a header of the API, by its name."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from retake.api.problems import Problem
from retake.catalog.models import MODELS
from retake.domain.errors import shortened
from retake.domain.spelling import closest, in_any_case
from retake.domain.values import dataclass
from retake.domain.vocabulary import Status
from retake.request.wrong_fields import choices_of
from retake.settings import PROVIDERS

MOST_LISTED = 100  # edits on one page


@dataclass(frozen=True, slots=True)
class Parameter:
    """Marks what a route reads from a place, `path`, `query` or `header`: the arguments of
    pydantic's Field, and the word it stands under where that is not the argument's."""

    place: str
    rules: Mapping[str, Any]
    word: str | None = None


def in_path(**rules: Any) -> Parameter:
    return Parameter("path", rules)


def in_query(**rules: Any) -> Parameter:
    return Parameter("query", rules)


def in_header(word: str, **rules: Any) -> Parameter:
    return Parameter("header", rules, word)


EditId = Annotated[str, in_path(description="The edit's id", examples=["e-4k2v9q7x0c1m8n3b5d6f"])]
ProviderName = Annotated[
    Literal["novita", "evolink", "aimlapi", "fal"],
    BeforeValidator(in_any_case(PROVIDERS)),
    in_path(description="As models name it"),
]
BatchId = Annotated[str, in_path(description="The batch's id", examples=["b-4k2v9q7x0c1m8n3b5d6f"])]
IdempotencyKey = Annotated[
    str | None,
    in_header(
        "Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Chosen by you, new for each edit: repeated with the same body it names the "
        "same edit for as long as its record is kept; with another body it is refused",
    ),
]

StatusFilter = Annotated[
    Status | Literal["WAITING"] | None,
    BeforeValidator(in_any_case((*Status, "WAITING"))),
    in_query(
        description="Only those that stand here, in any case; WAITING: those that wait for "
        "something before they are sent, whatever their status"
    ),
]
ModelFilter = Annotated[
    str | None,
    BeforeValidator(in_any_case(MODELS)),
    in_query(max_length=100, description="Only of this one"),
]
By = Annotated[
    Literal["day", "model", "folder", "caller", "key"],
    BeforeValidator(in_any_case(("day", "model", "folder", "caller", "key"))),
    in_query(description="What the lines are by"),
]
# Signature Version 4 may stand in the query instead of a header (IAM User Guide, "Authentication
# methods").
_OF_SIGNATURE = "x-amz-"


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


def wrong_parameter(place: str, name: str, error: Mapping[str, Any], written: Any) -> Problem:
    """What pydantic found wrong with a parameter, in the words of every other refusal."""
    wanted = next(
        (wanted for kind, wanted in _WANTED.items() if str(error["type"]).startswith(kind)),
        str(error["msg"]),
    )
    near = closest(str(written), choices_of(error)) if place == "query" else None
    hint = f" Did you mean '{near}'?" if near else ""
    found = f"found '{shortened(written)}'; " if place == "query" else ""
    return Problem(
        "INVALID_PARAMETER",
        f"The parameter {name} is not valid: {found}{wanted[:1].lower()}{wanted[1:]}.{hint}",
        field=name,
        allowed=wanted,
    )


_TIME = "it is a time in ISO 8601, such as 2026-03-01T12:00:00Z"
_WHOLE = f"it is a whole number from 1 to {MOST_LISTED}"
# Kinds of errors, by how their names begin; pydantic's own sentences speak of its types.
_WANTED: Mapping[str, str] = {
    "datetime_": _TIME,
    "timezone_": _TIME,
    "int_": _WHOLE,
    "greater_than": _WHOLE,
    "less_than": _WHOLE,
}
