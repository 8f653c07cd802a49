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
from local.emulator.shims import SHIMS


def main(names: list[str]) -> None:
    """Serve until killed."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    for name in names:
        SHIMS[name]()
    import ministack.app as emulator  # after the shims, which patch what it imports

    key = os.environ[KEY_VARIABLE]
    if not emulator.AUTH:
        _give_to_functions(key)
    emulator.app = Guard(emulator.app, None if emulator.AUTH else key)
    sys.argv = ["ministack"]
    emulator.main()


def _give_to_functions(key: str) -> None:
    """Functions call with the credential of this run instead of the number of the account."""
    import ministack.core.lambda_runtime as runtime
    import ministack.services.lambda_svc as functions

    credentials_of = runtime.execution_credentials

    def credentials(config: dict[str, Any]) -> dict[str, str]:
        return {**credentials_of(config), "AWS_ACCESS_KEY_ID": key}

    runtime.execution_credentials = functions.execution_credentials = credentials


def _end_with_the_parent() -> None:
    """The parent holds the other end of stdin: when it closes, however the parent died, so does
    this process group, with every function that still runs in it."""
    while os.read(0, 1024):  # not sys.stdin, whose lock would break an early exit
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])
