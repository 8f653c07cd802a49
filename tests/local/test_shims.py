"""Each shim of the emulator, twice: it is still needed, and it works.

The first test of a pair runs against ministack as it is published and fails on the day upstream
has closed the gap; then the shim can go.
"""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.clients import Clients
from local.engine import ACCOUNT, Engine

ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}
HANDLER = b"""
import threading, time
class Unavailable(Exception): "A made-up error."
def handler(event, context):
    if event.get("raise"):
        raise Unavailable("not now")
    time.sleep(event.get("seconds", 0))
    return {"process": __import__("os").getpid()}
"""


@pytest.fixture(scope="module")
def plain() -> Iterator[Clients]:
    """ministack without any shim."""
    with Engine(shims=(), wait_scale=0.01) as engine:
        yield Clients(engine.url)


@pytest.fixture(scope="module")
def mended() -> Iterator[Clients]:
    """The engine as the stack runs on it, but with two workers per function."""
    two = {"RETAKE_WORKERS_PER_FUNCTION": "2"}
    with Engine(wait_scale=0.01, extra_environment=two) as engine:
        yield Clients(engine.url)


def test_probe_an_exception_loses_its_class_name(plain: Clients) -> None:
    function = a_function(plain)

    ended = run(plain, calling(function, {"raise": True}))

    assert ended["error"] == "Runtime.HandlerError"


def test_an_exception_keeps_its_class_name(mended: Clients) -> None:
    function = a_function(mended)

    ended = run(mended, calling(function, {"raise": True}))

    assert ended["error"] == "Unavailable"
    assert json.loads(ended["cause"])["errorMessage"] == "not now"


def test_an_exception_can_be_caught_by_its_class_name(mended: Clients) -> None:
    state = calling(a_function(mended), {"raise": True})
    state["Catch"] = [{"ErrorEquals": ["Unavailable"], "Next": "Caught", "Output": "by name"}]

    ended = run(mended, state, Caught={"Type": "Pass", "End": True})

    assert json.loads(ended["output"]) == "by name"


def test_probe_a_published_message_loses_its_attributes(plain: Clients) -> None:
    topic, queue = a_topic_with_a_queue(plain)

    run(plain, publishing(topic))

    assert "MessageAttributes" not in received(plain, queue)[0]


def test_a_published_message_keeps_its_attributes(mended: Clients) -> None:
    topic, queue = a_topic_with_a_queue(mended)

    run(mended, publishing(topic))

    message = received(mended, queue)[0]
    assert message["MessageAttributes"] == {"status": {"Type": "String", "Value": "SUCCEEDED"}}
    assert message["Message"] == "for machines"


def test_a_filter_policy_chooses_by_the_attributes(mended: Clients) -> None:
    topic, matching = a_topic_with_a_queue(mended, {"status": ["SUCCEEDED"]})
    _, other = a_topic_with_a_queue(mended, {"status": ["FAILED"]}, topic)

    run(mended, publishing(topic))

    assert len(received(mended, matching)) == 1
    assert received(mended, other) == []


def test_probe_a_timeout_by_expression_breaks_a_task(plain: Clients) -> None:
    queue = a_queue(plain)

    ended = run(plain, waiting_for_token(queue, "{% 2 %}"))

    assert ended["error"] == "States.Runtime"


def test_probe_a_token_is_waited_for_in_full(plain: Clients) -> None:
    queue = a_queue(plain)

    ended = run(plain, waiting_for_token(queue, 600), patience=3)

    assert ended["status"] == "RUNNING"


def test_a_timeout_by_expression_ends_the_wait_for_a_token_in_scaled_time(mended: Clients) -> None:
    queue = a_queue(mended)

    ended = run(mended, waiting_for_token(queue, "{% 20 * 2 %}"))

    assert ended["error"] == "States.Timeout"


def test_probe_an_event_of_a_versioned_bucket_has_no_version(plain: Clients) -> None:
    detail, version = event_of_an_upload(plain)

    assert version
    assert "version-id" not in detail["object"]


def test_an_event_of_a_versioned_bucket_names_the_version(mended: Clients) -> None:
    detail, version = event_of_an_upload(mended)

    assert detail["object"]["version-id"] == version
    assert detail["object"]["key"] == "día 1/clip +1%.mp4"
    assert detail["reason"] == "PutObject"


def test_probe_a_range_of_a_version_is_the_whole_object(plain: Clients) -> None:
    assert range_of_a_version(plain, "bytes=2-4")["Body"].read() == b"0123456789"


def test_a_range_of_a_version_is_a_range(mended: Clients) -> None:
    answer = range_of_a_version(mended, "bytes=2-4")

    assert answer["Body"].read() == b"234"
    assert answer["ContentRange"] == "bytes 2-4/10"
    assert answer["CacheControl"] == "private"


def test_a_range_beyond_the_end_of_a_version_is_refused(mended: Clients) -> None:
    with pytest.raises(ClientError, match="InvalidRange"):
        range_of_a_version(mended, "bytes=10-")


