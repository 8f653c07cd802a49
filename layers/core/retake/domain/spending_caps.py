"""How much may be spent in a day or a month: by the stack, by a caller, in a folder."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from retake.domain.money import usd_e4, usd_of
from retake.domain.patterns import pattern
from retake.domain.periods import DAY, MONTH
from retake.domain.values import dataclass

STACK = "stack"
# Names of the caps, in parameters and presets: which period of which sum.
_PERIODS = {"daily": DAY, "monthly": MONTH}
_MEASURES = {"usd": "committed", "edits": "edits", "seconds": "billed_seconds"}
NAMES = tuple(f"{period}_{measure}" for period in _PERIODS for measure in _MEASURES)
_NUMBER = pattern(r"[0-9]{1,9}(\.[0-9]{1,4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that one sum may reach in a period; dollars are whole numbers of $0.0001."""

    scope: str
    name: str
    limit: int

    @property
    def period(self) -> str:
        return _PERIODS[self.name.partition("_")[0]]

    @property
    def measure(self) -> str:
        """The attribute of the sum."""
        return _MEASURES[self.name.partition("_")[2]]

    def told(self, amount: int) -> str:
        """An amount in the unit of the cap, for a person."""
        unit = self.name.partition("_")[2]
        if unit == "usd":
            return f"${usd_of(amount):,.2f}"
        return f"{amount:,} {'billed seconds' if unit == 'seconds' else unit}"

    @property
    def sentence(self) -> str:
        """Which cap it is, for a person."""
        whose = {"folder": "of the folder", "caller": "of the caller"}
        kind, _, name = self.scope.partition(":")
        owner = f"{whose[kind]} {name}" if kind in whose else "of this stack"
        return f"the cap {owner} of {self.told(self.limit)} a {self.period}"


def caps_of(scope: str, said: Mapping[str, Any]) -> tuple[Cap, ...]:
    """The caps that a mapping of names to numbers sets. Raises ValueError, saying what is wrong.

    A cap of 0 admits nothing: whoever wants none leaves it out.
    """
    return tuple(_caps(scope, said))


def _caps(scope: str, said: Mapping[str, Any]) -> Iterator[Cap]:
    for name, value in said.items():
        if name not in NAMES:
            raise ValueError(f"{name!r} is no cap; there are {', '.join(NAMES)}")
        is_money = name.endswith("_usd")
        text = str(value) if isinstance(value, int | float | str) else ""
        if isinstance(value, bool) or not _NUMBER.fullmatch(text) or ("." in text and not is_money):
            kind = "a number of dollars" if is_money else "a whole number"
            raise ValueError(f"{name} is {str(value)[:40]!r}, not {kind}")
        yield Cap(scope, name, usd_e4(float(text)) if is_money else int(text))


def caps_in(scope: str, text: str) -> tuple[Cap, ...]:
    """Caps as a parameter writes them: `daily_edits=9,monthly_seconds=600`. Raises ValueError."""
    pairs = [each.strip().partition("=") for each in text.split(",") if each.strip()]
    return caps_of(scope, {name.strip(): value.strip() for name, _, value in pairs})


def caller_caps_in(text: str) -> dict[str, str]:
    """Caps of callers as a parameter writes them, `agency:daily_usd=20,*:daily_edits=50`: by the
    name of the role or user, `*` for each who is not named. Raises ValueError."""
    found: dict[str, list[str]] = {}
    for each in filter(None, (part.strip() for part in text.split(","))):
        caller, mark, cap = each.partition(":")
        if not caller or not mark:
            raise ValueError(f"{each!r} names no caller, as agency:daily_usd=20 does")
        found.setdefault(caller, []).append(cap)
    named = {caller: ",".join(caps) for caller, caps in found.items()}
    for caller, caps in named.items():
        caps_in(caller, caps)
    return named
