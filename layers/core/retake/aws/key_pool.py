"""The secret of a provider: one key, or a JSON object of names and keys.

No sentence repeats a word of the secret but a name that is well formed: whoever writes a key where
a name belongs must not read it in a log.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from retake.domain.errors import Misconfigured
from retake.domain.provider_keys import DEFAULT, KEY_NAME, KEY_NAME_FORM

PLACEHOLDER = "replace-me"
MOST_KEYS = 20  # of one provider: each is read of the table when a slot becomes free
FORM = '{"default": "KEY", "team-b": "KEY"}'


def keys_in(provider: str, secret: str) -> Mapping[str, str]:
    """The keys of a provider by their names; its only one is the default. Raises Misconfigured."""
    if not secret.lstrip().startswith("{"):
        return {DEFAULT: checked_key(provider, DEFAULT, secret)}
    try:
        pairs = json.loads(secret, object_pairs_hook=list)
    except (ValueError, RecursionError):
        raise _bad(provider, "begins as a JSON object and is none") from None
    pool = {name: key for name, key in _checked_pairs(provider, pairs)}
    if not 1 <= len(pairs) <= MOST_KEYS:
        raise _bad(provider, f"holds {len(pairs)} keys and not 1 to {MOST_KEYS}")
    if len(pool) < len(pairs):
        raise _bad(provider, "holds two keys of one name")
    if len(set(pool.values())) < len(pairs):
        raise _bad(provider, "holds the same key under two names, whose slots would count twice")
    return pool


def _checked_pairs(provider: str, pairs: Sequence[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    for place, (name, key) in enumerate(pairs, 1):
        if not KEY_NAME.fullmatch(name):
            raise _bad(provider, f"names its key number {place} with other than {KEY_NAME_FORM}")
        if not isinstance(key, str):
            raise _bad(provider, f"has no text as its key {name}")
        yield name, checked_key(provider, name, key)


def _bad(provider: str, what: str) -> Misconfigured:
    return Misconfigured(
        f"The secret for {provider} {what}; write one key alone, or several as {FORM}."
    )


def checked_key(provider: str, name: str, key: str) -> str:
    """Raises Misconfigured for what can be no key."""
    which = "key" if name == DEFAULT else f"key {name}"
    if not key.strip() or key.startswith(PLACEHOLDER):
        raise Misconfigured(
            f"No {which} for {provider} is set; put it into the stack's secret for {provider} "
            "(README, 'Deploy')."
        )
    if not key.isascii() or any(char.isspace() or not char.isprintable() for char in key):
        raise Misconfigured(
            f"The {which} for {provider} contains white space or unprintable characters (often a "
            "line end at the end of a file); store it again without them."
        )
    return key
