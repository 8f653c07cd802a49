"""What a deployment says about money: budgets, who is asked first, how old a price may be."""

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Self, TypeVar

from retake.domain.edit import Edit
from retake.domain.errors import Misconfigured
from retake.domain.money import usd_e4
from retake.domain.periods import IN_UTC, Calendar
from retake.domain.spending_caps import STACK, Cap, caller_caps_in, caps_in, caps_of
from retake.domain.values import dataclass

T = TypeVar("T")
WAIT, REFUSE = "wait", "refuse"  # what becomes of an edit that no budget has room for
OFF, API, ON = "off", "api", "on"  # whose results may be taken again instead of bought
APPROVAL_HOURS, PRICE_DAYS = 72, 365
ANYBODY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """The deployment's choices. `callers` maps a role or user, or `*`, to its caps as written."""

    calendar: Calendar = IN_UTC
    stack: tuple[Cap, ...] = ()
    callers: Mapping[str, str] = field(default_factory=dict)
    on_full: str = WAIT
    approve_above_usd_e4: int | None = None
    approval_seconds: int = APPROVAL_HOURS * 3600
    price_days: int = PRICE_DAYS
    reuse: str = OFF

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Read and check every variable; raises Misconfigured naming the first bad one."""
        read = _Reader(variables)
        daily = read.parsed("DAILY_BUDGET_USD", lambda text: _budget("daily_usd", text))
        monthly = read.parsed("MONTHLY_BUDGET_USD", lambda text: _budget("monthly_usd", text))
        return cls(
            calendar=read.parsed("BUDGET_TIME_ZONE", lambda text: Calendar(text or "UTC")),
            stack=(
                *daily,
                *monthly,
                *read.parsed("BUDGET_CAPS", lambda text: caps_in(STACK, text)),
            ),
            callers=read.parsed("CALLER_BUDGETS", caller_caps_in),
            on_full=read.word("ON_FULL_BUDGET", (WAIT, REFUSE)),
            approve_above_usd_e4=read.parsed("APPROVE_ABOVE_USD", _dollars),
            approval_seconds=read.whole("APPROVAL_HOURS", APPROVAL_HOURS, least=1) * 3600,
            price_days=read.whole("PRICE_DAYS", PRICE_DAYS, least=0),
            reuse=read.word("REUSE_RESULTS", (OFF, API, ON)),
        )

    def of_caller(self, principal: str | None) -> tuple[Cap, ...]:
        """The caps of one who asked through the API, known as `account/role` or `account/user`."""
        if principal is None or not self.callers:
            return ()
        name = principal.rpartition("/")[2]
        said = self.callers.get(name, self.callers.get(ANYBODY, ""))
        return caps_in(f"caller:{principal}", said)

    def reuses(self, edit: Edit) -> bool:
        """Whether the result of an equal edit may be taken instead: as the request says, or else
        the stack for the road on which the edit came. Never of a film, nor of its pieces."""
        if edit.film is not None or edit.parent_id is not None:
            return False
        asked = edit.request.reuse if edit.request else None
        if asked is not None:
            return asked
        return self.reuse == ON or (self.reuse == API and edit.upload is None)


@dataclass(frozen=True, slots=True)
class _Reader:
    variables: Mapping[str, str]

    def text(self, name: str) -> str:
        return self.variables.get(name, "").strip()

    def parsed(self, name: str, read: Callable[[str], T]) -> T:
        try:
            return read(self.text(name))
        except ValueError as error:
            raise Misconfigured(f"The environment variable {name} is wrong: {error}.") from None

    def word(self, name: str, words: tuple[str, ...]) -> str:
        return self.parsed(name, lambda text: _one_of(text, words))

    def whole(self, name: str, default: int, *, least: int) -> int:
        return self.parsed(name, lambda text: _whole(text or str(default), least))


def _budget(name: str, text: str) -> tuple[Cap, ...]:
    return caps_of(STACK, {name: text}) if text else ()


def _one_of(text: str, words: tuple[str, ...]) -> str:
    if text and text not in words:
        raise ValueError(f"{text!r} is not one of {', '.join(words)}")
    return text or words[0]


def _whole(text: str, least: int) -> int:
    if not re.fullmatch("[0-9]{1,5}", text, re.ASCII) or int(text) < least:
        raise ValueError(f"{text!r} is not a whole number of at least {least}")
    return int(text)


def _dollars(text: str) -> int | None:
    if text and not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,4})?", text, re.ASCII):
        raise ValueError(f"{text!r} is not a number of dollars, such as 25 or 0.5")
    return usd_e4(float(text)) if text else None
