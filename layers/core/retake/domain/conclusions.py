"""How an edit ends, made of what ended it."""

from typing import Any

from retake.domain.edit import Conclusion
from retake.domain.errors import Refused
from retake.domain.vocabulary import Reason, Status


def rejection(refusal: Refused) -> Conclusion:
    """A refusal as the end of an edit: nothing was sent."""
    return Conclusion(
        status=Status.REJECTED,
        reason=refusal.reason,
        message=str(refusal),
        details=refusal.details(),
    )


def failed(reason: Reason, message: str, **more: Any) -> Conclusion:
    """An edit that was sent, or should have been, and did not succeed."""
    return Conclusion(status=Status.FAILED, reason=reason, message=message, **more)
