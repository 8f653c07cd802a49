"""The emulator's own process: the shims, a watch on the parent, then ministack.

Run by `local.emulator.engine` as `python -m local.emulator.launch [SHIM …]`, with its settings in
the environment.
"""

import os
import signal
import sys
import threading
from typing import Any

from local.emulator.guard import KEY_VARIABLE, Guard
from local.emulator.seal import Seal
from local.emulator.shims import SHIMS
from local.emulator.signatures import FunctionKey


def main(names: list[str]) -> None:
    """Serve until killed."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    for name in names:
        SHIMS[name]()
    import ministack.app as emulator  # after the shims, which patch what it imports

    key = os.environ[KEY_VARIABLE]
    if not emulator.AUTH:
        _give_to_functions(FunctionKey.of_run(key))
    seal = Seal()
    seal.apply(emulator)
    emulator.app = Guard(emulator.app, None if emulator.AUTH else key, seal)
    sys.argv = ["ministack"]
    emulator.main()


def _give_to_functions(key: FunctionKey) -> None:
    """Functions call with a credential of their own instead of the number of the account."""
    import ministack.core.lambda_runtime as runtime
    import ministack.services.lambda_svc as functions

    key.register()
    credentials_of = runtime.execution_credentials

    def credentials(config: dict[str, Any]) -> dict[str, str]:
        own = {"AWS_ACCESS_KEY_ID": key.key_id, "AWS_SECRET_ACCESS_KEY": key.secret}
        return {**credentials_of(config), **own}

    runtime.execution_credentials = functions.execution_credentials = credentials


def _end_with_the_parent() -> None:
    """The parent holds the other end of stdin: when it closes, however the parent died, so does
    this process group, with every function that still runs in it."""
    while os.read(0, 1024):  # not sys.stdin, whose lock would break an early exit
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])