def test_probe_every_concurrent_invocation_starts_a_process(plain: Clients) -> None:
    assert len(processes_of_a_burst(plain)) == 6


def test_a_burst_waits_for_the_workers_there_are(mended: Clients) -> None:
    assert len(processes_of_a_burst(mended)) == 2


# ---- what the tests are made of


def machine(clients: Clients, state: dict[str, Any], **others: Any) -> str:
    definition = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state, **others}}
    name = f"m{time.monotonic_ns()}"
    made = clients.stepfunctions.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=ROLE
    )
    return str(made["stateMachineArn"])


def ended(clients: Clients, execution: str, patience: float = 30) -> dict[str, Any]:
    give_up_at = time.monotonic() + patience
    while True:
        seen: dict[str, Any] = clients.stepfunctions.describe_execution(executionArn=execution)
        if seen["status"] in ENDED or time.monotonic() > give_up_at:
            return seen
        time.sleep(0.05)


def run(
    clients: Clients, state: dict[str, Any], patience: float = 30, **others: Any
) -> dict[str, Any]:
    arn = machine(clients, state, **others)
    started = clients.stepfunctions.start_execution(stateMachineArn=arn)
    return ended(clients, started["executionArn"], patience)


def calling(function: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": function, "Payload": payload},
        "Output": "{% $states.result.Payload %}",
        "End": True,
    }


def publishing(topic: str) -> dict[str, Any]:
    arguments = {
        "TopicArn": topic,
        "Message": json.dumps({"default": "for machines", "email": "for people"}),
        "MessageStructure": "json",
        "MessageAttributes": {"status": {"DataType": "String", "StringValue": "SUCCEEDED"}},
    }
    resource = "arn:aws:states:::sns:publish"
    return {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True}


def waiting_for_token(queue: str, timeout: int | str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Arguments": {"QueueUrl": queue, "MessageBody": "{% $states.context.Task.Token %}"},
        "TimeoutSeconds": timeout,
        "End": True,
    }


def a_function(clients: Clients) -> str:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as bundle:
        bundle.writestr("app.py", HANDLER)
    made = clients.functions.create_function(
        FunctionName=f"f{time.monotonic_ns()}",
        Runtime="python3.13",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": package.getvalue()},
        Timeout=30,
    )
    return str(made["FunctionArn"])


def a_queue(clients: Clients) -> str:
    return str(clients.sqs.create_queue(QueueName=f"q{time.monotonic_ns()}")["QueueUrl"])


def arn_of(clients: Clients, queue: str) -> str:
    asked = clients.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return str(asked["Attributes"]["QueueArn"])


def open_to(clients: Clients, queue: str, service: str) -> str:
    arn = arn_of(clients, queue)
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    clients.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    return arn


def a_topic_with_a_queue(
    clients: Clients, filter_policy: dict[str, Any] | None = None, topic: str | None = None
) -> tuple[str, str]:
    topic = topic or clients.sns.create_topic(Name=f"t{time.monotonic_ns()}")["TopicArn"]
    queue = a_queue(clients)
    clients.sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=open_to(clients, queue, "sns.amazonaws.com"),
        Attributes={"FilterPolicy": json.dumps(filter_policy)} if filter_policy else {},
    )
    return topic, queue


def received(clients: Clients, queue: str, wait_seconds: int = 0) -> list[dict[str, Any]]:
    answer = clients.sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds
    )
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def a_versioned_bucket(clients: Clients) -> str:
    bucket = f"b{time.monotonic_ns()}"
    clients.s3.create_bucket(Bucket=bucket)
    clients.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def range_of_a_version(clients: Clients, asked: str) -> dict[str, Any]:
    bucket = a_versioned_bucket(clients)
    version = clients.s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")["VersionId"]
    answer: dict[str, Any] = clients.s3.get_object(
        Bucket=bucket, Key="k", VersionId=version, Range=asked, ResponseCacheControl="private"
    )
    return answer


def event_of_an_upload(clients: Clients) -> tuple[dict[str, Any], str]:
    """The detail of the EventBridge event of a new object, and the version S3 gave it."""
    bucket, queue = a_versioned_bucket(clients), a_queue(clients)
    clients.s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    clients.events.put_rule(Name=bucket, EventPattern=json.dumps(pattern))
    target = open_to(clients, queue, "events.amazonaws.com")
    clients.events.put_targets(Rule=bucket, Targets=[{"Id": "1", "Arn": target}])
    put = clients.s3.put_object(Bucket=bucket, Key="día 1/clip +1%.mp4", Body=b"x")
    return received(clients, queue, wait_seconds=10)[0]["detail"], put["VersionId"]


def processes_of_a_burst(clients: Clients) -> set[int]:
    """Six executions at once of a function that takes half a second: who ran it."""
    arn = machine(clients, calling(a_function(clients), {"seconds": 0.5}))
    started = [clients.stepfunctions.start_execution(stateMachineArn=arn) for _ in range(6)]
    outputs = [ended(clients, each["executionArn"])["output"] for each in started]
    return {json.loads(output)["process"] for output in outputs}
