"""A yes or no that an edit waits for before it may cost anything."""

from datetime import datetime
from typing import ClassVar

from retake.domain.money import usd_of
from retake.domain.signed_links import Signer
from retake.domain.stored import Part, Readers, moment
from retake.domain.values import dataclass

YES, NO = "yes", "no"
PURPOSE = "approve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Part):
    """What somebody was asked about an edit, and what was said.

    `number` counts how often it was asked: each question is about one amount, in $0.0001, and a
    link answers one question. `answered_by` is a caller of the API, `link` or `command`.
    """

    readers: ClassVar[Readers] = {}

    number: int
    usd_e4: int
    asked_at: str
    expires_at: str
    answer: str | None = None
    answered_at: str | None = None
    answered_by: str | None = None

    @property
    def usd(self) -> float:
        """The amount that is asked about, in US dollars."""
        return usd_of(self.usd_e4)

    def covers(self, usd_e4: int) -> bool:
        """Whether it was said yes to this amount, or to a higher one."""
        return self.answer == YES and usd_e4 <= self.usd_e4

    def is_open(self, now: datetime) -> bool:
        """Whether it may still be answered."""
        return self.answer is None and now < moment(self.expires_at)


def approval_path(edit_id: str, asked: Approval, signer: Signer) -> str:
    """Where the question is answered, below the API's address. Raises what its secret raises.

    The token is for this question about this amount, and no longer than it is open.
    """
    token = signer.token(PURPOSE, *_subject(edit_id, asked), until=moment(asked.expires_at))
    return f"approvals/{edit_id}/{token}"


def opens_approval(
    token: str, edit_id: str, asked: Approval, signer: Signer, *, now: datetime
) -> bool:
    """Whether a token is for this very question, and the question still open to it."""
    return signer.holds(token, PURPOSE, *_subject(edit_id, asked), now=now)


def _subject(edit_id: str, asked: Approval) -> tuple[str, ...]:
    return (edit_id, str(asked.number), str(asked.usd_e4))
