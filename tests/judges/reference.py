"""JSONata as its authors wrote it, in a Node.js process beside the tests."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from local.emulator.engine import WORKSHOP

HOME = WORKSHOP / "judges"
NODE = HOME / "bin/node"
NOTHING = object()
"""What an expression gives that names what is not there."""


class ExpressionError(Exception):
    """The expression cannot be evaluated; the text is JSONata's own code."""


class Reference:
    """A context manager around the process; `evaluate` asks it."""

    def __enter__(self) -> Self:
        if not NODE.exists():
            raise RuntimeError("The outside judges are not installed; make test-long does that.")
        self._process = subprocess.Popen(
            [str(NODE), str(Path(__file__).parent / "evaluate.mjs"), str(HOME)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *failure: object) -> None:
        self._process.communicate()

    def evaluate(self, text: str, scope: Mapping[str, Any] | None = None) -> Any:
        """The value of an expression, or NOTHING. Raises ExpressionError."""
        asked, answered = self._process.stdin, self._process.stdout
        if asked is None or answered is None:
            raise RuntimeError("The process has no pipes.")
        asked.write(json.dumps({"text": text, "scope": dict(scope or {})}) + "\n")
        asked.flush()
        said = json.loads(answered.readline())
        if "error" in said:
            raise ExpressionError(said["error"])
        return said.get("value", NOTHING)
