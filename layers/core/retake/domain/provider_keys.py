"""How one key of a provider is named, where a stack has several there.

A key goes by its provider and its name, `fal/team-b`. The only key of a provider, and of several
the one that is named `default`, goes by the provider alone: so did every key once.
"""

import re

from retake.domain.patterns import pattern

DEFAULT = "default"
KEY_NAME = pattern(r"[a-z0-9-]{1,20}", re.ASCII)
KEY_NAME_FORM = "1 to 20 of a-z, 0-9 and -"


def key_of(provider: str, key_name: str | None) -> str:
    return provider if key_name in (None, DEFAULT) else f"{provider}/{key_name}"


def provider_of(key: str) -> str:
    return key.partition("/")[0]


def key_name_of(key: str) -> str | None:
    """None for the only key, or the default one: records say nothing of it."""
    return key.partition("/")[2] or None
