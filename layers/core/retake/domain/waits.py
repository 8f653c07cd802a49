"""What an edit waits for before it is sent, in words: for what, since when, and until when."""

from collections.abc import Mapping

from retake.domain.stored import moment
from retake.domain.values import dataclass
from retake.domain.vocabulary import WaitsFor


@dataclass(frozen=True, slots=True)
class WaitWords:
    """What is waited for, and what happens when the wait ends by itself: pieces of a sentence."""

    told: str
    ends: str = "it is given up"


WAITS: Mapping[WaitsFor, WaitWords] = {
    WaitsFor.SLOT: WaitWords("Waits for its turn at {provider}"),
    WaitsFor.RATE: WaitWords("Waits because {provider} asked to be sent less"),
    WaitsFor.NO_CREDIT: WaitWords("Waits for credit at {provider}"),
    WaitsFor.BAD_KEY: WaitWords("Waits for a key that {provider} accepts"),
    WaitsFor.OUTAGE: WaitWords("Waits until {provider} can be reached"),
    WaitsFor.OVER_BUDGET: WaitWords("Waits for room in the budget", "the next period begins"),
    WaitsFor.APPROVAL: WaitWords("Waits for somebody to approve it", "it is refused"),
    WaitsFor.TWIN: WaitWords("Waits for an equal edit, which is being paid for"),
    WaitsFor.SETTINGS: WaitWords("Waits for its settings", "it goes on without them"),
}
_UNKNOWN = WaitWords("Waits for {word}")


def wait_told(waits_for: WaitsFor | None, provider: str | None) -> str:
    """What is waited for, as a sentence without its stop; a newer version's word as it is."""
    words = _words(waits_for)
    return words.told.format(provider=provider or "the provider", word=waits_for)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One wait. Times are ISO 8601 text: when it began, when what is missing is looked for again,
    when the edit's turn should come, and when the wait ends by itself."""

    waits_for: WaitsFor
    since: str
    provider: str | None = None
    position: int | None = None
    next_try_at: str | None = None
    expected_start_at: str | None = None
    until: str | None = None

    @property
    def sentence(self) -> str:
        """All of it, for a person; the times in UTC."""
        parts = [f"{wait_told(self.waits_for, self.provider)} since {clock(self.since)}"]
        if self.until is not None:
            parts[0] += f", until {clock(self.until)}, when {_words(self.waits_for).ends}"
        if self.position is not None:
            parts.append(f"it is number {self.position} in line")
        if self.expected_start_at is not None:
            parts.append(f"its turn should come at {clock(self.expected_start_at)}")
        if self.next_try_at is not None:
            parts.append(f"tried again at {clock(self.next_try_at)}")
        return "; ".join(parts) + "."


def clock(at: str) -> str:
    """A time for a person: the day and the minute, in UTC."""
    return f"{moment(at):%-d %B, %H:%M} UTC"


def _words(waits_for: WaitsFor | None) -> WaitWords:
    return WAITS.get(waits_for, _UNKNOWN) if waits_for is not None else _UNKNOWN
