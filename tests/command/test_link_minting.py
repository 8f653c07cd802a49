"""Links made by command: for the stack on this machine, and for one in an account."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from retake.domain.signed_links import (
    LinkSecrets,
    Signer,
    opens_board,
    opens_edit,
    share_generation,
)

from command.door import Door, StackChoice
from command.link_minting import Mint, of_door
from command.main import main
from local.emulator.api_client import ApiAnswer
from local.errors import UserError

SECRET = json.dumps({"kid": "a", "secret": "x" * 32})
SIGNER = Signer(lambda: LinkSecrets.from_json(SECRET))
EDIT_ID = "e-4k2v9q7x0c1m8n3b5d6f"
OUTPUTS = {
    "ApiUrl": "https://abc.execute-api.eu-central-1.amazonaws.com/v1",
    "LinksSecretArn": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:retake-dev/links",
    "BoardSecretArn": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:retake-dev/board",
    "TableName": "retake-dev-EditTable",
}
BOARD_SECRET = json.dumps({"kid": "a", "secret": "y" * 32})
BOARD_SIGNER = Signer(lambda: LinkSecrets.from_json(BOARD_SECRET))


class FakeAccount:
    """A deployed stack, in the answers of Secrets Manager and DynamoDB."""

    def __init__(self, outputs: Mapping[str, str] = OUTPUTS, *, is_closed: bool = False) -> None:
        self.stack = "retake-dev"
        self.outputs = outputs
        self._is_closed = is_closed
        self.generations: dict[str, int] = {}

    def client(self, service: str) -> "FakeAccount":
        return self

    def call(self, method: str, path: str, said: Any, headers: Any) -> ApiAnswer:
        known = path == f"/edits/{EDIT_ID}"
        told = {"edit_id": EDIT_ID} if known else {"detail": "There is no edit of this id."}
        return ApiAnswer(200 if known else 404, {}, json.dumps(told).encode())

    def send(self, *_: Any) -> ApiAnswer:
        raise AssertionError("Nothing is sent to make a link.")

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:
        secrets = {
            OUTPUTS["LinksSecretArn"]: SECRET,
            OUTPUTS["BoardSecretArn"]: BOARD_SECRET,
        }
        if self._is_closed or SecretId not in secrets:
            said = "User is not authorized to perform secretsmanager:GetSecretValue"
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": said}}, "")
        return {"SecretString": secrets[SecretId]}

    def get_item(self, *, TableName: str, Key: Any) -> dict[str, Any]:
        taken_back = {"N": str(self.generations.get(Key["pk"]["S"], 0))}
        return {"Item": {"share_generation": taken_back}}

    def update_item(self, *, TableName: str, Key: Any, **update: Any) -> None:
        assert "attribute_exists(pk)" in update["ConditionExpression"]
        self.generations[Key["pk"]["S"]] = self.generations.get(Key["pk"]["S"], 0) + 1


def test_a_link_to_the_board_opens_the_board_until_it_expires() -> None:
    link = Mint("https://api.example/v1", lambda: SECRET).board(days=2)

    base, _, token = link.rpartition("/")
    now = datetime.now(UTC)
    assert base == "https://api.example/v1/board"
    assert opens_board(token, SIGNER, now=now)
    assert not opens_board(token, SIGNER, now=now + timedelta(days=2, minutes=1))
    assert not opens_edit(token, EDIT_ID, SIGNER, now=now)


def test_a_link_to_an_edit_opens_that_edit_only() -> None:
    link = Mint("https://api.example/v1", lambda: SECRET).share(EDIT_ID)

    token = link.rpartition("/")[2]
    now = datetime.now(UTC)
    assert link.startswith(f"https://api.example/v1/share/{EDIT_ID}/")
    assert opens_edit(token, EDIT_ID, SIGNER, now=now)
    assert not opens_edit(token, EDIT_ID[:-1] + "0", SIGNER, now=now)
    assert not opens_board(token, SIGNER, now=now)


@pytest.mark.parametrize("edit_id", ["", "e-1", "../board", EDIT_ID.upper(), EDIT_ID + "/x"])
def test_what_is_no_id_is_one_line(edit_id: str) -> None:
    with pytest.raises(UserError, match="is no edit's id"):
        Mint("https://api.example", lambda: SECRET).share(edit_id)


def test_a_secret_that_is_none_is_one_line() -> None:
    with pytest.raises(UserError, match="The secret for links"):
        Mint("https://api.example", lambda: "replace-me").board()


def test_a_deployed_stack_s_link_is_made_of_its_outputs_and_its_secret() -> None:
    link = of_door(door(FakeAccount())).board()

    base, _, token = link.rpartition("/")
    assert base == f"{OUTPUTS['ApiUrl']}/board"
    assert opens_board(token, BOARD_SIGNER, now=datetime.now(UTC))
    assert not opens_board(token, SIGNER, now=datetime.now(UTC))


def test_links_that_were_taken_back_are_told_from_those_made_since() -> None:
    mint = of_door(door(FakeAccount()))
    old = mint.share(EDIT_ID).rpartition("/")[2]

    mint.revoke(EDIT_ID)

    new = mint.share(EDIT_ID).rpartition("/")[2]
    now = datetime.now(UTC)
    assert share_generation(old, EDIT_ID, SIGNER, now=now) == 0
    assert share_generation(new, EDIT_ID, SIGNER, now=now) == 1


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (FakeAccount({}), "deploy it again: make deploy"),
        (FakeAccount(is_closed=True), "The secret that signs links cannot be read"),
    ],
)
def test_what_keeps_a_link_from_being_made_is_one_line(account: FakeAccount, said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        of_door(door(account)).board()

    assert "\n" not in str(error.value)


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StackChoice, "open", lambda place: door(FakeAccount()))


@pytest.mark.usefixtures("deployed")
def test_the_command_prints_the_address_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["share", EDIT_ID, "--stack", "retake-dev", "--days", "1"])

    told = capsys.readouterr()
    assert code == 0
    assert told.out.startswith(f"{OUTPUTS['ApiUrl']}/share/{EDIT_ID}/")
    assert told.out.count("\n") == 1
    assert told.err == ""


@pytest.mark.usefixtures("deployed")
def test_no_link_is_made_to_an_edit_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["share", EDIT_ID[:-1] + "0", "--stack", "retake-dev"])

    told = capsys.readouterr()
    assert code == 3
    assert told.out == ""
    assert told.err == "retake: There is no edit of this id.\n"


@pytest.mark.parametrize("days", ["0", "-1", "soon", "366", "nan"])
def test_a_link_holds_for_a_sensible_time(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "--days", days]) == 2
    assert "--days" in capsys.readouterr().err


def test_help_says_who_may_look(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "--help"]) == 0

    told = " ".join(capsys.readouterr().out.split())
    assert "Whoever has it may look until it expires" in told


def door(account: FakeAccount) -> Door:
    made = Door(account.stack, account.call, account.send, account.client)
    made.outputs = account.outputs
    return made
