"""What the engine's functions give away opens nothing, and once sealed no code is made at all."""

import gzip
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.emulator.api_client import send
from local.emulator.clients import Clients
from local.emulator.engine import REGION, Engine
from local.emulator.signatures import FunctionKey
from tests.local.emulator.probes import ROLE, machine
from tests.local.emulator.test_guard import posted

KEY = "RETAKE9876543210"
OURS = FunctionKey.of_run(KEY)
HANDLER = b"""
import os, boto3
from botocore.config import Config
def handler(event, context):
    how = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    s3, named = boto3.client("s3", config=how), {"Bucket": "bucket", "Key": "a b/\\u00e4.txt"}
    boto3.client("sqs").list_queues()
    boto3.client("dynamodb").list_tables()
    return {
        "key": os.environ["AWS_ACCESS_KEY_ID"],
        "listed": len(s3.list_buckets()["Buckets"]),
        "link": s3.generate_presigned_url("get_object", named),
        "put": s3.generate_presigned_url("put_object", {"Bucket": "bucket", "Key": "put"}),
        "form": s3.generate_presigned_post("bucket", "uploads/x"),
    }
"""


def package() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        bundle.writestr("app.py", HANDLER)
    return packed.getvalue()


def made(clients: Clients, name: str) -> None:
    clients.functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": package()},
        Timeout=30,
    )


class Sealed(Engine):
    """An engine after its deploy, with the clients that made what is in it."""

    clients: Clients
    machine: str


@pytest.fixture(scope="module")
def engine() -> Iterator[Sealed]:
    with Sealed(access_key=KEY) as engine:
        engine.clients = clients = Clients(engine.url, KEY)
        clients.s3.create_bucket(Bucket="bucket")
        for key in ("a b/ä.txt", "other"):
            clients.s3.put_object(Bucket="bucket", Key=key, Body=key.encode())
        made(clients, "giver")
        engine.machine = machine(clients, {"Type": "Pass", "End": True})
        engine.seal()
        yield engine


@pytest.fixture(scope="module")
def given(engine: Sealed) -> dict[str, Any]:
    """What a function of the engine hands out."""
    answer = engine.clients.functions.invoke(FunctionName="giver")
    said: dict[str, Any] = json.loads(answer["Payload"].read())
    return said


def test_a_function_works_by_a_credential_that_is_not_the_run_s(given: dict[str, Any]) -> None:
    assert given["listed"] == 1
    assert given["key"] == OURS.key_id
    assert KEY not in json.dumps(given)


def test_a_link_opens_its_object_and_no_other(engine: Sealed, given: dict[str, Any]) -> None:
    link = given["link"]
    query = urlsplit(link).query

    assert send("GET", link).body == "a b/ä.txt".encode()
    for other in (
        f"{engine.url}/bucket/other?{query}",
        f"{engine.url}/bucket?{query}",
        f"{engine.url}/?{query}",
        f"{link}&versionId=null",
        link.replace("X-Amz-Expires=3600", "X-Amz-Expires=9999"),
        link.replace("%2Fs3%2F", "%2Flambda%2F"),
        f"{link}&X-Amz-Credential={KEY[:6]}/x",
    ):
        assert send("GET", other).status == 403
    for method in ("PUT", "POST", "DELETE"):
        assert send(method, link, b"x").status == 403


def test_a_link_to_write_writes_its_object_and_makes_nothing_else(
    engine: Sealed, given: dict[str, Any]
) -> None:
    assert send("PUT", given["put"], PLAIN.encode(), FORM).status == 403
    video = {"content-type": "video/mp4"}
    assert send("PUT", given["put"].replace("/put?", "/other?"), b"x", video).status == 403
    assert send("PUT", given["put"], b"x", video).status == 200
    assert engine.clients.s3.get_object(Bucket="bucket", Key="put")["Body"].read() == b"x"


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-target": "DynamoDB_20120810.ListTables"},
        {"authorization": f"AWS4-HMAC-SHA256 Credential={OURS.key_id}/20260101/us-east-1/lambda/x"},
        {"authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/x"},
        {"x-amz-copy-source": "/bucket/other"},
    ],
    ids=str,
)
def test_no_header_leads_a_link_elsewhere(
    given: dict[str, Any], headers: Mapping[str, str]
) -> None:
    assert send("GET", given["link"], headers=headers).status == 403


