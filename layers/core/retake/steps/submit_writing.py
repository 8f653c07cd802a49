"""What writing the verdict of a paid call down needs, and how a refusal is worded."""

from collections.abc import Callable
from typing import TypeVar

from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import Unavailable
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason
from retake.providers.contract import Submission, Verdict
from retake.records.store import Records
from retake.steps.policy import SubmitPolicy

T = TypeVar("T")
# After the POST: the record is worth waiting for, within what is left of the function's minute.
RETRY_SECONDS = (0.5, 1, 2, 4, 6, 8)


@dataclass(frozen=True, slots=True)
class SubmitContext:
    """What writing a verdict down needs."""

    records: Records
    policy: SubmitPolicy
    sleep: Callable[[float], None]

    def insist(self, on: Callable[[], T]) -> T:
        """Repeat what the table cannot take or tell now; raises Unavailable in the end."""
        for wait in RETRY_SECONDS:
            try:
                return on()
            except Unavailable:
                self.sleep(wait)
        return on()


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a refusal at the provider's door means for the edit."""

    reason: Reason
    sentence: str


REFUSALS = {
    Verdict.REFUSED: Refusal(Reason.PROVIDER_REFUSED, "{provider} refused the request"),
    Verdict.MODERATION: Refusal(Reason.MODERATION, "{provider} refused the content"),
    Verdict.NO_CREDIT: Refusal(Reason.NO_CREDIT, "The account at {provider} has no credit left"),
    Verdict.BAD_KEY: Refusal(Reason.BAD_KEY, "{provider} does not accept the key"),
    Verdict.GONE: Refusal(Reason.MODEL_GONE, "{provider} does not offer this model"),
    Verdict.RATE_LIMITED: Refusal(Reason.RATE_LIMITED, "{provider} kept asking to wait"),
    Verdict.NOT_SENT: Refusal(Reason.PROVIDER_UNREACHABLE, "{provider} could not be reached"),
}


def refusal(edit: Edit, verdict: Verdict, said: Submission | None = None) -> Conclusion:
    """A submit the provider certainly did not take, as the end of an edit: nothing is billed."""
    meaning = REFUSALS[verdict]
    sentence = meaning.sentence.format(provider=edit.provider)
    detail = said.detail if said else None
    return failed(
        meaning.reason,
        f"{sentence}: {detail}" if detail else f"{sentence}.",
        provider_said=detail,
    )
