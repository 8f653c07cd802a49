"""The shims that the emulator needs once it enforces policies (AUTH=true), each twice."""

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from local.emulator.clients import Clients
from local.emulator.engine import ACCOUNT, REGION, Engine
from tests.local.emulator.probes import machine
from tests.support.roles import a_role, assume, document

AUTH = {"AUTH": "true"}


@pytest.fixture(scope="module")
def plain() -> Iterator[Clients]:
    """ministack without any shim."""
    with Engine(shims=(), extra_environment=AUTH) as engine:
        yield Clients(engine.url)


@pytest.fixture(scope="module")
def mended() -> Iterator[Clients]:
    """The engine as the stack runs on it."""
    with Engine(extra_environment=AUTH) as engine:
        yield Clients(engine.url)


def put_where_tls_is_asked_for(clients: Clients) -> None:
    clients.s3.create_bucket(Bucket="private")
    refusal = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::private/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    clients.s3.put_bucket_policy(Bucket="private", Policy=document(refusal))
    assume(clients, "s3", "s3:PutObject", "arn:aws:s3:::private/*").put_object(
        Bucket="private", Key="k", Body=b"x"
    )


def reference_of_a_secret(clients: Clients) -> str:
    template = {
        "Resources": {
            "Secret": {
                "Type": "AWS::SecretsManager::Secret",
                "Properties": {"Name": "s", "SecretString": "x"},
            }
        },
        "Outputs": {"Secret": {"Value": {"Ref": "Secret"}}},
    }
    clients.cloudformation.create_stack(StackName="s", TemplateBody=json.dumps(template))
    clients.cloudformation.get_waiter("stack_create_complete").wait(
        StackName="s", WaiterConfig={"Delay": 1}
    )
    (stack,) = clients.cloudformation.describe_stacks(StackName="s")["Stacks"]
    return str(stack["Outputs"][0]["OutputValue"])


def waking_with_a_policy_for_the_machine(clients: Clients) -> str:
    """How `SendTaskSuccess` is answered: the token is unknown, if it gets that far."""
    a_role(clients, "any", {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"})
    arn = machine(clients, {"Type": "Pass", "End": True})
    waker = assume(clients, "stepfunctions", "states:SendTaskSuccess", arn)
    with pytest.raises(ClientError) as refused:
        waker.send_task_success(taskToken="t", output="{}")
    return str(refused.value.response["Error"]["Code"])


def test_probe_a_bucket_that_asks_for_tls_refuses_everybody(plain: Clients) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        put_where_tls_is_asked_for(plain)


def test_a_call_over_loopback_counts_as_private(mended: Clients) -> None:
    put_where_tls_is_asked_for(mended)

    assert mended.s3.get_object(Bucket="private", Key="k")["Body"].read() == b"x"


def test_probe_the_reference_of_a_secret_is_its_name(plain: Clients) -> None:
    assert reference_of_a_secret(plain) == "s"


def test_the_reference_of_a_secret_is_its_arn(mended: Clients) -> None:
    arn = reference_of_a_secret(mended)

    assert arn.startswith(f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:s-")
    assert mended.secretsmanager.get_secret_value(SecretId=arn)["SecretString"] == "x"


def test_probe_a_token_is_judged_on_every_machine(plain: Clients) -> None:
    assert waking_with_a_policy_for_the_machine(plain) == "AccessDeniedException"


def test_a_token_is_judged_on_its_machine(mended: Clients) -> None:
    assert waking_with_a_policy_for_the_machine(mended) in ("TaskDoesNotExist", "InvalidToken")


def test_what_a_role_may_not_do_is_refused(mended: Clients) -> None:
    mended.s3.create_bucket(Bucket="closed")
    stranger = assume(mended, "s3", "s3:GetObject", "arn:aws:s3:::closed/*")

    with pytest.raises(ClientError, match="AccessDenied"):
        stranger.put_object(Bucket="closed", Key="k", Body=b"x")
