"""The door to the vault, and the keys that are behind it."""

from dataclasses import dataclass

from retake.domain.errors import Misconfigured, Unavailable
from retake.domain.provider_keys import DEFAULT, key_name_of

from virtual.memory_provider import KEY
from virtual.points import READ, Gate


@dataclass
class KeyRing:
    """The names of the keys that the provider's secret holds now."""

    names: tuple[str, ...] = (DEFAULT,)

    def key(self, name: str) -> str:
        if name not in self.names:
            raise Misconfigured(f"The secret holds no key named {name}.")
        return secret_of(name)


def secret_of(name: str) -> str:
    return KEY if name == DEFAULT else f"{KEY}-{name}"


class Vault:
    """Where the provider's keys lie; it is asked for one of them."""

    def __init__(self, gate: Gate, ring: KeyRing, key: str) -> None:
        self._gate = gate
        self._ring = ring
        self._name = key_name_of(key) or DEFAULT

    def key(self, provider: str, *, fresh: bool = False) -> str:
        return self._gate.call(
            "vault.key", lambda: self._ring.key(self._name), modes=READ, error=_no_vault
        )

    def names(self, provider: str, *, fresh: bool = False) -> tuple[str, ...]:
        """Of a single key there is nothing more to know than is asked right afterwards."""
        if len(self._ring.names) == 1:
            return self._ring.names
        return self._gate.call("vault.key", self._named, modes=READ, error=_no_vault)

    def _named(self) -> tuple[str, ...]:
        return tuple(sorted(self._ring.names))


def _no_vault() -> Unavailable:
    return Unavailable("Secrets Manager cannot answer now (injected).")