def test_the_id_in_a_link_opens_nothing(engine: Sealed, given: dict[str, Any]) -> None:
    seen = parse_qs(urlsplit(given["link"]).query)["X-Amz-Credential"][0].partition("/")[0]

    for service in ("s3", "lambda", "dynamodb", "secretsmanager"):
        scope = f"{seen}/20260101/us-east-1/{service}/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"
        dated = {"authorization": signed, "x-amz-date": "20260101T000000Z"}
        assert send("GET", engine.url + "/bucket", headers=dated).status == 403
        assert send("GET", f"{engine.url}/bucket?X-Amz-Credential={quote(scope)}").status == 403
        assert send("GET", f"{engine.url}/bucket?AWSAccessKeyId={seen}").status == 403


def test_the_id_signs_nothing_with_a_secret_that_everybody_knows(engine: Sealed) -> None:
    for secret in ("test", "", KEY):
        stranger = boto3.client(
            "s3",
            endpoint_url=engine.url,
            region_name=REGION,
            aws_access_key_id=OURS.key_id,
            aws_secret_access_key=secret or "x",
            config=Config(signature_version="s3v4", retries={"total_max_attempts": 1}),
        )
        with pytest.raises(ClientError, match=r"403|AccessDenied"):
            stranger.list_buckets()
        link = stranger.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "other"})
        assert send("GET", link).status == 403


def test_a_form_puts_what_its_policy_says(given: dict[str, Any]) -> None:
    form = given["form"]

    assert posted(form).status in (200, 201, 204)
    assert posted(form | {"fields": {**form["fields"], "key": "other"}}).status == 403
    assert posted(form | {"fields": {**form["fields"], "policy": "e30="}}).status == 403
    assert posted(form | {"url": form["url"] + "?Action=ListTopics"}).status == 403


ROLE_OF_STACK = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "FunctionName": "evil",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": ROLE,
        "Code": {"ZipFile": "def handler(e, c): return 1"},
    },
}
STACK = {
    "Action": "CreateStack",
    "Version": "2010-05-15",
    "StackName": "evil",
    "TemplateBody": json.dumps({"Resources": {"F": ROLE_OF_STACK}}),
}
FORM = {"content-type": "application/x-www-form-urlencoded"}
PLAIN = urlencode(STACK)
FUNCTION = json.dumps({"FunctionName": "evil", "Code": {"ZipFile": "UEs="}})
FUNCTIONS = "/2015-03-31/functions"
MACHINE = json.dumps({"name": "evil", "definition": "{}", "roleArn": ROLE})
JSON_10 = "application/x-amz-json-1.0"
# name, method, path, service that it says it is signed for, body, headers
ROADS: list[tuple[str, str, str, str, bytes, dict[str, str]]] = [
    ("a form", "POST", "/", "cloudformation", PLAIN.encode(), FORM),
    ("a decoy", "POST", "/", "cloudformation", f"{PLAIN}&X=Action=Describe".encode(), FORM),
    ("a decoy before", "POST", "/", "cloudformation", f"X=Action%3DGet&{PLAIN}".encode(), FORM),
    ("two actions", "POST", "/", "cloudformation", f"Action=DescribeStacks&{PLAIN}".encode(), FORM),
    ("an address", "POST", f"/?{PLAIN}", "cloudformation", b"", {}),
    ("an address read", "GET", f"/?{PLAIN}", "cloudformation", b"", {}),
    ("half and half", "POST", "/?Action=DescribeStacks", "cloudformation", PLAIN.encode(), FORM),
    ("percent signs", "POST", "/", "cloudformation", PLAIN.replace("A", "%41").encode(), FORM),
    ("packed", "POST", "/", "cloudformation", gzip.compress(PLAIN.encode()),
     FORM | {"content-encoding": "gzip"}),
    ("no type", "POST", "/", "cloudformation", PLAIN.encode(), {"content-type": "text/plain"}),
    ("another service's name", "POST", "/", "sqs", PLAIN.encode(), FORM),
    ("no service's name", "POST", "/", "", PLAIN.encode(), FORM),
    ("an update", "POST", "/", "cloudformation", PLAIN.replace("Create", "Update").encode(), FORM),
    ("a change set", "POST", "/", "cloudformation",
     PLAIN.replace("CreateStack", "CreateChangeSet").encode(), FORM),
    ("a function", "POST", FUNCTIONS, "lambda", FUNCTION.encode(), {}),
    ("a function that reads", "POST", f"{FUNCTIONS}?Action=GetFunction", "lambda",
     FUNCTION.encode(), {}),
    ("a slash more", "POST", f"/{FUNCTIONS}/", "lambda", FUNCTION.encode(), {}),
    ("code", "PUT", f"{FUNCTIONS}/giver/code", "lambda", b'{"ZipFile": "UEs="}', {}),
    ("code, spelled", "PUT", "/%32015-03-31/functions/giver/%63ode", "lambda",
     b'{"ZipFile": "UEs="}', {}),
    ("code, called", "PUT", f"{FUNCTIONS}/giver/code/invocations", "lambda", b"{}", {}),
    ("an environment", "PUT", f"{FUNCTIONS}/giver/configuration", "lambda",
     b'{"Environment": {"Variables": {"PYTHONPATH": "/tmp"}}}', {}),
    ("a layer", "POST", "/2018-10-31/layers/evil/versions", "lambda", b"{}", {}),
    ("a workflow", "POST", "/", "states", MACHINE.encode(),
     {"x-amz-target": "AWSStepFunctions.CreateStateMachine", "content-type": JSON_10}),
    ("a workflow that lists", "POST", "/?Action=ListExecutions", "states", MACHINE.encode(),
     {"x-amz-target": "AWSStepFunctions.CreateStateMachine", "content-type": JSON_10}),
    ("a state tried out", "POST", "/", "states", b"{}",
     {"x-amz-target": "AWSStepFunctions.TestState", "content-type": JSON_10}),
    ("a job", "POST", "/", "glue", b"{}",
     {"x-amz-target": "AWSGlue.CreateJob", "content-type": "application/x-amz-json-1.1"}),
    ("a build", "POST", "/", "codebuild", b"{}",
     {"x-amz-target": "CodeBuild_20161006.CreateProject",
      "content-type": "application/x-amz-json-1.1"}),
    ("a switch", "POST", "/_ministack/config", "s3", b'{"lambda_svc.X": 1}', {}),
    ("everything anew", "POST", "/_ministack/reset", "s3", b"", {}),
]  # fmt: skip


