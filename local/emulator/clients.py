"""boto3 clients for a running engine, untouched by the profiles and proxies of this machine."""

import os
from functools import cached_property
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from local.emulator.engine import REGION, TEST_ACCESS_KEY

_DIRECT = Config(
    proxies={},
    retries={"mode": "standard", "total_max_attempts": 2},
    s3={"addressing_style": "path"},
)
# Leaves AWS_PROFILE, ~/.aws/config and ~/.aws/credentials unread: whatever they hold is for AWS.
_NOTHING_OF_THE_USERS = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class Clients:
    """One client per service, made when first used."""

    def __init__(self, endpoint_url: str, access_key: str = TEST_ACCESS_KEY) -> None:
        self.endpoint_url = endpoint_url
        core = botocore.session.Session(session_vars=_NOTHING_OF_THE_USERS)
        self._session = boto3.Session(access_key, "test", region_name=REGION, botocore_session=core)

    def _client(self, service: str, **more: Any) -> Any:
        config = _DIRECT.merge(Config(**more))
        return self._session.client(  # type: ignore[call-overload]  # the name is not a literal
            service, endpoint_url=self.endpoint_url, config=config
        )

    @cached_property
    def cloudformation(self) -> Any:
        return self._client("cloudformation")

    @cached_property
    def dynamodb(self) -> Any:
        return self._client("dynamodb")

    @cached_property
    def events(self) -> Any:
        return self._client("events")

    @cached_property
    def functions(self) -> Any:
        return self._client("lambda")

    @cached_property
    def logs(self) -> Any:
        return self._client("logs")

    @cached_property
    def s3(self) -> Any:
        # Presigned addresses of version 4, as the stack's own: older ones are hardly checked here.
        return self._client("s3", signature_version="s3v4")

    @cached_property
    def secretsmanager(self) -> Any:
        return self._client("secretsmanager")

    @cached_property
    def sns(self) -> Any:
        return self._client("sns")

    @cached_property
    def sqs(self) -> Any:
        return self._client("sqs")

    @cached_property
    def stepfunctions(self) -> Any:
        return self._client("stepfunctions")
