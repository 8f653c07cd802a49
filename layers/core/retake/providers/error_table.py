"""The tables that read a provider's errors: which status with which words means what."""

from collections.abc import Iterable
from dataclasses import dataclass

from retake.providers.contract import Verdict

FOUR_HUNDREDS = tuple(range(400, 500))
FIVE_HUNDREDS = tuple(range(500, 600))


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """An error body in the provider's own form: its words for machines and its words for people."""

    words: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a provider's error table.

    It holds for its statuses, when the body is in the provider's own form and, where `words` or
    `phrases` are given, has one of the words or, in its text, one of the phrases; case does not
    count. `whatever_the_body` is for statuses that mean one thing even from a gateway's page.
    """

    statuses: tuple[int, ...]
    verdict: Verdict
    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    whatever_the_body: bool = False

    def holds(self, status: int, complaint: ErrorBody | None) -> bool:
        if status not in self.statuses:
            return False
        if complaint is None or self.whatever_the_body:
            return self.whatever_the_body
        if not self.words and not self.phrases:
            return True
        said = {word.casefold() for word in complaint.words}
        text = complaint.text.casefold()
        return any(word.casefold() in said for word in self.words) or any(
            phrase.casefold() in text for phrase in self.phrases
        )


def verdict_in(rows: Iterable[Row], status: int, complaint: ErrorBody | None) -> Verdict | None:
    """The verdict of the first row that holds; None when none does."""
    return next((row.verdict for row in rows if row.holds(status, complaint)), None)
