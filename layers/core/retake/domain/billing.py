"""What an edit that brought no result may cost all the same, said in one place."""

from retake.domain.edit import Edit
from retake.domain.vocabulary import Status

# Where a provider may have taken it: the intent to submit is on record before any byte leaves.
MAY_BE_TAKEN = frozenset({Status.SUBMITTING, Status.UNCERTAIN, Status.RUNNING, Status.SAVING})


def may_be_billed(edit: Edit) -> bool:
    """Whether a provider may have taken it. A proven refusal leaves nothing to bill."""
    return (
        _is_out(edit)
        or edit.provider_task_id is not None
        or _uncertain_attempts(edit) > 0
        or bool(edit.at_risk_usd)  # how an edit that has ended says so
    )


def risk_usd(edit: Edit) -> float:
    """The most that may be billed for it, in US dollars."""
    is_out = _is_out(edit) or edit.provider_task_id is not None
    return (edit.quoted_usd or 0) * (_uncertain_attempts(edit) + is_out)


def billing(edit: Edit) -> str:
    """The end of a sentence about an edit that brought nothing."""
    if edit.film is not None:
        return "what was sent of it is billed"
    if not may_be_billed(edit):
        return "nothing was sent"
    return f"at most ${risk_usd(edit):.2f} may be billed"


def _is_out(edit: Edit) -> bool:
    """A copy of what was bought already is saved without ever being sent."""
    return edit.status in MAY_BE_TAKEN and edit.reused_from is None


def _uncertain_attempts(edit: Edit) -> int:
    return sum(each["ended"] == Status.UNCERTAIN for each in edit.attempts)
