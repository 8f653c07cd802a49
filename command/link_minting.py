"""Links to the pages of a stack, made with the secret of that stack: local or deployed."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from retake.domain import signed_links as shares
from retake.domain.errors import Misconfigured
from retake.domain.signed_links import LinkSecrets, Signer

from command.door import Door
from local.emulator.clients import Clients
from local.emulator.running_stack import Address
from local.errors import UserError

BOARD_DAYS = 30
SHARE_DAYS = 7
EDIT_ID = r"e-[0-9a-z]{20}"


@dataclass(frozen=True, slots=True)
class Mint:
    """Makes links below `base_url`, and takes them back.

    `secret` reads the JSON that the stack signs the pages of edits with, `board_secret` that of the
    board (None: the same); `generation` of an edit's links stands on its record, where `revoke`
    counts it up.
    """

    base_url: str
    secret: Callable[[], str]
    board_secret: Callable[[], str] | None = None
    table: "LinkTable | None" = None

    def board(self, days: float = BOARD_DAYS) -> str:
        """The address of the board. Raises UserError when the secret is none."""
        return self._link("board_path", days, self.board_secret or self.secret)

    def share(self, edit_id: str, days: float = SHARE_DAYS) -> str:
        """The address of an edit's page. Raises UserError also for what is no edit's id."""
        checked_id(edit_id)
        known = {"generation": self.table.generation(edit_id)} if self.table else {}
        return self._link("share_path", days, self.secret, edit_id, **known)

    def own(self, edit_id: str, days: float = 1) -> str:
        """The address of an edit's page for its owner. Raises UserError."""
        checked_id(edit_id)
        known = {"generation": self.table.generation(edit_id)} if self.table else {}
        return self._link("own_path", days, self.secret, edit_id, **known)

    def revoke(self, edit_id: str) -> None:
        """Every link to the page of an edit that is out opens nothing any more."""
        checked_id(edit_id)
        if self.table is None:
            raise UserError("This stack's table is not known.")
        self.table.revoke(edit_id)

    def _link(
        self, maker: str, days: float, secret: Callable[[], str], *subject: str, **more: int
    ) -> str:
        until = datetime.now(UTC) + timedelta(days=days)
        signer = Signer(lambda: LinkSecrets.from_json(secret()))
        try:
            return (
                f"{self.base_url}/{getattr(shares, maker)(*subject, signer, until=until, **more)}"
            )
        except Misconfigured as error:
            raise UserError(str(error)) from None


@dataclass(frozen=True, slots=True)
class LinkTable:
    """The records of a stack, as far as links need them."""

    client: Any
    name: str

    def generation(self, edit_id: str) -> int:
        """How often links to this edit were taken back; 0 where there is no such edit yet."""
        try:
            found = self.client.get_item(TableName=self.name, Key=_key(edit_id)).get("Item", {})
        except ClientError as error:
            raise UserError(f"The record cannot be read: {_said(error)}.") from None
        return int(found.get("share_generation", {}).get("N", "0"))

    def revoke(self, edit_id: str) -> None:
        """Counts up, on a record that is there. Raises UserError."""
        try:
            self.client.update_item(
                TableName=self.name,
                Key=_key(edit_id),
                UpdateExpression="ADD share_generation :one",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )
        except ClientError as error:
            raise UserError(f"The links cannot be taken back: {_said(error)}.") from None


def _key(edit_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"edit#{edit_id}"}}


def _said(error: ClientError) -> str:
    return error.response["Error"]["Message"]


def checked_id(edit_id: str) -> str:
    """The same, where it can be an edit's id. Raises UserError."""
    if not re.fullmatch(EDIT_ID, edit_id):
        raise UserError(f"{edit_id!r} is no edit's id; one is e- and 20 letters and digits.")
    return edit_id


def of_local(address: Address) -> Mint:
    """Of a stack on this machine; its pages are where its board is served."""
    clients = Clients(address.endpoint_url, address.access_key)
    return Mint(
        base_url=address.board_url or address.api_url,
        secret=lambda: _read(clients.secretsmanager, address.links_secret),
        board_secret=lambda: _read(clients.secretsmanager, address.board_secret),
        table=LinkTable(clients.dynamodb, address.table_name),
    )


def of_door(door: Door) -> Mint:
    """Of the stack behind a door. Raises UserError when it was deployed before it had links."""
    if door.address is not None:
        return of_local(door.address)
    outputs = door.outputs
    if not {"ApiUrl", "LinksSecretArn", "BoardSecretArn", "TableName"} <= outputs.keys():
        raise UserError(f"The stack {door.name} has no links yet; deploy it again: make deploy")
    return Mint(
        base_url=outputs["ApiUrl"].rstrip("/"),
        secret=lambda: _read(door.client("secretsmanager"), outputs["LinksSecretArn"]),
        board_secret=lambda: _read(door.client("secretsmanager"), outputs["BoardSecretArn"]),
        table=LinkTable(door.client("dynamodb"), outputs["TableName"]),
    )


def _read(vault: Any, secret_id: str) -> str:
    try:
        return str(vault.get_secret_value(SecretId=secret_id)["SecretString"])
    except ClientError as error:
        said = error.response["Error"]["Message"]
        raise UserError(f"The secret that signs links cannot be read: {said}.") from None
