"""What the attempts of an edit turned out to cost, once it ends."""

from dataclasses import replace

from retake.domain.charges import Charge
from retake.domain.edit import Edit
from retake.domain.money import usd_e4
from retake.domain.vocabulary import Status


def reported_usd(edit: Edit) -> float | None:
    """What the provider itself says that it took, in US dollars, where it says so."""
    usd = edit.provider_usage.get("usd")
    return float(usd) if isinstance(usd, int | float) and usd >= 0 else None


def without_attempt(edit: Edit) -> tuple[Charge, ...]:
    """The charges when the attempt that is out turns out not to have been taken."""
    return tuple(each for each in edit.charges if each.attempt != edit.attempt)


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
        if each.attempt == edit.attempt
        else each
        for each in edit.charges
    )
