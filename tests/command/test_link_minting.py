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

from command.link_minting import Mint, of_deployed
from command.main import main
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
    """An account with one stack, in the answers of CloudFormation and Secrets Manager."""

    def __init__(self, outputs: Mapping[str, str] = OUTPUTS, *, is_closed: bool = False) -> None:
        self._outputs = [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()]
        self._is_closed = is_closed
        self.generations: dict[str, int] = {}

    def client(self, service: str) -> "FakeAccount":
        return self

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        if StackName != "retake-dev":
            said = f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": said}}, "")
        return {"Stacks": [{"Outputs": self._outputs} if self._outputs else {}]}

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
    link = of_deployed("retake-dev", FakeAccount()).board()

    base, _, token = link.rpartition("/")
    assert base == f"{OUTPUTS['ApiUrl']}/board"
    assert opens_board(token, BOARD_SIGNER, now=datetime.now(UTC))
    assert not opens_board(token, SIGNER, now=datetime.now(UTC))


def test_links_that_were_taken_back_are_told_from_those_made_since() -> None:
    mint = of_deployed("retake-dev", FakeAccount())
    old = mint.share(EDIT_ID).rpartition("/")[2]

    mint.revoke(EDIT_ID)

    new = mint.share(EDIT_ID).rpartition("/")[2]
    now = datetime.now(UTC)
    assert share_generation(old, EDIT_ID, SIGNER, now=now) == 0
    assert share_generation(new, EDIT_ID, SIGNER, now=now) == 1


@pytest.mark.parametrize(
    ("name", "account", "said"),
    [
        ("nowhere", FakeAccount(), "The stack nowhere cannot be read: Stack with id nowhere"),
        ("retake-dev", FakeAccount({}), "deploy it again: make deploy"),
        ("retake-dev", FakeAccount(is_closed=True), "The secret that signs links cannot be read"),
    ],
)
def test_what_keeps_a_link_from_being_made_is_one_line(
    name: str, account: FakeAccount, said: str
) -> None:
    with pytest.raises(UserError, match=said) as error:
        of_deployed(name, account).board()

    assert "\n" not in str(error.value)


def test_the_command_prints_the_address_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("boto3.Session", FakeAccount)

    code = main(["share", EDIT_ID, "--stack-name", "retake-dev", "--days", "1"])

    told = capsys.readouterr()
    assert code == 0
    assert told.out.startswith(f"{OUTPUTS['ApiUrl']}/share/{EDIT_ID}/")
    assert told.out.count("\n") == 1
    assert told.err == ""


@pytest.mark.parametrize("days", ["0", "-1", "soon", "366", "nan"])
def test_a_link_holds_for_a_sensible_time(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["board", "--days", days])

    assert ended.value.code == 2
    assert "is not a number of days up to 365" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["board", "share"])
def test_help_says_who_may_look_and_how_to_take_links_back(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])

    told = " ".join(capsys.readouterr().out.split())
    assert "Whoever has it may look until it expires" in told
    assert "replace that secret" in told
