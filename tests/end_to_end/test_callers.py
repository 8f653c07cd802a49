"""The job API for callers who hold the one permission that docs/api.md names, or not even that.

Callbacks and pages, which carry their own proof, and signed calls meet the same gateway here, with
the emulator enforcing who may do what (AUTH=true).
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from local.emulator.api_client import ApiAnswer, call, send
from local.emulator.deploy import API_ID
from local.emulator.engine import ACCOUNT, REGION, ROOT
from tests.end_to_end.conftest import StartStack
from tests.end_to_end.stage import Stage
from tests.support.roles import a_role, keys_of

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def guarded(start_module_stack: StartStack) -> Stage:
    return start_module_stack(copying=True, environment={"AUTH": "true"})


def documented() -> dict[str, Any]:
    """The statement that docs/api.md tells a caller to have, for this stack."""
    page = (ROOT / "docs/api.md").read_text()
    (said,) = re.findall(r'^\{"Effect".*"execute-api:Invoke".*\}$', page, re.MULTILINE)
    for name, value in {"REGION": REGION, "ACCOUNT": ACCOUNT, "API_ID": API_ID}.items():
        said = said.replace(name, value)
    statement: dict[str, Any] = json.loads(said)
    return statement


def called(stack: Stage, role: str, granted: dict[str, Any], *request: Any) -> ApiAnswer:
    keys = keys_of(stack.clients, a_role(stack.clients, role, granted))
    return call(stack.address.api_url, *request, credentials=keys)


def test_a_caller_with_the_documented_permission_alone_has_an_edit_made(
    guarded: Stage, clip: Path
) -> None:
    put = guarded.clients.s3
    put.upload_file(str(clip), guarded.address.inbox_bucket, "sources/clip.mp4")
    wanted = {"prompt": "Make it noir", "source": "sources/clip.mp4"}

    answer = called(guarded, "caller", documented(), "POST", "/edits", wanted)

    assert answer.status == 202, answer.body
    assert guarded.wait_for(answer.json["edit_id"])["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("role", "action", "resource"),
    [
        ("reader", "execute-api:Invoke", f"{API_ID}/v1/GET/*"),
        ("stranger", "execute-api:Invoke", "another/v1/*"),
        ("invoker", "lambda:InvokeFunction", "*"),
    ],
)
def test_a_caller_with_any_other_permission_is_refused(
    guarded: Stage, role: str, action: str, resource: str
) -> None:
    granted = documented() | {"Action": action}
    if resource != "*":
        resource = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{resource}"

    answer = called(guarded, role, granted | {"Resource": resource}, "POST", "/edits", {})

    assert answer.status == 403


def test_whoever_signs_nothing_is_refused(guarded: Stage) -> None:
    assert send("GET", f"{guarded.address.api_url}/edits").status == 403
