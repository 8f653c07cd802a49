"""What the deployment tells the code: environment, AWS clients and provider keys.

The environment is read once, at start, into one frozen object, so that a bad deployment fails
at the first call with the variable's name and not halfway through an edit.
"""

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from retake.errors import Misconfigured, Unavailable
from retake.links import LinkSecrets

PROVIDERS = ("novita", "evolink", "aimlapi", "fal")
PLACEHOLDER = "replace-me"
# What only one provider needs: the adapter's own names and the variables that hold them.
PROVIDER_OPTIONS = {
    "fal": {
        "platform_url": "FAL_PLATFORM_URL",
        "signing_keys_url": "FAL_SIGNING_KEYS_URL",
        "user_id": "FAL_USER_ID",
    }
}
KEY_SECONDS = 300  # how long a provider key may be remembered after it was read

_NAME = r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*"
_BASE_URL = re.compile(
    rf"https://{_NAME}(/[!-~]*)?|http://(127\.0\.0\.1|localhost):[0-9]+(/[!-~]*)?"
)
_HOST_PATTERN = re.compile(rf"\*|(\*\.)?{_NAME}")


@dataclass(frozen=True, slots=True)
class Settings:
    """The deployment's choices. Durations in seconds, days where named so."""

    table_name: str
    inbox_bucket: str
    inbox_prefix: str
    results_bucket: str
    state_machine_arn: str
    topic_arn: str
    default_model: str
    model_order: tuple[str, ...]
    deadline_seconds: int
    first_poll_seconds: int
    max_poll_seconds: int
    prompt_max_chars: int
    record_days: int
    park_seconds: int
    settle_seconds: int
    default_prompt: str
    on_uncertain: str
    mark_results: bool
    base_urls: Mapping[str, str]
    secret_ids: Mapping[str, str]
    result_hosts: tuple[str, ...]
    loopback_ports: frozenset[int]
    intake_queue_url: str
    public_url: str
    links_secret_id: str
    erase_function: str
    share_days: int
    provider_options: Mapping[str, Mapping[str, str]]

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read and check every variable; raises Misconfigured naming the first bad one."""
        return cls(
            table_name=_text(environ, "TABLE_NAME"),
            inbox_bucket=_text(environ, "INBOX_BUCKET"),
            inbox_prefix=environ.get("INBOX_PREFIX", ""),
            results_bucket=_text(environ, "RESULTS_BUCKET"),
            state_machine_arn=environ.get("STATE_MACHINE_ARN", ""),
            topic_arn=environ.get("TOPIC_ARN", ""),
            default_model=_text(environ, "DEFAULT_MODEL"),
            model_order=_list(environ, "MODEL_ORDER"),
            deadline_seconds=_whole(environ, "DEADLINE_SECONDS", 0, least=0),
            first_poll_seconds=_whole(environ, "FIRST_POLL_SECONDS", 45, least=1),
            max_poll_seconds=_whole(environ, "MAX_POLL_SECONDS", 60, least=1),
            prompt_max_chars=_whole(environ, "PROMPT_MAX_CHARS", 0, least=0),
            record_days=_whole(environ, "RECORD_DAYS", 90, least=1),
            park_seconds=_whole(environ, "PARK_SECONDS", 86_400, least=0),
            settle_seconds=_whole(environ, "SETTLE_SECONDS", 20, least=0),
            default_prompt=environ.get("DEFAULT_PROMPT", ""),
            on_uncertain=_one_of(environ, "ON_UNCERTAIN", ("fail", "retry_once")),
            mark_results=_one_of(environ, "MARK_RESULTS", ("on", "off")) == "on",
            base_urls={name: _base_url(environ, f"{name.upper()}_BASE_URL") for name in PROVIDERS},
            secret_ids={
                name: environ.get(f"{name.upper()}_SECRET_ID", "").strip() for name in PROVIDERS
            },
            result_hosts=_hosts(environ, "RESULT_HOSTS") or ("*",),
            loopback_ports=_loopback_ports(environ),
            intake_queue_url=environ.get("INTAKE_QUEUE_URL", ""),
            public_url=environ.get("PUBLIC_URL", "").rstrip("/"),
            links_secret_id=environ.get("LINKS_SECRET_ID", ""),
            erase_function=environ.get("ERASE_FUNCTION", ""),
            share_days=_whole(environ, "SHARE_DAYS", 0, least=0),
            provider_options={
                name: {
                    option: _option(environ, variable)
                    for option, variable in options.items()
                    if environ.get(variable)
                }
                for name, options in PROVIDER_OPTIONS.items()
            },
        )


def _text(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise Misconfigured(f"The environment variable {name} is empty; deploy the stack again.")
    return value


def _bad(name: str, value: str, wanted: str) -> Misconfigured:
    return Misconfigured(f"The environment variable {name} is {value!r}, not {wanted}.")


def _whole(environ: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    text = environ.get(name, "").strip() or str(default)
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) < least:
        raise _bad(name, text, f"a whole number of at least {least}")
    return int(text)


def _one_of(environ: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    word = environ.get(name, "").strip() or words[0]
    if word not in words:
        raise Misconfigured(f"The environment variable {name} is {word!r}, not one of {words}.")
    return word


def _list(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in environ.get(name, "").split(",") if part.strip())


def _base_url(environ: Mapping[str, str], name: str) -> str:
    """Without an ending slash; empty when the provider is not used."""
    text = environ.get(name, "").strip().rstrip("/")
    if text and not _BASE_URL.fullmatch(text):
        raise _bad(name, text, "an https address, or http://127.0.0.1:PORT on one machine")
    return text


def _option(environ: Mapping[str, str], name: str) -> str:
    return _base_url(environ, name) if name.endswith("_URL") else environ[name]


def _hosts(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    hosts = tuple(host.lower() for host in _list(environ, name))
    for host in hosts:
        if not _HOST_PATTERN.fullmatch(host):
            raise _bad(name, host, "a host name, one behind '*.', or '*'")
    return hosts


def _loopback_ports(environ: Mapping[str, str]) -> frozenset[int]:
    # Only the local engine sets this, for its simulators. Real Lambda always sets
    # AWS_LAMBDA_RUNTIME_API, and there the variable is refused whatever it says.
    name = "RETAKE_LOOPBACK_PORTS"
    ports = _list(environ, name)
    if ports and "AWS_LAMBDA_RUNTIME_API" in environ:
        raise Misconfigured(f"{name} is for the local engine only; remove it.")
    for port in ports:
        if not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) < 65536:
            raise _bad(name, port, "a port")
    return frozenset(int(port) for port in ports)


@cache
def settings() -> Settings:
    """The settings of this process, read on first use."""
    return Settings.from_environment(os.environ)


@cache
def _session() -> botocore.session.Session:
    # Not boto3, which adds transfers and resources nobody here uses; and one session, because each
    # would read the same descriptions of AWS anew.
    return botocore.session.get_session()


@cache
def client(service: str) -> Any:
    """One AWS client per service and process.

    Its retries are botocore's standard ones; all of them together end before a function of 60
    seconds does, so that an outage is told by its name and not as a function that was killed.
    """
    config = Config(
        connect_timeout=3,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 3},
        user_agent_extra="retake",
        s3={"addressing_style": "virtual" if "AWS_ENDPOINT_URL" not in os.environ else "path"},
        signature_version="s3v4" if service == "s3" else None,
    )
    make: Any = _session().create_client  # its typed overloads name every service
    return make(service, config=config)


class Keys:
    """Provider keys, read from Secrets Manager and remembered for five minutes."""

    def __init__(
        self,
        secret_ids: Mapping[str, str],
        read: Callable[[str], str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._secret_ids = secret_ids
        self._read = read or _read_secret
        self._clock = clock
        self._known: dict[str, tuple[float, str]] = {}

    def key(self, provider: str, *, fresh: bool = False) -> str:
        """The key of a provider; `fresh` asks again, as one does after a 401.

        Raises Misconfigured when there is none, or it is empty, still the placeholder, or has
        white space or characters no header can carry; Unavailable when the vault cannot answer.
        """
        secret_id = self._secret_ids.get(provider)
        if not secret_id:
            raise Misconfigured(
                f"No secret is named for {provider}; set {provider.upper()}_SECRET_ID."
            )
        read_at, key = self._known.get(provider, (float("-inf"), ""))
        if fresh or self._clock() - read_at > KEY_SECONDS:
            key = _checked_key(provider, self._read(secret_id))
            self._known[provider] = (self._clock(), key)
        return key


def _checked_key(provider: str, key: str) -> str:
    if not key.strip() or key.startswith(PLACEHOLDER):
        raise Misconfigured(
            f"No key for {provider} is set; put it into the stack's secret for {provider} "
            "(README, 'Deploy')."
        )
    if not key.isascii() or any(char.isspace() or not char.isprintable() for char in key):
        raise Misconfigured(
            f"The key for {provider} contains white space or unprintable characters (often a line "
            "end at the end of a file); store it again without them."
        )
    return key


@lru_cache(maxsize=1)
def _link_secrets(secret_id: str, _until: int) -> LinkSecrets:
    return LinkSecrets.from_json(_read_secret(secret_id))


def link_secrets() -> LinkSecrets:
    """The secrets links are signed with, read anew every five minutes."""
    if not settings().links_secret_id:
        raise Misconfigured("The environment variable LINKS_SECRET_ID is empty.")
    return _link_secrets(settings().links_secret_id, int(time.monotonic() // KEY_SECONDS))


# A secret that is missing, closed to this stack, marked for deletion, or encrypted with a lost key.
_OWNERS = frozenset(
    {"ResourceNotFoundException", "AccessDeniedException"}
    | {"InvalidRequestException", "InvalidParameterException", "DecryptionFailure"}
)


def _read_secret(secret_id: str) -> str:
    try:
        answer = client("secretsmanager").get_secret_value(SecretId=secret_id)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _OWNERS:
            raise Misconfigured(f"The secret {secret_id} cannot be read ({code}).") from None
        raise Unavailable(f"Secrets Manager cannot answer now ({code}).") from None
    except BotoCoreError as error:
        raise Unavailable(f"Secrets Manager cannot answer now ({type(error).__name__}).") from None
    return str(answer.get("SecretString", ""))
