"""What the tests of the emulator ask of it: small machines, topics, queues and buckets."""

import io
import json
import time
import zipfile
from typing import Any

from local.emulator.api_client import send
from local.emulator.clients import Clients
from local.emulator.engine import ACCOUNT, TEST_ACCESS_KEY

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


def status_of_any_method(clients: Clients, name: str) -> int:
    """How an API answers whose one route is for any method of any path."""
    integration = {"x-amazon-apigateway-integration": {"type": "mock"}}
    body = {
        "swagger": "2.0",
        "info": {"title": name, "version": "1"},
        "paths": {"/{proxy+}": {"x-amazon-apigateway-any-method": integration}},
    }
    resources = {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": body}},
        "Deployed": {
            "Type": "AWS::ApiGateway::Deployment",
            "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "v1"},
        },
    }
    clients.cloudformation.create_stack(
        StackName=name,
        TemplateBody=json.dumps({"Resources": resources}),
        Tags=[{"Key": "ms-custom-id", "Value": name}],
    )
    clients.cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1}
    )
    named = {"authorization": f"AWS4-HMAC-SHA256 Credential={TEST_ACCESS_KEY}/probe"}
    address = f"{clients.endpoint_url}/_aws/execute-api/{name}/v1/some/path"
    return send("DELETE", address, headers=named).status
