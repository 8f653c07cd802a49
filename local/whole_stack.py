"""The whole studio on one machine: engine, simulators and the deployed stack, up together."""

import os
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, Self
from urllib.parse import urlsplit

from local.emulator.clients import Clients
from local.emulator.deploy import api_url, deploy
from local.emulator.engine import REGION, Engine
from local.emulator.running_stack import Address, Stack
from local.simulators import Simulators
from local.simulators.router import DIALECTS
from local.simulators.settings import Switches

PROVIDERS = {name: f"{name.capitalize()}BaseUrl" for name in DIALECTS}
"""Provider → the template's parameter that says where it answers."""

TEST_KEY = "local-test-key"


class Studio:
    """A context manager; `stack` is usable inside the block, and nothing runs after it.

    `seconds` is how long a simulated job takes, `wait_scale` what a workflow's wait is multiplied
    by, `access_key` what calls are signed with (one of this run alone if none is given),
    `provider_urls` replaces simulators by other servers, `keys` the key that a provider is called
    with, `parameters` are the template's, and `environment` is added to what the emulator and so
    the functions see.
    """

    stack: Stack
    outputs: Mapping[str, str]
    engine_pid: int

    def __init__(  # noqa: PLR0913  each is a choice of its own, and all have defaults
        self,
        *,
        port: int | None = None,
        seconds: float = 6.0,
        wait_scale: float = 1.0,
        provider_urls: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        simulators: Simulators | None = None,
        environment: Mapping[str, str] | None = None,
        access_key: str | None = None,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        self._port = port
        self._wait_scale = wait_scale
        self._provider_urls = dict(provider_urls or {})
        self._parameters = dict(parameters or {})
        self._simulators = simulators
        self._environment = dict(environment or {})
        self._seconds = seconds
        self._keys = dict(keys or {})
        self._access_key = access_key or f"RETAKE{secrets.token_hex(10).upper()}"
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            simulators = self._simulators or opening.enter_context(
                Simulators(seconds=self._seconds)
            )
            engine = opening.enter_context(
                Engine(
                    self._port,
                    wait_scale=self._wait_scale,
                    loopback_ports=[simulators.port, *_local_ports(self._provider_urls)],
                    extra_environment=self._environment,
                    access_key=self._access_key,
                )
            )
            self.engine_pid = engine.pid
            self.stack = self._deploy(engine, simulators)
            engine.seal()
            self._open = opening.pop_all()
        return self

    def __exit__(self, *failure: Any) -> None:
        self._open.close()

    def _deploy(self, engine: Engine, simulators: Simulators) -> Stack:
        urls = {name: simulators.base_urls[name] for name in PROVIDERS} | self._provider_urls
        clients = Clients(engine.url, engine.access_key)
        chosen = {PROVIDERS[name]: url for name, url in urls.items()}
        chosen |= {
            "PublicUrl": api_url(clients),
            "FalPlatformUrl": f"{simulators.url}/fal-platform",
            "FalSigningKeysUrl": f"{simulators.url}/fal-rest/.well-known/jwks.json",
            "FalUserId": Switches().fal_user_id,
        }
        chosen |= self._parameters
        self.outputs = outputs = deploy(clients, chosen)
        for name in PROVIDERS:
            clients.secretsmanager.put_secret_value(
                SecretId=outputs[f"{name.capitalize()}SecretArn"],
                SecretString=self._keys.get(name, TEST_KEY),
            )
        return Stack(
            Address(
                endpoint_url=engine.url,
                region=REGION,
                inbox_bucket=outputs["InboxBucketName"],
                inbox_prefix=outputs["InboxPrefix"],
                results_bucket=outputs["ResultsBucketName"],
                table_name=outputs["TableName"],
                topic_arn=outputs["CompletionTopicArn"],
                state_machine_arn=outputs["StateMachineArn"],
                api_url=outputs["ApiUrl"],
                providers=urls,
                simulator_url=simulators.url,
                pid=os.getpid(),
                links_secret=outputs["LinksSecretArn"],
                board_secret=outputs["BoardSecretArn"],
                access_key=engine.access_key,
            )
        )


def _local_ports(urls: Mapping[str, str]) -> list[int]:
    """The ports of those servers that are on this machine: the functions must reach them."""
    parts = [urlsplit(url) for url in urls.values()]
    return [part.port for part in parts if part.hostname == "127.0.0.1" and part.port]
