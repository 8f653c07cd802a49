"""What the deployment tells the code: environment, AWS clients and provider keys.

The environment is read once, at start, into one frozen object, so that a bad deployment fails
at the first call with the variable's name and not halfway through an edit.
"""

import os
import re
from collections.abc import Mapping
from functools import cache

import certifi

from retake.domain.budgets import Budgets
from retake.domain.errors import Misconfigured
from retake.domain.folders import Walls
from retake.domain.hold import Hold
from retake.domain.patterns import pattern
from retake.domain.provider_keys import KEY_NAME
from retake.domain.values import dataclass
from retake.domain.webhooks import WEBHOOK_URL_FORM, is_webhook_url

PROVIDERS = ("novita", "evolink", "aimlapi", "fal")
# What only one provider needs: the adapter's own names and the variables that hold them.
PROVIDER_OPTIONS = {
    "fal": {
        "platform_url": "FAL_PLATFORM_URL",
        "signing_keys_url": "FAL_SIGNING_KEYS_URL",
        "user_id": "FAL_USER_ID",
    }
}

_NAME = r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*"
_LOOPBACK = r"https?://(127\.0\.0\.1|localhost):[0-9]+"
_BASE_URL = pattern(rf"(https://{_NAME}|{_LOOPBACK})(/[!-~]*)?")
_CALLER = pattern(r"((\d{12}/)?(role|user)/)?[\w+=,.@-]+", re.ASCII)
_HOST_PATTERN = pattern(rf"\*|(\*\.)?{_NAME}")


