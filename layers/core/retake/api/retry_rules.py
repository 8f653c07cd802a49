"""What may be tried again: only what ended badly, and is certainly not billed."""

from retake.api.problems import Problem
from retake.domain.edit import Edit
from retake.domain.vocabulary import Status


def check_repeatable(old: Edit) -> None:
    """Whether it ended without a result and without a bill. Raises Problem."""
    if not old.is_finished:
        raise Problem("STILL_OPEN", f"{old.edit_id} is {old.status}; it can be tried again later.")
    if old.status is Status.SUCCEEDED:
        raise Problem("ALREADY_FINISHED", f"{old.edit_id} succeeded; there is nothing to repair.")
    if old.at_risk_usd:
        raise Problem(
            "MAY_STILL_BE_BILLED",
            f"{old.provider} may still bill ${old.at_risk_usd:.2f} for {old.edit_id}, so it is not "
            "sent again by itself; ask for a new edit if you want it all the same.",
            found=old.at_risk_usd,
            allowed=0,
        )


def check_fetched(old: Edit) -> None:
    """Whether its clip is in the inbox: an address is used once. Raises Problem."""
    if old.source is None:
        raise Problem(
            "NOTHING_TO_REPEAT",
            "The clip was never fetched, and its address is not kept; ask for a new edit.",
        )
