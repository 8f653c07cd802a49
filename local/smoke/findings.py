"""What a check found, and what is to be done about it."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class CheckVerdict(StrEnum):
    """How a check came out."""

    HOLDS = "HOLDS"
    BROKEN = "BROKEN"
    UNTOLD = "UNTOLD"  # cannot be told here
    LEFT_OUT = "LEFT_OUT"  # not tried, for the reason given


MARKS = {
    CheckVerdict.HOLDS: "✓",
    CheckVerdict.BROKEN: "✗",
    CheckVerdict.UNTOLD: "?",
    CheckVerdict.LEFT_OUT: "–",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the list: what was checked, what was found, and if it is broken what to do."""

    check: str
    verdict: CheckVerdict
    found: str = ""
    todo: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_text(self) -> str:
        lines = [
            f"  {MARKS[self.verdict]} {self.check}" + (f": {self.found}" if self.found else "")
        ]
        if self.todo:
            lines.append(f"      → {self.todo}")
        return "\n".join(lines)


class Broken(Exception):
    """What a check raises when its promise does not hold: the found, and what to do."""

    def __init__(self, found: str, todo: str) -> None:
        super().__init__(found)
        self.todo = todo


class LeftOut(Exception):
    """What a check raises when it is not tried; the reason."""


class Untold(Exception):
    """What a check raises when this place cannot answer the question; the reason."""


def summary(findings: list[Finding]) -> str:
    """The last line."""
    counts = {verdict: sum(it.verdict is verdict for it in findings) for verdict in CheckVerdict}
    words = {
        CheckVerdict.HOLDS: "hold",
        CheckVerdict.BROKEN: "broken",
        CheckVerdict.UNTOLD: "cannot be told here",
        CheckVerdict.LEFT_OUT: "left out",
    }
    return ", ".join(f"{count} {words[verdict]}" for verdict, count in counts.items() if count)
