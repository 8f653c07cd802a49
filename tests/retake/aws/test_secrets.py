"""Provider keys: read from the vault, remembered for a while, refused when they are none."""

from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from retake.aws import secrets as module
from retake.aws.client import client
from retake.aws.secrets import KEY_SECONDS, Keys
from retake.domain.errors import Misconfigured, RetakeError, Unavailable

from virtual.clock import Clock


class Vault:
    """Secrets by id, and how often they were read."""

    def __init__(self, **secrets: str) -> None:
        self.secrets = secrets
        self.reads = 0

    def __call__(self, secret_id: str) -> str:
        self.reads += 1
        return self.secrets[secret_id]


def keys(vault: Vault, clock: Clock) -> Keys:
    return Keys({"novita": "n", "fal": "f", "evolink": ""}, vault, clock.monotonic)


def test_a_key_is_read_once_in_five_minutes() -> None:
    vault, clock = Vault(n="key-1", f="key-2"), Clock()
    known = keys(vault, clock)

    assert [known.key("novita"), known.key("fal"), known.key("novita")] == [
        "key-1",
        "key-2",
        "key-1",
    ]
    assert vault.reads == 2


def test_a_changed_key_is_seen_after_five_minutes() -> None:
    vault, clock = Vault(n="old"), Clock()
    known = keys(vault, clock)
    known.key("novita")
    vault.secrets["n"] = "new"

    clock.advance(KEY_SECONDS)
    assert known.key("novita") == "old"
    clock.advance(1)
    assert known.key("novita") == "new"


def test_a_fresh_key_is_read_now_and_remembered_anew() -> None:
    vault, clock = Vault(n="old"), Clock()
    known = keys(vault, clock)
    known.key("novita")
    vault.secrets["n"] = "new"
    clock.advance(200)

    assert known.key("novita", fresh=True) == "new"
    clock.advance(200)
    assert known.key("novita") == "new"
    assert vault.reads == 2


@pytest.mark.parametrize(
    "key",
    [
        "",
        " ",
        "\n",
        "replace-me",
        "replace-me\n",
        "replace-me-with-your-key",
        "key\n",
        "key\r\n",
        " key",
        "key ",
        "two words",
        "tab\tkey",
        "key\x00",
        "key\x7f",
        "kéy",
        "key\u00a0",
        "key\u200b",
        "\ufeffkey",
    ],
)
def test_a_key_that_cannot_be_one_is_refused_in_one_sentence(key: str) -> None:
    with pytest.raises(Misconfigured, match="novita") as raised:
        keys(Vault(n=key), Clock()).key("novita")

    assert "\n" not in str(raised.value)
    assert len(key.strip()) < 5 or key in str(raised.value) or key.strip() not in str(raised.value)


def test_a_bad_key_is_not_remembered() -> None:
    vault = Vault(n="replace-me")
    known = keys(vault, Clock())
    with pytest.raises(Misconfigured):
        known.key("novita")
    vault.secrets["n"] = "key"

    assert known.key("novita") == "key"


@pytest.mark.parametrize("provider", ["evolink", "nobody"])
def test_a_provider_without_a_secret_says_which_variable_is_missing(provider: str) -> None:
    with pytest.raises(Misconfigured, match=f"{provider.upper()}_SECRET_ID"):
        keys(Vault(), Clock()).key(provider)


# ---------------------------------------------------------------- the vault


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "AWS's own words"}}, "GetSecretValue")


@pytest.fixture
def secrets_manager(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Secrets Manager answers: a dictionary, or an exception under "raise"."""
    answer: dict[str, Any] = {}

    class Client:
        def get_secret_value(self, **arguments: Any) -> Any:
            if "raise" in answer:
                raise answer["raise"]
            return answer

    monkeypatch.setattr(module, "client", lambda service: Client())
    return answer


def test_a_key_comes_from_the_vault(secrets_manager: dict[str, Any]) -> None:
    secrets_manager["SecretString"] = "key-1"

    assert Keys({"novita": "arn"}).key("novita") == "key-1"


def test_a_secret_of_bytes_holds_no_key(secrets_manager: dict[str, Any]) -> None:
    secrets_manager["SecretBinary"] = b"key-1"

    with pytest.raises(Misconfigured):
        Keys({"novita": "arn"}).key("novita")


@pytest.mark.parametrize(
    ("failure", "named"),
    [
        (refused("ResourceNotFoundException"), Misconfigured),
        (refused("AccessDeniedException"), Misconfigured),
        (refused("InvalidRequestException"), Misconfigured),
        (refused("DecryptionFailure"), Misconfigured),
        (refused("ThrottlingException"), Unavailable),
        (refused("InternalServiceError"), Unavailable),
        (EndpointConnectionError(endpoint_url="https://secretsmanager"), Unavailable),
    ],
)
def test_a_vault_that_fails_says_who_can_help(
    secrets_manager: dict[str, Any],
    failure: BotoCoreError | ClientError,
    named: type[RetakeError],
) -> None:
    secrets_manager["raise"] = failure

    with pytest.raises(named) as raised:
        Keys({"novita": "arn"}).key("novita")

    assert "own words" not in str(raised.value)


def test_the_clients_patience_ends_before_a_functions_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")

    config = client.__wrapped__("dynamodb").meta.config

    attempts = config.retries["total_max_attempts"]
    assert attempts * (config.connect_timeout + config.read_timeout) < 60
