"""Repairs of the emulator, applied in its own process before it serves.

Each module here repairs one behaviour in which ministack 1.5.33 differs from AWS and that the
stack relies on: its docstring says what AWS does and where that is documented, `apply` makes the
change, and tests/local/emulator/test_shims.py holds a probe that fails once ministack
needs it no more. What the template can avoid is not repaired here.
"""

from collections.abc import Callable, Mapping
from importlib import import_module


def _later(name: str) -> Callable[[], None]:
    """The repair, read only when it is made: it takes the whole emulator along, which is slow, and
    which nobody but its own process needs."""

    def apply() -> None:
        import_module(f"{__name__}.{name}").apply()

    return apply


SHIMS: Mapping[str, Callable[[], None]] = {
    name: _later(name)
    for name in (
        "any_method",
        "callback_timeout",
        "error_names",
        "lambda_errors",
        "object_version",
        "private_wire",
        "secret_reference",
        "token_owner",
        "version_ranges",
        "worker_queue",
    )
}
