"""The door to the vault."""

from retake.domain.errors import Unavailable

from tests.faults.memory_provider import KEY
from tests.faults.points import READ, Gate


class Vault:
    """Where the provider's key lies."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def key(self, provider: str, *, fresh: bool = False) -> str:
        return self._gate.call("vault.key", lambda: KEY, modes=READ, error=_no_vault)


def _no_vault() -> Unavailable:
    return Unavailable("Secrets Manager cannot answer now (injected).")
