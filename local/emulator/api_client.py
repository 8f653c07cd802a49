"""The job API as its callers see it: signed HTTP in, status, headers and body out."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.emulator.engine import REGION, TEST_ACCESS_KEY


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What came back; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other: the signature must not follow it."""

    def redirect_request(self, *_: object) -> None:
        return None


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())


def send(
    method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> ApiAnswer:
    """One request as it is, without a signature; every status is an answer."""
    request = urllib.request.Request(url, body, dict(headers or {}), method=method)  # local only
    try:
        with _direct.open(request, timeout=60) as answer:
            return ApiAnswer(answer.status, _lower(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return ApiAnswer(error.code, _lower(error.headers), error.read())


def call(
    url: str,
    method: str,
    path: str,
    said: Any = None,
    headers: Mapping[str, str] | None = None,
    access_key: str = TEST_ACCESS_KEY,
    *,
    credentials: Credentials | None = None,
) -> ApiAnswer:
    """One signed request to the API at `url`; `said` travels as JSON unless it is bytes."""
    body = said if isinstance(said, bytes) or said is None else json.dumps(said).encode()
    sent = {} if body is None else {"content-type": "application/json"}
    request = AWSRequest(
        method=method, url=url + path, data=body, headers=sent | dict(headers or {})
    )
    signer = credentials or Credentials(access_key, "test")
    SigV4Auth(signer, "execute-api", REGION).add_auth(request)
    return send(method, url + path, body, dict(request.headers.items()))


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
