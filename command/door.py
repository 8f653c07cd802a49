"""One stack as who operates it reaches it: its API, its outputs, and AWS around it.

The stack on this machine and a deployed one have the same door: what differs is who signs.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from urllib.error import URLError
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from command.refusals import ApiRefusal
from local.emulator import api_client
from local.emulator.api_client import ApiAnswer
from local.emulator.clients import Clients
from local.emulator.engine import STACK_NAME
from local.emulator.running_stack import ADDRESS_FILE, Address
from local.errors import OutOfReach
from local.smoke.account import Account

TRIES = 4
HERE = "this machine"

Call = Callable[..., ApiAnswer]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackChoice:
    """Which stack was meant, as typed; nothing is asked before `open`."""

    stack: str | None = None
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    address: Path | None = None

    def open(self) -> "Door":
        """Raises OutOfReach when there is no such stack."""
        if self.stack is None:
            return Door.of_local(Address.read(self.address or ADDRESS_FILE))
        return Door.of_deployed(self.account())

    def account(self) -> Account:
        """The account that a deployed stack is in. Raises OutOfReach, also when none was named."""
        if self.stack is None:
            raise OutOfReach("Name the deployed stack with --stack.")
        return Account(
            self.stack,
            profile=self.profile,
            region=self.region or os.environ.get("AWS_REGION"),
            endpoint_url=self.endpoint_url or os.environ.get("AWS_ENDPOINT_URL"),
        )


@dataclass
class Door:
    """`name` is for people. `call` signs, `send` does not; every status is an answer of theirs."""

    name: str
    call: Call
    send: Call
    client: Callable[[str], Any]
    address: Address | None = None
    pause: Callable[[float], None] = field(default=time.sleep, repr=False)
    # What has to be done with a clip before its edit is asked for; nothing, mostly.
    bring: Callable[[Path], object] | None = None
    # Whether the stack ends with this command: nobody can come back to it.
    is_passing: bool = False

    @classmethod
    def of_local(cls, address: Address) -> "Door":
        clients = Clients(address.endpoint_url, address.access_key)

        def call(method: str, path: str, said: Any = None, headers: Any = None) -> ApiAnswer:
            return api_client.call(address.api_url, method, path, said, headers, address.access_key)

        return cls(HERE, call, api_client.send, lambda name: getattr(clients, name), address)

    @classmethod
    def of_deployed(cls, account: Account) -> "Door":
        door = cls(account.stack, account.call, account.send, account.client)
        door.outputs = account.outputs  # which also finds out whether there is such a stack
        return door

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """What the stack says of itself in CloudFormation. Raises OutOfReach."""
        try:
            found = self.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
        except (BotoCoreError, ClientError) as error:
            raise OutOfReach(f"The stack on {self.name} does not answer: {error}") from None
        return {it["OutputKey"]: it["OutputValue"] for it in found[0].get("Outputs", [])}

    @property
    def identity(self) -> str:
        """Tells this stack from every other, also from one that stood here before."""
        if self.address is not None:
            return f"{self.address.api_url} {self.address.pid}"
        return self.outputs["ApiUrl"]

    @property
    def stack_name(self) -> str:
        """Its name in CloudFormation."""
        return self.name if self.address is None else STACK_NAME

    @property
    def api_url(self) -> str:
        """Where its API and its pages are; no slash at the end."""
        here = self.outputs["ApiUrl"] if self.address is None else self.address.api_url
        return here.rstrip("/")

    @property
    def inbox_bucket(self) -> str:
        return self.outputs["InboxBucketName"]

    @property
    def is_watched_closely(self) -> bool:
        """Whether asking often costs nothing."""
        return self.address is not None

    def is_paid(self, provider: str) -> bool:
        """Whether an edit there costs money: not at a simulator of this machine."""
        if self.address is None:
            return True
        url = self.address.providers.get(provider, "")
        return not url.startswith(self.address.simulator_url)

    # ------------------------------------------------ the API

    def ask(
        self,
        method: str,
        path: str,
        said: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> ApiAnswer:
        """One call; what may be repeated is repeated while the API is busy.

        Raises ApiRefusal, OutOfReach.
        """
        # Without a key a POST is another edit each time; everything else says the same twice.
        is_repeatable = method != "POST" or path != "/edits" or bool(headers)
        for tried in range(1, TRIES + 1):
            try:
                answer = self.call(method, path, said, headers)
            except (URLError, OSError) as error:
                raise OutOfReach(f"{self.name} does not answer: {_reason(error)}") from None
            if answer.status < 400:
                return answer
            is_busy = answer.status in (429, 503) and is_repeatable
            if not is_busy or tried == TRIES:
                raise ApiRefusal(answer.status, _problem(answer))
            self.pause(min(60.0, float(answer.headers.get("retry-after", tried))))
        raise AssertionError("unreachable")

    def read(self, method: str, path: str, said: Any = None) -> Any:
        """The JSON of an answer."""
        return self.ask(method, path, said).json

    def edit(self, edit_id: str) -> dict[str, Any]:
        return cast(dict[str, Any], self.read("GET", f"/edits/{edit_id}"))

    def edits(self, **wanted: Any) -> Iterator[dict[str, Any]]:
        """Newest first, page after page."""
        while True:
            page = self.read("GET", f"/edits{query(wanted)}")
            yield from page["edits"]
            if not page.get("next_cursor"):
                return
            wanted["cursor"] = page["next_cursor"]


def query(said: Mapping[str, Any]) -> str:
    """A query of what is not None."""
    # Signature Version 4 wants what it signs in the canonical form, which has no "+".
    parts = [
        f"{name}={quote(str(value), safe='')}"
        for name, value in sorted(said.items())
        if value is not None
    ]
    return f"?{'&'.join(parts)}" if parts else ""


def _problem(answer: ApiAnswer) -> Mapping[str, Any]:
    try:
        said = answer.json
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _reason(error: OSError) -> str:
    return str(getattr(error, "reason", None) or error)
