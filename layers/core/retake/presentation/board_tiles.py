"""What the board shows of each edit, as plain data for its page."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from retake.domain.edit import Edit
from retake.domain.plain_text import visible
from retake.domain.stored import moment
from retake.domain.vocabulary import Status, WaitsFor
from retake.domain.webhooks import DeliveryState
from retake.presentation.messages import name_of
from retake.records.queries import EditQueries

DAYS = 7  # how far back it looks when little happened
OLDER_DAYS = 31  # and when somebody asks for older ones
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
WAITS: Mapping[WaitsFor, str] = {
    WaitsFor.SLOT: "Waits for its turn at {provider}",
    WaitsFor.RATE: "Waits for its turn at {provider}",
    WaitsFor.NO_CREDIT: "Waits for credit at {provider}",
    WaitsFor.BAD_KEY: "Waits for a key that {provider} accepts",
    WaitsFor.OUTAGE: "Waits until {provider} can be reached",
    WaitsFor.OVER_BUDGET: "Waits for room in the budget",
    WaitsFor.APPROVAL: "Waits for somebody to approve it",
}


def recent(register: EditQueries, *, limit: int = MOST) -> tuple[list[Edit], str]:
    """The latest edits, newest first: those of today and yesterday, and of the days before while
    they are fewer than `limit`. And where those before them begin."""
    tomorrow = register.now().date() + timedelta(days=1)
    return older(register, tomorrow.isoformat(), days=DAYS, limit=limit)


def older(
    register: EditQueries, before: str, *, days: int = OLDER_DAYS, limit: int = MOST
) -> tuple[list[Edit], str]:
    """Edits before a listing key (or a whole day), newest first, as far back as so many days; and
    what to ask for those before them with. Raises ValueError for what begins with no date."""
    day = date.fromisoformat(before[:10])
    if before != day.isoformat():  # some of that day itself
        day += timedelta(days=1)
    found: list[Edit] = []
    for _ in range(days):
        day -= timedelta(days=1)
        wanted = limit - len(found)
        listed = register.listed(day.isoformat(), before=before, limit=wanted)
        ids = [key.rpartition("#")[2] for key in listed]
        edits = register.get_many(ids) if ids else {}
        found += [edits[each] for each in ids if each in edits and is_shown(edits[each])]
        if len(listed) == wanted:  # there may be more of this day
            return found, listed[-1]
    return found, day.isoformat()


def is_shown(edit: Edit) -> bool:
    """Whether there is anything to see of it: not once its erasure was asked for."""
    return edit.erase_asked_at is None


def tile(
    edit: Edit,
    *,
    now: datetime,
    share: Callable[[Edit], str],
    poster: Callable[[Edit], str | None],
    clip: Callable[[Edit], str | None] = lambda edit: None,
) -> dict[str, Any]:
    """One edit for the board, in the words of its page. Fields without a value are left out.

    Without a `poster` of its result it has the address of its `clip`, whose first frame is shown.
    """
    picture = poster(edit)
    # A status that only a newer version knows is shown by its own word.
    doing, percent = STAGES.get(edit.status, (edit.status.capitalize(), 50))
    if edit.status is Status.RUNNING:
        percent += RUNNING_SPAN * min(100, max(0, edit.progress_percent)) // 100
    if edit.waits_for is not None and not edit.is_finished:
        doing = WAITS.get(edit.waits_for, doing).format(provider=edit.provider)
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
        "webhook": webhook_of(edit),
        "batch_id": edit.batch_id,
        "poster": picture,
        "clip": clip(edit) if picture is None else None,
        "has_video": edit.result is not None or None,
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


def webhook_of(edit: Edit) -> str | None:
    """What somebody should know of telling the receiver; None where all is well."""
    delivery = edit.delivery
    if delivery is None or delivery.state is DeliveryState.DELIVERED:
        return None
    if delivery.state is DeliveryState.DISABLED:
        return f"{delivery.host} is sent no more webhooks."
    if delivery.state is DeliveryState.FAILED:
        return f"{delivery.host} did not take the webhook."
    return f"{delivery.host} did not take the webhook yet." if delivery.log else None
