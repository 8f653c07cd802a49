"""What the board shows of each edit, as plain data for its page."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from retake.domain.edit import Edit
from retake.domain.plain_text import visible
from retake.domain.stored import moment
from retake.domain.vocabulary import Reason, Status
from retake.presentation.messages import name_of
from retake.records.queries import EditQueries

DAYS = 7  # how far back it looks when little happened
MOST = 24
NAME_CHARS = 200
PROMPT_CHARS = 400
DOING_CHARS = 200

# What is being done at each status, and the part of the way that is behind it, in percent. The
# provider's own progress fills what lies between RUNNING and SAVING.
STAGES: Mapping[Status, tuple[str, int]] = {
    Status.RECEIVED: ("Looking at the clip", 5),
    Status.SUBMITTING: ("Handing it to the provider", 15),
    Status.UNCERTAIN: ("Looking for it at the provider", 15),
    Status.RUNNING: ("The provider is editing", 20),
    Status.SAVING: ("Saving the result", 92),
    Status.SUCCEEDED: ("Ready", 100),
    Status.FAILED: ("Failed", 100),
    Status.REJECTED: ("Refused", 100),
    Status.CANCELLED: ("Cancelled", 100),
}
RUNNING_SPAN = 70
# What an edit waits for that the provider's account keeps from being sent.
PARKED: Mapping[Reason, str] = {
    Reason.NO_CREDIT: "Waits for credit at {provider}",
    Reason.BAD_KEY: "Waits for a key that {provider} accepts",
}


def recent(register: EditQueries, *, limit: int = MOST) -> list[Edit]:
    """The latest edits, newest first: those of today and yesterday, and of the days before while
    they are fewer than `limit`."""
    today = register.now().date()
    found: list[Edit] = []
    for days in range(DAYS):
        day = today - timedelta(days=days)
        keys = register.listed(day.isoformat(), limit=limit - len(found))
        ids = [key.rpartition("#")[2] for key in keys]
        edits = register.get_many(ids) if ids else {}
        found += [edits[each] for each in ids if each in edits and is_shown(edits[each])]
        if len(found) >= limit:
            break
    return found


def is_shown(edit: Edit) -> bool:
    """Whether there is anything to see of it: not once its erasure was asked for."""
    return edit.erase_asked_at is None


def tile(
    edit: Edit, *, now: datetime, share: Callable[[Edit], str], poster: Callable[[Edit], str | None]
) -> dict[str, Any]:
    """One edit for the board, in the words of its page. Fields without a value are left out."""
    doing, percent = STAGES[edit.status]
    if edit.status is Status.RUNNING:
        percent += RUNNING_SPAN * min(100, max(0, edit.progress_percent)) // 100
    if edit.parked_reason is not None and not edit.is_finished:
        doing = PARKED.get(edit.parked_reason, doing).format(provider=edit.provider)
    elif edit.trouble is not None and not edit.is_finished:
        doing = f"{doing}: {edit.provider or 'AWS'} answers {edit.trouble.sentence}"[:DOING_CHARS]
    ended = moment(edit.finished_at) if edit.finished_at else now
    told = edit.message if edit.status is not Status.SUCCEEDED else None
    facts = {
        "edit_id": edit.edit_id,
        "name": visible(name_of(edit)[-NAME_CHARS:]),
        "prompt": visible(edit.request.prompt[:PROMPT_CHARS]) if edit.request else None,
        "status": edit.status,
        "doing": visible(doing),
        "percent": percent,
        "is_finished": edit.is_finished,
        "reason": edit.reason,
        "message": visible(told) if told else None,
        "model": edit.model,
        "cost": cost_of(edit),
        "created_at": edit.created_at,
        "seconds": max(0, round((ended - moment(edit.created_at)).total_seconds())),
        "batch_id": edit.batch_id,
        "poster": poster(edit),
        "share": share(edit),
    }
    return {name: value for name, value in facts.items() if value is not None}


def cost_of(edit: Edit) -> str | None:
    """What was billed, may be billed, or will be; None while nobody knows."""
    if edit.at_risk_usd is not None:
        return f"at most ${edit.at_risk_usd:.2f}"
    if edit.billed_usd is not None:
        return f"${edit.billed_usd:.2f}"
    return f"about ${edit.quoted_usd:.2f}" if edit.quoted_usd is not None else None
