"""Once the stack is deployed, nothing makes or changes code any more, by whatever road.

Every call that the emulator is about to serve is judged where it chooses the service and unpacks
the body, so that no encoding says one thing here and another there; and by what may still be done,
not by what may not.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

Answer = tuple[int, dict[str, str], bytes]
Dispatch = Callable[..., Awaitable[Answer]]

REFUSAL = "The stack is deployed; no function is made or changed any more."
# Services that run no code of a caller's: everything of theirs goes on.
_FREE = frozenset(
    {"s3", "dynamodb", "sqs", "sns", "logs", "secretsmanager", "monitoring", "iam", "sts", "kms"}
)
_READS = r"(Describe|Get|List)\w+"
# Others by the names of their actions; a workflow that is made could make a function in its turn.
_NAMED: Mapping[str, re.Pattern[str]] = {
    "cloudformation": re.compile(_READS),
    "events": re.compile(rf"{_READS}|PutEvents|(Enable|Disable)Rule"),
    "states": re.compile(
        rf"{_READS}|(Start|Stop|StartSync|Redrive)Execution|SendTask(Success|Failure|Heartbeat)"
    ),
}
# The two that are named by their paths: what functions there are may be called, and held back.
_LAMBDA = re.compile(
    r"POST /2015-03-31/functions/[^/]+/invocations"
    r"|(PUT|DELETE) /20\d\d-\d\d-\d\d/functions/[^/]+/concurrency"
)
_BY_PATH: Mapping[str, re.Pattern[str]] = {
    "lambda": re.compile(rf"GET /.*|{_LAMBDA.pattern}"),
    "apigateway": re.compile(r"GET /.*"),
}


@dataclass(slots=True)
class Seal:
    """Open while the stack is made."""

    is_closed: bool = False

    def apply(self, emulator: Any) -> None:
        """Stand between the emulator's router and its services."""
        dispatch: Dispatch = emulator._dispatch_service_request

        async def judged(
            method: str,
            path: str,
            headers: dict[str, str],
            body: bytes,
            query: dict[str, list[str]],
            request_id: str,
        ) -> Answer:
            if self.is_closed and not self._lets(emulator, method, path, headers, body, query):
                return 403, {"Content-Type": "text/xml"}, denied(REFUSAL)
            return await dispatch(method, path, headers, body, query, request_id)

        emulator._dispatch_service_request = judged

    def _lets(
        self,
        emulator: Any,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, list[str]],
    ) -> bool:
        whole = emulator._decompress_request_body(body, headers)
        named = emulator._routing_params(method, path, headers, whole, query)
        # Either body counts: for storage the emulator unpacks none.
        chosen = {
            emulator.detect_service(method, path, headers, each)
            for each in (named, emulator._routing_params(method, path, headers, body, query))
        }
        return all(may(each, method, path, headers, whole, query) for each in chosen)


def may(
    service: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    query: Mapping[str, list[str]],
) -> bool:
    """Whether a deployed stack's emulator still does it."""
    if service in _FREE:
        return True
    if service in _BY_PATH:
        return _BY_PATH[service].fullmatch(f"{method} {path}") is not None
    allowed = _NAMED.get(service)
    actions = _actions(path, headers, body, query)
    return bool(allowed and actions) and all(allowed and allowed.fullmatch(a) for a in actions)


def _actions(
    path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, list[str]]
) -> list[str]:
    """Every name that a call gives to what it wants: all of them count, whichever is obeyed."""
    said = parse_qs(body.decode("utf-8", errors="replace"), keep_blank_values=True)
    found = [
        value
        for named in (query, said)
        for name, values in named.items()
        if name.lower() == "action"
        for value in values
    ]
    if target := headers.get("x-amz-target"):
        found.append(target.rpartition(".")[2])
    if operation := re.search(r"/operation/([^/]*)", path):
        found.append(operation[1])
    return found


def denied(text: str) -> bytes:
    """As the services of AWS that speak XML say it; clients of the others take any text."""
    error = f"<Error><Code>AccessDenied</Code><Message>{text}</Message></Error>"
    return f"<ErrorResponse>{error}</ErrorResponse>".encode()
