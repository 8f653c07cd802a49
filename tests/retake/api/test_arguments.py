"""What a route is called with is what Powertools' validation would have called it with."""

import json
import re
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from retake.api.arguments import arguments_of, body_of, read
from retake.api.body import json_object, wrong_body
from retake.api.contract import ROUTES
from retake.api.parameters import wrong_parameter
from retake.api.routes import Api

from tools.openapi import as_powertools_reads

WORDS = st.sampled_from(
    [
        *("", "1", "0", "100", "101", "1.0", "true", "running", "RUNING", "SUCCEEDED", "null"),
        *("novita", "Fal", "novita/kling-o1-edit", "day", "Dya", "a,b", "x" * 101, "x" * 256),
        *("2026-11-28", "2026-11-28T10:00:00Z", "2026-11-28T10:00:00", "1764324000", "\0", "é"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 10**13) | st.floats(0, 2) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)


class Powertools:
    """The routes as Powertools' resolver calls them, with validation."""

    def __init__(self) -> None:
        self.called: list[dict[str, Any]] = []
        self.refused: list[RequestValidationError] = []
        self.resolver = APIGatewayRestResolver(
            enable_validation=True, json_body_deserializer=json_object
        )
        self.resolver.exception_handler(RequestValidationError)(self._refuse)
        for name, route in ROUTES.items():
            called_as = as_powertools_reads(getattr(Api, name))
            self.resolver.route(route.path, route.method)(self._noting(called_as))

    def _noting(self, called_as: Any) -> Any:
        def note(**arguments: Any) -> Response[str]:
            self.called.append(called_as(**arguments))
            return Response(200, body="")

        note.__signature__ = called_as.__signature__  # type: ignore[attr-defined]
        note.__name__ = called_as.__name__
        return note

    def _refuse(self, error: RequestValidationError) -> Response[str]:
        self.refused.append(error)
        return Response(422, body="")

    def reads(self, name: str, event: dict[str, Any]) -> Any:
        """The arguments, or the sentence about the first that is wrong."""
        self.called.clear()
        self.refused.clear()
        self.resolver.resolve(event, None)  # type: ignore[arg-type]
        if self.called:
            return self.called[0]
        error = self.refused[0].errors()[0]
        place, *path = error["loc"]
        if place == "body":
            _, form = body_of(getattr(Api, name)) or ("", None)
            assert form
            said = json_object(event["body"])
            return str(wrong_body({**error, "loc": tuple(path)}, said, form))
        written = (event["queryStringParameters"] or {}).get(path[0], "")
        return str(wrong_parameter(place, str(path[0]), error, written))


POWERTOOLS = Powertools()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_route_is_called_with_what_powertools_reads(data: st.DataObject) -> None:
    _same(data.draw(st.sampled_from(sorted(ROUTES))), data)


@pytest.mark.long
@pytest.mark.parametrize("name", ROUTES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_every_route_is_called_with_what_powertools_reads(name: str, data: st.DataObject) -> None:
    _same(name, data)


def _same(name: str, data: st.DataObject) -> None:
    route, function = ROUTES[name], getattr(Api, name)
    body = body_of(function)
    words = [argument.word for argument in arguments_of(function)]
    several = st.dictionaries(
        st.sampled_from([*words, "other"]), st.lists(WORDS, min_size=1, max_size=2), max_size=3
    )
    fields = [*(body[1].model_fields if body else ()), "other"]
    in_path = data.draw(st.sampled_from(["e-4k2v9q7x0c1m8n3b5d6f", "novita", "FAL", "none"]))
    event = _event(
        route.method,
        re.sub(r"<\w+>", in_path, route.path),
        data.draw(several),
        data.draw(several),
        data.draw(st.dictionaries(st.sampled_from(fields), JSON, max_size=3)),
    )

    assert ours(name, event) == POWERTOOLS.reads(name, event)


def ours(name: str, event: dict[str, Any]) -> Any:
    try:
        return read(getattr(Api, name), ROUTES[name].values(event["path"]) or {}, event)
    except Exception as error:
        return str(error)


def _event(
    method: str, path: str, query: dict[str, list[str]], headers: dict[str, list[str]], body: Any
) -> dict[str, Any]:
    return {
        "httpMethod": method,
        "path": path,
        "headers": {name: each[-1] for name, each in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: each[-1] for name, each in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "body": json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {"requestId": "1", "stage": "v1"},
    }
