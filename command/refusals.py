"""Why a command does not do what it was asked, each with its exit code."""

from collections.abc import Mapping
from typing import Any

from command.exits import Exit
from local.errors import UserError


class CommandRefused(UserError):
    """It cannot be done as it was asked; nothing was sent."""

    exit_code = Exit.REFUSED


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
        super().__init__(str(said))
