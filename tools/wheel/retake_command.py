"""What `pipx install` and `uvx` start: the project lies beside this file, whole and under one
name, so that nothing of it gets in the way of other packages."""

import sys
from pathlib import Path

HOME = Path(__file__).parent / "home"


def main() -> int:
    sys.path[:0] = [str(HOME), str(HOME / "layers" / "core")]
    from command.main import main as command

    return command()
