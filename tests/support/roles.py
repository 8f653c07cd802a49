"""Roles on an engine that enforces policies (AUTH=true), and clients that act in their name."""

import json
from typing import Any

import boto3
from botocore.credentials import Credentials

from local.emulator.clients import Clients
from local.emulator.engine import REGION


def assume(clients: Clients, service: str, action: str, resource: str) -> Any:
    """A client of a new role that may do one thing."""
    granted = {"Effect": "Allow", "Action": action, "Resource": resource}
    keys = keys_of(clients, a_role(clients, action.partition(":")[2], granted))
    return by(clients, service, keys.access_key, keys.secret_key, keys.token)


def keys_of(clients: Clients, role_arn: str) -> Credentials:
    """What somebody signs with who has taken on a role."""
    root = by(clients, "sts", "test", "test")
    keys = root.assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def a_role(clients: Clients, name: str, granted: dict[str, Any]) -> str:
    """The ARN of a role that anybody here may take on."""
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    iam = by(clients, "iam", "test", "test")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=document(granted))
    return str(made["Role"]["Arn"])


def by(clients: Clients, service: str, key: str, secret: str, token: str | None = None) -> Any:
    return boto3.client(  # type: ignore[call-overload]  # the service is not a literal
        service,
        endpoint_url=clients.endpoint_url,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