@pytest.mark.parametrize("by", ["header", "address"])
@pytest.mark.parametrize(
    ("method", "path", "service", "body", "headers"),
    [each[1:] for each in ROADS],
    ids=[each[0] for each in ROADS],
)
def test_whoever_has_the_credential_makes_no_code_by_any_road(
    engine: Sealed,
    by: str,
    method: str,
    path: str,
    service: str,
    body: bytes,
    headers: dict[str, str],
) -> None:
    scope = f"{KEY}/20260101/us-east-1/{service}/aws4_request"
    if by == "header":
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=x"
        headers = {**headers, "authorization": signed}
    else:
        path += ("&" if "?" in path else "?") + f"X-Amz-Credential={scope}"

    answer = send(method, engine.url + path, body, headers)

    # Refused, or taken for a call to storage that there is no such thing for.
    assert answer.status in (403, 404, 405, 400), answer.body
    assert standing(engine) == {"functions": ["giver"], "stacks": 0, "machines": 1}


def test_what_a_deployed_stack_needs_goes_on(engine: Sealed) -> None:
    clients = engine.clients
    topic = clients.sns.create_topic(Name="t")["TopicArn"]
    queue = clients.sqs.create_queue(QueueName="q")["QueueUrl"]
    clients.sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:000000000000:q"
    )
    clients.sns.publish(TopicArn=topic, Message="m")
    clients.functions.put_function_concurrency(FunctionName="giver", ReservedConcurrentExecutions=1)
    clients.functions.delete_function_concurrency(FunctionName="giver")

    assert clients.sqs.receive_message(QueueUrl=queue)["Messages"]
    assert clients.stepfunctions.start_execution(stateMachineArn=engine.machine)["executionArn"]
    assert clients.cloudformation.describe_stacks()["Stacks"] == []
    assert clients.events.list_rules()["Rules"] == []


def standing(engine: Sealed) -> dict[str, Any]:
    clients = engine.clients
    functions = clients.functions.list_functions()["Functions"]
    return {
        "functions": [each["FunctionName"] for each in functions],
        "stacks": len(clients.cloudformation.describe_stacks()["Stacks"]),
        "machines": len(clients.stepfunctions.list_state_machines()["stateMachines"]),
    }
