from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from retake import settings as module
from retake.aws.client import client
from retake.aws.secrets import KEY_SECONDS, Keys
from retake.domain.errors import Misconfigured, RetakeError, Unavailable
from retake.settings import PROVIDERS, Settings

from tests.support.fakes import Clock

ENVIRONMENT = {
    "TABLE_NAME": "edits",
    "INBOX_BUCKET": "inbox",
    "RESULTS_BUCKET": "results",
    "DEFAULT_MODEL": "novita/kling-o1-edit",
}


def read(**more: str) -> Settings:
    return Settings.from_environment(ENVIRONMENT | more)


# ---------------------------------------------------------------- the environment


def test_everything_else_has_a_sensible_default() -> None:
    known = read()

    assert (known.table_name, known.inbox_prefix, known.model_order) == ("edits", "", ())
    assert (known.first_poll_seconds, known.max_poll_seconds, known.record_days) == (45, 60, 90)
    assert (known.deadline_seconds, known.prompt_max_chars) == (0, 0)
    assert known.result_hosts == ("*",)
    assert known.loopback_ports == frozenset()
    assert set(known.base_urls) == set(known.secret_ids) == set(PROVIDERS)


@pytest.mark.parametrize("value", [None, "", "   "])
@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_missing_variable_is_named(name: str, value: str | None) -> None:
    environ = {key: text for key, text in ENVIRONMENT.items() if key != name}
    if value is not None:
        environ[name] = value

    with pytest.raises(Misconfigured, match=name):
        Settings.from_environment(environ)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        *[
            (name, bad)
            for name in (
                "DEADLINE_SECONDS",
                "FIRST_POLL_SECONDS",
                "MAX_POLL_SECONDS",
                "PROMPT_MAX_CHARS",
                "RECORD_DAYS",
            )
            for bad in ("x", "-1", "1.5", "1e3", "²", "٣", "9" * 5000, "1 2")
        ],
        ("FIRST_POLL_SECONDS", "0"),  # would ask a provider without a pause
        ("MAX_POLL_SECONDS", "0"),
        ("RECORD_DAYS", "0"),  # would delete records that are still written
        ("NOVITA_BASE_URL", "api.novita.ai"),
        ("NOVITA_BASE_URL", "http://api.novita.ai"),
        ("EVOLINK_BASE_URL", "https://"),
        ("EVOLINK_BASE_URL", "https://api evolink.ai"),
        ("AIMLAPI_BASE_URL", "https://user:password@api.aimlapi.com"),
        ("FAL_BASE_URL", "http://127.0.0.1"),
        ("FAL_BASE_URL", "http://127.0.0.1.evil.example:80"),
        ("FAL_PLATFORM_URL", "https://[127.0.0.1]/"),
        ("FAL_SIGNING_KEYS_URL", "http://rest.fal.ai/jwks.json"),
        ("RESULT_HOSTS", "https://cdn.example"),
        ("RESULT_HOSTS", "cdn.example,*.*"),
        ("RESULT_HOSTS", "*cdn.example"),
        ("RESULT_HOSTS", "cdn.example/path"),
        ("RESULT_HOSTS", "cdn.example."),
        ("RETAKE_LOOPBACK_PORTS", "http"),
        ("RETAKE_LOOPBACK_PORTS", "8000,0"),
        ("RETAKE_LOOPBACK_PORTS", "65536"),
        ("RETAKE_LOOPBACK_PORTS", "-1"),
    ],
)
def test_a_bad_variable_is_named(name: str, bad: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        read(**{name: bad})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://api.novita.ai", "https://api.novita.ai"),
        ("https://api.novita.ai/", "https://api.novita.ai"),
        (" https://api.novita.ai/sub/ ", "https://api.novita.ai/sub"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("", ""),
    ],
)
def test_a_base_url_loses_its_ending_slash(given: str, kept: str) -> None:
    assert read(NOVITA_BASE_URL=given).base_urls["novita"] == kept


def test_lists_are_split_and_host_names_are_lower_case() -> None:
    known = read(MODEL_ORDER=" a/b , c/d,", RESULT_HOSTS="CDN.Example, *.Fal.media")

    assert known.model_order == ("a/b", "c/d")
    assert known.result_hosts == ("cdn.example", "*.fal.media")


def test_loopback_ports_are_for_one_machine() -> None:
    assert read(RETAKE_LOOPBACK_PORTS="8001, 8002").loopback_ports == {8001, 8002}


@pytest.mark.parametrize("ports", ["8001", "x"])
def test_a_deployed_function_refuses_loopback_ports(ports: str) -> None:
    with pytest.raises(Misconfigured, match="RETAKE_LOOPBACK_PORTS is for the local engine"):
        read(RETAKE_LOOPBACK_PORTS=ports, AWS_LAMBDA_RUNTIME_API="127.0.0.1:9001")


def test_a_deployed_function_without_them_is_fine() -> None:
    assert read(RETAKE_LOOPBACK_PORTS="", AWS_LAMBDA_RUNTIME_API="x").loopback_ports == frozenset()


# ---------------------------------------------------------------- provider keys


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
