"""What the attempts of an edit turned out to cost, once it ends."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from retake.domain.billing import may_be_billed, risk_usd
from retake.domain.charges import Charge
from retake.domain.edit import Conclusion, Edit
from retake.domain.money import usd_e4, usd_of
from retake.domain.vocabulary import Status


def reported_usd(edit: Edit) -> float | None:
    """What the provider itself says that it took, in US dollars, where it says so.

    That a result cost nothing is not believed: no sum is lowered by a figure that was left out.
    """
    usd = edit.provider_usage.get("usd")
    return round(float(usd), 4) if isinstance(usd, int | float) and usd > 0 else None


def with_attempt(edit: Edit, why: str) -> tuple[Mapping[str, Any], ...]:
    """The attempts with this one, that ended so. Of the same end in a row only the last stays, with
    how often it came: a record has room for twenty refusals, and not for a thousand."""
    tried = tried_as(edit, why)
    last = edit.attempts[-1] if edit.attempts else {}
    if any(last.get(name) != tried.get(name) for name in ("model", "key_name", "ended")):
        return (*edit.attempts, tried)
    return (*edit.attempts[:-1], {**tried, "times": last.get("times", 1) + 1})


def tried_as(edit: Edit, ended: str) -> dict[str, Any]:
    """What is remembered of an attempt that is over: where, with which key, and how it ended."""
    tried = {"attempt": edit.attempt, "model": edit.model, "ended": ended}
    return tried if edit.key_name is None else {**tried, "key_name": edit.key_name}


def without_attempt(edit: Edit) -> tuple[Charge, ...]:
    """The charges when the attempt that is out turns out not to have been taken. Those whose fate
    was never learnt stay."""
    return tuple(each for each in edit.charges if not _is_last(each, edit))


def settled(edit: Edit, status: Status, *, at_risk: bool) -> tuple[Charge, ...]:
    """The charges of an edit that ends so.

    Of the last attempt: what the provider says it billed, else the quote; what may have been
    billed stays counted; what certainly was not is gone. An earlier attempt is only there when its
    fate was never learnt, and stays.
    """
    if status is not Status.SUCCEEDED and not at_risk:
        return without_attempt(edit)
    said = reported_usd(edit)
    if said is None:
        return edit.charges
    told = usd_e4(said)
    return tuple(
        replace(each, usd_e4=told if status is Status.SUCCEEDED else max(told, each.usd_e4))
        if _is_last(each, edit)
        else each
        for each in edit.charges
    )


def at_the_end(edit: Edit, conclusion: Conclusion) -> dict[str, Any]:
    """What the record of an edit that ends so says of money."""
    may_be = may_be_billed(edit)
    charges = settled(edit, conclusion.status, at_risk=conclusion.at_risk and may_be)
    at_risk = may_be and (conclusion.at_risk or bool(charges))
    risk = still_at_risk_usd(edit, conclusion.status, charges) if at_risk else None
    billed = billed_usd(edit, conclusion.status, at_risk=at_risk)
    return {"charges": charges, "billed_usd": billed, "at_risk_usd": risk}


def billed_usd(edit: Edit, status: Status, *, at_risk: bool) -> float | None:
    """What an edit that ends so was billed, in US dollars; None while that is not known."""
    if edit.film is not None:
        return edit.billed_usd or 0.0  # by its pieces (retake.steps.pieces)
    if edit.reused_from is not None:
        return 0.0
    if status is Status.SUCCEEDED:
        said = reported_usd(edit)
        return edit.quoted_usd if said is None else said
    return None if at_risk else 0.0


def still_at_risk_usd(edit: Edit, status: Status, charges: Sequence[Charge]) -> float | None:
    """The most that an edit which brought nothing may be billed; by its quote where it was sent by
    an older deployment, which reserved nothing."""
    if status is Status.SUCCEEDED or edit.quoted_usd is None:
        return None
    return usd_of(sum(each.usd_e4 for each in charges)) if charges else risk_usd(edit)


def _is_last(charge: Charge, edit: Edit) -> bool:
    """Whether a charge is of the attempt that is out, and not of one given up as uncertain."""
    uncertain = {each["attempt"] for each in edit.attempts if each["ended"] == Status.UNCERTAIN}
    return charge.attempt == edit.attempt and charge.attempt not in uncertain