@dataclass(frozen=True, slots=True)
class Settings:
    """The deployment's choices. Durations in seconds, days where named so."""

    table_name: str
    inbox_bucket: str
    inbox_prefix: str
    inbox_hold: Hold | None
    results_bucket: str
    state_machine_arn: str
    topic_arn: str
    default_model: str
    model_order: tuple[str, ...]
    max_running: Mapping[str, int]
    max_per_minute: Mapping[str, int]
    deadline_seconds: int
    first_poll_seconds: int
    max_poll_seconds: int
    prompt_max_chars: int
    record_days: int
    park_seconds: int
    patience_seconds: int
    settle_seconds: int
    default_prompt: str
    on_uncertain: str
    mark_results: bool
    base_urls: Mapping[str, str]
    secret_ids: Mapping[str, str]
    result_hosts: tuple[str, ...]
    known_result_hosts: tuple[str, ...]
    loopback_ports: frozenset[int]
    intake_queue_url: str
    public_url: str
    callback_providers: tuple[str, ...]
    links_secret_id: str
    board_secret_id: str
    approvals_secret_id: str
    webhook_url: str
    webhook_queue_url: str
    webhooks_secret_id: str
    erase_function: str
    share_days: int
    share_shows_cost: bool
    edits_per_minute: int
    forms_per_minute: int
    shared_folders: tuple[str, ...]
    caller_folders: Mapping[str, str]
    metrics_namespace: str
    budgets: Budgets
    provider_options: Mapping[str, Mapping[str, str]]

    @property
    def walls(self) -> Walls:
        return Walls(self.inbox_prefix, self.shared_folders)

    @property
    def simulated(self) -> frozenset[str]:
        """The providers that stand on this machine: simulators, whom nobody pays."""
        return frozenset(it for it, url in self.base_urls.items() if re.match(_LOOPBACK, url))

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read and check every variable; raises Misconfigured naming the first bad one."""
        return cls(
            table_name=_text(environ, "TABLE_NAME"),
            inbox_bucket=_text(environ, "INBOX_BUCKET"),
            inbox_prefix=environ.get("INBOX_PREFIX", ""),
            inbox_hold=_hold(environ, "INBOX_HOLD"),
            results_bucket=_text(environ, "RESULTS_BUCKET"),
            state_machine_arn=environ.get("STATE_MACHINE_ARN", ""),
            topic_arn=environ.get("TOPIC_ARN", ""),
            default_model=_text(environ, "DEFAULT_MODEL"),
            model_order=_list(environ, "MODEL_ORDER"),
            max_running=_per_provider(environ, "MAX_RUNNING"),
            max_per_minute=_per_provider(environ, "MAX_PER_MINUTE"),
            deadline_seconds=_whole(environ, "DEADLINE_SECONDS", 0, least=0),
            first_poll_seconds=_whole(environ, "FIRST_POLL_SECONDS", 45, least=1),
            max_poll_seconds=_whole(environ, "MAX_POLL_SECONDS", 60, least=1),
            prompt_max_chars=_whole(environ, "PROMPT_MAX_CHARS", 0, least=0),
            record_days=_whole(environ, "RECORD_DAYS", 90, least=1),
            patience_seconds=_whole(environ, "PATIENCE_SECONDS", 900, least=0),
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
            known_result_hosts=_hosts(environ, "KNOWN_RESULT_HOSTS"),
            loopback_ports=_loopback_ports(environ),
            intake_queue_url=environ.get("INTAKE_QUEUE_URL", ""),
            callback_providers=_callback_providers(environ),
            public_url=environ.get("PUBLIC_URL", "").rstrip("/"),
            links_secret_id=environ.get("LINKS_SECRET_ID", ""),
            board_secret_id=environ.get("BOARD_SECRET_ID", ""),
            approvals_secret_id=environ.get("APPROVALS_SECRET_ID", ""),
            webhook_url=_webhook_url(environ, "WEBHOOK_URL"),
            webhook_queue_url=environ.get("WEBHOOK_QUEUE_URL", ""),
            webhooks_secret_id=environ.get("WEBHOOKS_SECRET_ID", ""),
            erase_function=environ.get("ERASE_FUNCTION", ""),
            share_shows_cost=_one_of(environ, "SHARE_SHOWS_COST", ("off", "on")) == "on",
            share_days=_whole(environ, "SHARE_DAYS", 0, least=0),
            edits_per_minute=_whole(environ, "EDITS_PER_MINUTE", 0, least=0),
            forms_per_minute=_whole(environ, "FORMS_PER_MINUTE", 0, least=0),
            shared_folders=_folders(environ, "SHARED_FOLDERS"),
            caller_folders=_caller_folders(environ, "CALLER_FOLDERS"),
            metrics_namespace=environ.get("POWERTOOLS_METRICS_NAMESPACE", ""),
            budgets=Budgets.from_environment(environ),
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


def _hold(environ: Mapping[str, str], name: str) -> Hold | None:
    text = environ.get(name, "").strip()
    try:
        return Hold.parse(text) if text else None
    except ValueError:
        wanted = "two moments with a slash between, such as 2026-11-28T10:00Z/2026-11-28T12:00Z"
        raise _bad(name, text, wanted) from None


def _list(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in environ.get(name, "").split(",") if part.strip())


def _folders(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    folders = _list(environ, name)
    for folder in folders:
        if folder != "*" and (not folder.endswith("/") or folder.startswith("/")):
            raise _bad(name, folder, "a folder that ends with a slash, such as brand/, or *")
    return folders


def _caller_folders(environ: Mapping[str, str], name: str) -> Mapping[str, str]:
    # A name may hold an equals sign (IAM User Guide, "IAM name requirements"), a folder none.
    pairs = [each.rpartition("=") for each in _list(environ, name)]
    for caller, _, folder in pairs:
        if not _CALLER.fullmatch(caller) or (
            folder != "*" and (not folder.endswith("/") or folder.startswith("/"))
        ):
            raise _bad(
                name,
                f"{caller}={folder}",
                "of the form role=folder/, or role=*, the name alone or behind role/, "
                "user/ or ACCOUNT/role/",
            )
    return {caller: folder for caller, _, folder in pairs}


def _per_provider(environ: Mapping[str, str], name: str) -> Mapping[str, int]:
    """Whole numbers above 0, by provider, or by provider and the name of one of its keys."""
    for of, _, number in (pairs := [each.partition("=") for each in _list(environ, name)]):
        provider, mark, key_name = of.partition("/")
        is_key = provider in PROVIDERS and (not mark or KEY_NAME.fullmatch(key_name))
        if not is_key or not re.fullmatch("[1-9][0-9]{0,4}", number):
            raise _bad(name, f"{of}={number}", "of the form novita=4,fal=2,fal/team-b=5")
    return {of: int(number) for of, _, number in pairs}


def _callback_providers(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Who is given an address to call; all of them where nothing is said, none for `none`."""
    named = _list(environ, "CALLBACK_PROVIDERS") or PROVIDERS
    return tuple(name for name in PROVIDERS if name in named)


def _base_url(environ: Mapping[str, str], name: str) -> str:
    """Without an ending slash; empty when the provider is not used."""
    text = environ.get(name, "").strip().rstrip("/")
    if text and not _BASE_URL.fullmatch(text):
        raise _bad(name, text, "an https address, or http://127.0.0.1:PORT on one machine")
    return text


def _webhook_url(environ: Mapping[str, str], name: str) -> str:
    text = environ.get(name, "").strip()
    if text and not is_webhook_url(text):
        # Not repeated: it may hold a secret of the receiver's.
        raise Misconfigured(f"The environment variable {name} is no {WEBHOOK_URL_FORM}.")
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
def hashed_roots() -> str | None:
    """The folder of root certificates by subject that `make build` puts beside certifi's file.

    OpenSSL opens one file of it for each chain, where the file of all takes 20 ms to parse, and
    again for every connection of an AWS client. None in a layer that was built otherwise.
    """
    folder = os.path.join(os.path.dirname(certifi.where()), "roots")
    return folder if os.path.isdir(folder) else None


def is_emulated() -> bool:
    """Whether AWS is an engine on this machine, which has buckets in paths, not in host names."""
    return "AWS_ENDPOINT_URL" in os.environ
