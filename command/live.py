"""A real provider behind the stack on this machine: its key, its storage, and no AWS account.

No call of a provider reaches this machine, so it is asked until it is done. What was sent is kept
on disk (local/live/receipts.py): the same call again fetches its result and pays nothing more.
"""

import getpass
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from retake.providers.registry import PROVIDERS

from command.door import Door
from command.refusals import CommandRefused, NoConsent
from command.terminal import say
from local.live.receipts import Receipts
from local.live.relay import Relay
from local.live.storages import (
    BucketStorage,
    EvolinkStorage,
    FalStorage,
    ProviderStorage,
    Tunnel,
    no_road,
)
from local.whole_stack import Studio

# Where each provider's own programs look for its key.
KEY_NAMES: Mapping[str, str] = {
    "fal": "FAL_KEY",
    "evolink": "EVOLINK_API_KEY",
    "novita": "NOVITA_API_KEY",
    "aimlapi": "AIML_API_KEY",
}
# It takes minutes; asked more often nobody is the wiser.
PARAMETERS = {"FirstPollSeconds": "15", "MaxPollSeconds": "10", "CallbackProviders": "none"}
TUNNEL_PORT = 4568


def key_of(provider: str) -> str:
    """From the environment, or typed where nobody sees it. Raises NoConsent where neither is."""
    name = KEY_NAMES[provider]
    key = os.environ.get(name, "").strip()
    if not key and sys.stdin.isatty():
        key = getpass.getpass(f"  {PROVIDERS[provider].title} key (or set {name}): ").strip()
    if not key:
        raise NoConsent(f"Put your key into the environment as {name}; it is never an argument.")
    return key


def storage_of(provider: str, key: str, via: str | None, session: Any = None) -> ProviderStorage:
    """Where clips go that the provider has to fetch. Raises UserError where there is no road."""
    if via is not None and via.startswith("s3://"):
        bucket, _, prefix = via.removeprefix("s3://").partition("/")
        if not bucket:
            raise CommandRefused("--via s3://BUCKET/FOLDER/ names no bucket.")
        if session is None:
            import boto3

            session = boto3.Session()
        return BucketStorage(session.client("s3"), bucket, prefix)
    if via is not None and via.startswith("https://"):
        return Tunnel(via)
    if via is not None:
        raise CommandRefused("--via takes s3://BUCKET/FOLDER/ or the https address of a tunnel.")
    if provider == "fal":
        return FalStorage(key)
    if provider == "evolink":
        return EvolinkStorage(key)
    raise no_road(PROVIDERS[provider].title)


@dataclass(frozen=True, slots=True)
class Opened:
    """A door that is open already."""

    door: Door

    def open(self) -> Door:
        return self.door


@contextmanager
def opened(
    provider: str,
    key: str,
    storage: ProviderStorage,
    *,
    nonce: str = "",
    upstream: str | None = None,
    receipts: Receipts | None = None,
) -> Iterator[Opened]:
    """A stack whose one provider is real; it ends with the block. What was uploaded is taken back,
    unless the block was left while the provider may still need it."""
    say("starting the stack on this machine; the provider is a real one …")
    relay = Relay(
        upstream or PROVIDERS[provider].url,
        storage,
        receipts or Receipts(),
        nonce=nonce,
        port=TUNNEL_PORT if isinstance(storage, Tunnel) else 0,
    )
    with (
        relay,
        Studio(
            provider_urls={provider: relay.url},
            keys={provider: key},
            parameters=PARAMETERS | {"DefaultModel": f"{provider}/kling-o1-edit", "ModelOrder": ""},
        ) as studio,
    ):
        door = Door.of_local(studio.stack.address)
        door.is_passing = True
        door.bring = relay.bring
        say("polls only: no call of the provider reaches this machine")
        yield Opened(door)
        for left in storage.clear():
            say(f"left for a while: {left}")


def check_model(provider: str, model: str | None) -> None:
    """Raises CommandRefused for a model of somebody else."""
    if model is not None and not model.startswith(f"{provider}/"):
        raise CommandRefused(f"{model} is not one of {provider}'s models; see `retake models`.")


def check_reachable(provider: str, url: str) -> None:
    """Raises CommandRefused for a provider out there, which could not fetch from this machine."""
    host = urlsplit(url).hostname
    if host not in ("127.0.0.1", "localhost", "::1"):
        raise CommandRefused(
            f"{PROVIDERS[provider].title} at {host} cannot fetch a clip from this machine's own "
            "address. `retake edit CLIP -p … --live PROVIDER` brings it there first."
        )
