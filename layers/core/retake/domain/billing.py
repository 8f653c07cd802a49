"""What an edit has cost or may cost, also one that brought no result, said in one place."""

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


def cost_told(edit: Edit) -> str | None:
    """What an edit has cost, may have cost or is expected to, as a sentence; the same everywhere.

    None while nobody knows: of an open edit without a price.
    """
    if edit.reused_from is not None and not edit.at_risk_usd:
        return f"Nothing is billed: it is a copy of {edit.reused_from}."
    if not edit.is_finished:
        if edit.quoted_usd is None:
            return None
        return f"About ${edit.quoted_usd:.2f} if it succeeds, billed by {edit.provider}."
    if edit.billed_usd is None and not edit.at_risk_usd and may_be_billed(edit):
        return f"Whether {edit.provider} bills anything is not known."
    return sum_told(edit.billed_usd, edit.at_risk_usd, f" by {edit.provider}")


def sum_told(billed_usd: float | None, at_risk_usd: float | None, by: str = "") -> str:
    """What was billed and what may be, as a sentence; `by` names who bills."""
    billed, risk = billed_usd or 0, at_risk_usd or 0
    if billed and risk:
        return f"${billed:.2f} billed{by}, and at most ${risk:.2f} more may be billed."
    if risk:
        return f"At most ${risk:.2f} may be billed{by}."
    return f"${billed:.2f} billed{by}." if billed else "Nothing is billed."


def _is_out(edit: Edit) -> bool:
    """A copy of what was bought already is saved without ever being sent."""
    return edit.status in MAY_BE_TAKEN and edit.reused_from is None


def _uncertain_attempts(edit: Edit) -> int:
    return sum(each["ended"] == Status.UNCERTAIN for each in edit.attempts)
