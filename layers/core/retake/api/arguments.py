"""What a route is called with: its parameters and its body, as pydantic reads them.

A route says with its types what it takes; they are looked at when it is first called.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from retake.api.body import json_object, wrong_body
from retake.api.parameters import Parameter, wrong_parameter
from retake.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One parameter of a route: its name there, and where under which word it stands."""

    name: str
    place: str
    word: str
    reads: TypeAdapter[Any]
    default: Any


def parameters_of(route: Callable[..., Any]) -> Mapping[str, tuple[Any, Parameter]]:
    """The types and marks of what a route reads from path, query and header, by its names."""
    return {
        name: (hint, mark)
        for name, hint in _types(route).items()
        for mark in getattr(hint, "__metadata__", ())
        if isinstance(mark, Parameter)
    }


def body_of(route: Callable[..., Any]) -> tuple[str, type[BaseModel]] | None:
    """What a route calls its body, and the model that reads it."""
    for name, hint in _types(route).items():
        if name != "return" and isinstance(hint, type) and issubclass(hint, BaseModel):
            return name, hint
    return None


@cache
def arguments_of(route: Callable[..., Any]) -> Sequence[Argument]:
    """The parameters in the order in which they are read: the first wrong one is told."""
    defaults = inspect.signature(route).parameters
    made = [
        Argument(
            name=name,
            place=mark.place,
            word=(mark.word or name).lower(),
            reads=TypeAdapter(Annotated[hint, Field(**mark.rules)]),
            default=defaults[name].default,
        )
        for name, (hint, mark) in parameters_of(route).items()
    ]
    return sorted(made, key=lambda argument: ("path", "query", "header").index(argument.place))


def query_names(route: Callable[..., Any]) -> Sequence[str]:
    """The parameters that a route reads from its query."""
    return [argument.word for argument in arguments_of(route) if argument.place == "query"]


def read(
    route: Callable[..., Any], in_path: Mapping[str, str], event: Mapping[str, Any]
) -> dict[str, Any]:
    """What to call the route with. Raises Problem or Refused for the first thing wrong."""
    body = body_of(route)
    said = json_object(event.get("body")) if body else {}
    query = _merged(
        event.get("queryStringParameters"), event.get("multiValueQueryStringParameters")
    )
    headers = _merged(event.get("headers"), event.get("multiValueHeaders"))
    found = {
        "path": in_path,
        "query": query,
        "header": {name.lower(): value for name, value in headers.items()},
    }
    given = dict(_values(arguments_of(route), found))
    if body is None:
        return given
    name, form = body
    try:
        return {**given, name: form.model_validate(said, from_attributes=True)}
    except ValidationError as error:
        raise wrong_body(error.errors()[0], said, form) from None


def _values(
    arguments: Iterable[Argument], found: Mapping[str, Mapping[str, Any]]
) -> Iterable[tuple[str, Any]]:
    for argument in arguments:
        value = found[argument.place].get(argument.word)
        if value is None:
            yield argument.name, argument.default
            continue
        try:
            yield argument.name, argument.reads.validate_python(value)
        except ValidationError as error:
            written = value[-1] if isinstance(value, list) else value
            raise wrong_parameter(
                argument.place, argument.word, error.errors()[0], written
            ) from None


def _merged(once: Mapping[str, str] | None, several: Mapping[str, Any] | None) -> dict[str, Any]:
    """A value that is said once as itself, one that is said again and again as a list."""
    listed = {
        name: values[0] if len(values) == 1 else values for name, values in (several or {}).items()
    }
    return {**(once or {}), **listed}


@cache
def _types(route: Callable[..., Any]) -> Mapping[str, Any]:
    return get_type_hints(route, include_extras=True)
