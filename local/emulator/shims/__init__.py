"""Repairs of the emulator, applied in its own process before it serves.

Each module here repairs one behaviour in which ministack 1.5.33 differs from AWS and that the
stack relies on: its docstring says what AWS does and where that is documented, `apply` makes the
change, and tests/local/emulator/test_shims.py holds a probe that fails once ministack
needs it no more. What the template can avoid is not repaired here.
"""

from collections.abc import Callable, Mapping

from local.emulator.shims import (
    any_method,
    callback_timeout,
    error_names,
    lambda_errors,
    object_version,
    private_wire,
    secret_reference,
    token_owner,
    version_ranges,
    worker_queue,
)

SHIMS: Mapping[str, Callable[[], None]] = {
    "any_method": any_method.apply,
    "callback_timeout": callback_timeout.apply,
    "error_names": error_names.apply,
    "lambda_errors": lambda_errors.apply,
    "object_version": object_version.apply,
    "private_wire": private_wire.apply,
    "secret_reference": secret_reference.apply,
    "token_owner": token_owner.apply,
    "version_ranges": version_ranges.apply,
    "worker_queue": worker_queue.apply,
}
