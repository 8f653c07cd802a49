"""The emulator's door: pages, rebound names and strangers are refused, and nothing new is made."""

import asyncio
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.emulator.api_client import ApiAnswer, send
from local.emulator.clients import Clients
from local.emulator.engine import Engine
from local.emulator.guard import Guard, foreign
from local.emulator.running_stack import Address
from local.emulator.seal import Seal
from tests.command.addresses import an_address
from tests.local.emulator.probes import a_function
from tests.support.template_reader import FUNCTION, of_type, template

KEY = "RETAKE0123456789"
SIGNED = {"authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/us-east-1/s3/aws4_request"}
CREATE = "/2015-03-31/functions"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(access_key=KEY) as engine:
        yield engine


def ask(engine: Engine, path: str = "/", method: str = "GET", **headers: str) -> ApiAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return send(method, engine.url + path, headers={**SIGNED, **named})


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},  # a name that was rebound to 127.0.0.1
        {"Host": "evil.example:4566"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "169.254.169.254"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},  # a sandboxed frame, a file
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "https://localhost.evil.example:443"},
        {"Origin": "http://localhost:3000"},  # somebody's page on this machine, with the key
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_no_page_and_no_rebound_name_is_answered(
    engine: Engine, headers: Mapping[str, str], method: str
) -> None:
    refused = ask(engine, CREATE, method, **headers)

    assert refused.status == 403
    assert "access-control-allow-origin" not in refused.headers


def test_its_own_names_are_answered() -> None:
    for host in ("127.0.0.1:4566", "localhost:4566", "localhost", "127.0.0.1:60000"):
        assert foreign({"host": host}) is None
    assert foreign({}) is not None


def test_every_route_without_a_callers_signature_is_answered_by_its_own_proof() -> None:
    open_paths = {
        str(event["Properties"]["Path"])
        for function in of_type(FUNCTION).values()
        for event in function.get("Events", {}).values()
        if event["Properties"].get("Auth") == {"Authorizer": "NONE"}
    }

    assert len(open_paths) > 4
    for path in open_paths:
        asked = "/_aws/execute-api/abc123/v1" + re.sub(r"\{\w+\}", "word", path)
        from_its_page = {"host": "127.0.0.1:4566", "origin": "null"}
        assert foreign(from_its_page, asked) is None, path
        assert foreign(from_its_page | {"host": "evil.example"}, asked) is not None, path


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": ""},
        {"authorization": SIGNED["authorization"].replace(KEY, "test")},
        {"authorization": SIGNED["authorization"].replace(KEY, "000000000000")},
        {"authorization": "AWS test:x"},
    ],
    ids=str,
)
def test_a_call_without_the_credential_of_this_run_is_refused(
    engine: Engine, headers: Mapping[str, str]
) -> None:
    for path in ("/", CREATE, "/_ministack/reset", "/bucket/key?X-Amz-Credential=test/x"):
        assert send("POST", engine.url + path, b"", headers).status == 403


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "MISSING_AUTHENTICATION_TOKEN"),
        ({"authorization": SIGNED["authorization"].replace(KEY, "test")}, "INVALID_SIGNATURE"),
        ({"origin": "https://evil.example"}, "ACCESS_DENIED"),
    ],
)
def test_the_api_refuses_in_the_shape_of_the_templates_gateway_responses(
    engine: Engine, headers: Mapping[str, str], code: str
) -> None:
    refused = send("GET", f"{engine.url}/_aws/execute-api/retake/v1/edits", headers=headers)

    response = template()["Resources"]["JobApi"]["Properties"]["GatewayResponses"]["DEFAULT_4XX"]
    shape = response["ResponseTemplates"]["application/json"]
    assert refused.status == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert set(refused.json) == set(re.findall(r'"(\w+)":', shape))
    assert refused.json["code"] == code
    assert refused.json["type"] == "about:blank"


def test_clients_of_this_run_work_and_once_sealed_make_no_function(
    engine: Engine,
) -> None:
    clients = Clients(engine.url, KEY)
    clients.s3.create_bucket(Bucket="bucket")
    clients.s3.put_object(Bucket="bucket", Key="k", Body=b"x")
    link = clients.s3.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "k"})
    form = clients.s3.generate_presigned_post("bucket", "f")

    assert send("GET", link).body == b"x"
    assert posted(form).status in (200, 201, 204)
    assert posted(form | {"fields": {}}).status == 403

    before = a_function(clients)
    engine.seal()
    for attempt in (
        lambda: a_function(clients),
        lambda: clients.functions.update_function_code(FunctionName=before, ZipFile=b"x"),
        lambda: clients.cloudformation.create_stack(StackName="s", TemplateBody="{}"),
    ):
        with pytest.raises(ClientError, match=r"403|no function is made"):
            attempt()
    listed = clients.functions.list_functions()["Functions"]
    assert [each["FunctionArn"] for each in listed] == [before]
    assert clients.cloudformation.describe_stacks()["Stacks"] == []


def posted(form: Mapping[str, Any]) -> ApiAnswer:
    """A presigned form, sent as a browser does, but by nobody's page."""
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form["fields"].items()
    ]
    parts.append('--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n')
    body = ("".join(parts) + "--x--\r\n").encode()
    return send("POST", form["url"], body, {"content-type": "multipart/form-data; boundary=x"})


def test_the_file_with_the_credential_is_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    an_address(os.getpid()).write(path)

    assert path.stat().st_mode & 0o077 == 0
    assert json.loads(path.read_text())["access_key"] == Address.read(path).access_key


@pytest.mark.parametrize(("key", "status"), [("run-key", 200), ("other-key", 403)])
def test_a_form_is_known_by_its_fields_in_however_many_pieces_it_comes(
    key: str, status: int
) -> None:
    name = "x-amz-credential"
    field = f'--x\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{key}/20260301/s3\r\n'
    file = '--x\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\nclip\r\n--x--'
    pieces = [field[:20].encode(), field[20:].encode(), file.encode()]
    came: list[bytes] = []
    answers: list[int] = []

    async def receive() -> dict[str, Any]:
        body = pieces.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        answers.append(message.get("status", 0))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            came.append(message["body"])
            more = message["more_body"]
        await send({"status": 200})

    headers = [(b"host", b"127.0.0.1:1"), (b"content-type", b"multipart/form-data; boundary=x")]
    scope: Any = {"type": "http", "path": "/inbox", "method": "POST", "headers": headers}
    scope["query_string"] = b""
    asyncio.run(Guard(app, "run-key", Seal())(scope, receive, send))

    assert answers[0] == status
    assert b"".join(came) == ((field + file).encode() if status == 200 else b"")
