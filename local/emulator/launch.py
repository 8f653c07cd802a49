"""The emulator's own process: the shims, a watch on the parent, then ministack.

Run by `local.emulator.engine` as `python -m local.emulator.launch [SHIM …]`, with its settings in
the environment.
"""

import os
import signal
import sys
import threading

from local.emulator.shims import SHIMS


def main(names: list[str]) -> None:
    """Serve until killed."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    for name in names:
        SHIMS[name]()
    from ministack.app import main as serve  # after the shims, which patch what it imports

    sys.argv = ["ministack"]
    serve()


def _end_with_the_parent() -> None:
    """The parent holds the other end of stdin: when it closes, however the parent died, so does
    this process group, with every function that still runs in it."""
    while os.read(0, 1024):  # not sys.stdin, whose lock would break an early exit
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])
