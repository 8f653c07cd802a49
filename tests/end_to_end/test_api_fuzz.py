"""Whatever a client sends, by docs/openapi.json or against it: no 5xx, no answer out of schema.

RETAKE_FUZZ_EXAMPLES says how many requests each operation gets (`make fuzz-api`: many).
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, settings
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis import checks

from local.emulator.engine import REGION
from local.whole_stack import Studio
from tests.end_to_end.conftest import SECONDS, WAIT_SCALE
from tests.end_to_end.stage import Stage
from tools.openapi import DOCUMENT

EXAMPLES = int(os.environ.get("RETAKE_FUZZ_EXAMPLES", "12"))
# Every request is signed here, so the signature is left out of what is varied.
SPEC = {n: it for n, it in json.loads(DOCUMENT.read_text()).items() if n != "security"}
del SPEC["components"]["securitySchemes"]
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.negative_data_rejection,
]
schema = schemathesis.openapi.from_dict(SPEC).exclude(operation_id="receive_callback")
# 413 refuses as well: what is too large is refused for that, whatever else is wrong with it.
schema.config.checks.negative_data_rejection.expected_statuses = ["4XX"]
# Every bound of every field in turn: for the long run.
schema.config.phases.coverage.enabled = EXAMPLES > 50


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[Stage]:
    """A stack of its own: some of what is sent here starts edits."""
    with Studio(wait_scale=WAIT_SCALE, seconds=SECONDS, access_key="test") as studio:
        yield Stage(studio.stack, studio.outputs)


class Signed(AuthBase):
    """Signs a request as an AWS client does."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        signing = AWSRequest(request.method, request.url, data=request.body)
        SigV4Auth(Credentials("test", "test"), "execute-api", REGION).add_auth(signing)
        request.headers.update(dict(signing.headers.items()))
        return request


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    database=None,
)
def test_no_request_breaks_the_api_or_its_promises(case: Any, fuzzed: Stage) -> None:
    case.call_and_validate(
        base_url=fuzzed.address.api_url, auth=Signed(), checks=CHECKS, timeout=60
    )
