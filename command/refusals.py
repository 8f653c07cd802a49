"""Why a command does not do what it was asked, each with its exit code."""

import re
from collections.abc import Mapping
from typing import Any

from command.exits import Exit
from local.errors import UserError


def as_typed(said: str) -> str:
    """A sentence of the API with its fields as the options of a command: `--fit trim`."""
    return re.sub(r"`fit: (\w+)`", r"`--fit \1`", said)


class CommandRefused(UserError):
    """It cannot be done as it was asked; nothing was sent. `code` is the product's own word for
    why, where it has one."""

    exit_code = Exit.REFUSED

    def __init__(self, said: str, *, code: str | None = None) -> None:
        super().__init__(said)
        self.code = code


class NoConsent(UserError):
    """It costs money, and nobody has agreed."""

    exit_code = Exit.NEEDS_CONSENT


class ApiRefusal(UserError):
    """The stack's API said no; `problem` is its answer (docs/api.md, "Problems")."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = problem
        self.code = str(problem.get("code", f"HTTP_{status}"))
        self.exit_code = Exit.OUT_OF_REACH if status >= 500 or status == 429 else Exit.REFUSED
        said = problem.get("detail") or problem.get("title") or f"The API answered {status}."
        super().__init__(as_typed(str(said)))
