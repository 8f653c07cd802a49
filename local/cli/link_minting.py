"""Links to the pages of a stack, made with the secret of that stack: local or deployed."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import ClientError

from local.emulator.clients import Clients
from local.emulator.engine import ROOT
from local.emulator.running_stack import Address
from local.errors import UserError

BOARD_DAYS = 30
SHARE_DAYS = 7
MAX_DAYS = 365
EDIT_ID = r"e-[0-9a-z]{20}"


@dataclass(frozen=True, slots=True)
class Mint:
    """Makes links below `base_url`; `secret` reads the JSON that the stack signs with."""

    base_url: str
    secret: Callable[[], str]

    def board(self, days: float = BOARD_DAYS) -> str:
        """The address of the board. Raises UserError when the secret is none."""
        return self._link("board_path", days)

    def share(self, edit_id: str, days: float = SHARE_DAYS) -> str:
        """The address of an edit's page. Raises UserError also for what is no edit's id."""
        if not re.fullmatch(EDIT_ID, edit_id):
            raise UserError(f"{edit_id!r} is no edit's id; one is e- and 20 letters and digits.")
        return self._link("share_path", days, edit_id)

    def _link(self, maker: str, days: float, *subject: str) -> str:
        # Here, because only links need the package of the functions.
        if str(ROOT / "layers" / "core") not in sys.path:
            sys.path.append(str(ROOT / "layers" / "core"))
        from retake.domain import signed_links as shares
        from retake.domain.errors import Misconfigured
        from retake.domain.signed_links import LinkSecrets, Signer

        until = datetime.now(UTC) + timedelta(days=days)
        signer = Signer(lambda: LinkSecrets.from_json(self.secret()))
        try:
            return f"{self.base_url}/{getattr(shares, maker)(*subject, signer, until=until)}"
        except Misconfigured as error:
            raise UserError(str(error)) from None


def of_local(address: Address) -> Mint:
    """Of a stack on this machine; its pages are where its board is served."""
    clients = Clients(address.endpoint_url, address.access_key)
    return Mint(
        base_url=address.board_url or address.api_url,
        secret=lambda: _read(clients.secretsmanager, address.links_secret),
    )


def of_deployed(stack_name: str, session: Any = None) -> Mint:
    """Of a stack in the account of the profile in use, by its outputs.

    Raises UserError when there is no such stack, or it was deployed before it had links.
    """
    session = session or boto3.Session()
    try:
        found = session.client("cloudformation").describe_stacks(StackName=stack_name)
    except ClientError as error:
        said = error.response["Error"]["Message"]
        raise UserError(f"The stack {stack_name} cannot be read: {said}.") from None
    outputs = {
        each["OutputKey"]: each["OutputValue"] for each in found["Stacks"][0].get("Outputs", [])
    }
    if not {"ApiUrl", "LinksSecretArn"} <= outputs.keys():
        raise UserError(f"The stack {stack_name} has no links yet; deploy it again: make deploy")
    return Mint(
        base_url=outputs["ApiUrl"].rstrip("/"),
        secret=lambda: _read(session.client("secretsmanager"), outputs["LinksSecretArn"]),
    )


def _read(vault: Any, secret_id: str) -> str:
    try:
        return str(vault.get_secret_value(SecretId=secret_id)["SecretString"])
    except ClientError as error:
        said = error.response["Error"]["Message"]
        raise UserError(f"The secret that signs links cannot be read: {said}.") from None
