"""Provider keys and link secrets, read from Secrets Manager and remembered for a while."""

import time
from collections.abc import Callable, Mapping
from functools import lru_cache

from retake.aws.client import client
from retake.aws.errors import translated
from retake.aws.key_pool import keys_in
from retake.domain.errors import Misconfigured
from retake.domain.provider_keys import DEFAULT, key_name_of, provider_of
from retake.domain.signed_links import LinkSecrets

KEY_SECONDS = 300  # how long a provider key may be remembered after it was read


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
        self._known: dict[str, tuple[float, Mapping[str, str]]] = {}

    def key(self, key: str, *, fresh: bool = False) -> str:
        """The key that goes by a provider, or by a provider and a name; `fresh` asks again, as one
        does after a 401.

        Raises Misconfigured when there is none of this name, or it is empty, still the placeholder,
        or has white space or characters no header can carry; Unavailable when the vault cannot
        answer.
        """
        provider, name = provider_of(key), key_name_of(key) or DEFAULT
        pool = self._pool(provider, fresh=fresh)
        if name not in pool:
            there = ", ".join(sorted(pool))
            raise Misconfigured(
                f"The secret for {provider} holds no key named {name}, only {there}. An edit that "
                f"was bought with it can be asked about with no other: put it back as {name}."
            )
        return pool[name]

    def names(self, provider: str, *, fresh: bool = False) -> tuple[str, ...]:
        """The names of all keys of a provider, sorted. Raises as `key`."""
        return tuple(sorted(self._pool(provider, fresh=fresh)))

    def _pool(self, provider: str, *, fresh: bool) -> Mapping[str, str]:
        secret_id = self._secret_ids.get(provider)
        if not secret_id:
            raise Misconfigured(
                f"No secret is named for {provider}; set {provider.upper()}_SECRET_ID."
            )
        read_at, pool = self._known.get(provider, (float("-inf"), {}))
        if fresh or self._clock() - read_at > KEY_SECONDS:
            pool = keys_in(provider, self._read(secret_id))
            self._known[provider] = (self._clock(), pool)
        return pool


@lru_cache(maxsize=4)
def _link_secrets(secret_id: str, _until: int) -> LinkSecrets:
    return LinkSecrets.from_json(_read_secret(secret_id))


def link_secrets(secret_id: str) -> LinkSecrets:
    """What links of one kind are signed with, read anew every five minutes."""
    if not secret_id:
        raise Misconfigured("No secret is named to sign links with; deploy the stack again.")
    return _link_secrets(secret_id, int(time.monotonic() // KEY_SECONDS))


@lru_cache(maxsize=1)
def _webhook_secret(secret_id: str, _until: int) -> str:
    return _read_secret(secret_id)


def webhook_secret(secret_id: str) -> str:
    """What webhooks are signed with, as it is stored, read anew every five minutes."""
    if not secret_id:
        raise Misconfigured("No secret is named to sign webhooks with; deploy the stack again.")
    return _webhook_secret(secret_id, int(time.monotonic() // KEY_SECONDS))


# A secret that is missing, closed to this stack, marked for deletion, or encrypted with a lost key.
_OWNERS = frozenset(
    {"ResourceNotFoundException", "AccessDeniedException"}
    | {"InvalidRequestException", "InvalidParameterException", "DecryptionFailure"}
)


def _read_secret(secret_id: str) -> str:
    with translated(
        "Secrets Manager",
        owners=_OWNERS,
        owners_sentence=f"The secret {secret_id} cannot be read",
    ):
        answer = client("secretsmanager").get_secret_value(SecretId=secret_id)
    return str(answer.get("SecretString", ""))
