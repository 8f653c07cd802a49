"""What the board shows of each edit, as plain data for its page."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from retake.domain.billing import cost_told
from retake.domain.edit import Edit
from retake.domain.phases import doing_of, phase_of, progress_percent, word_of
from retake.domain.plain_text import visible
from retake.domain.stored import moment
from retake.domain.vocabulary import Status
from retake.domain.webhooks import DeliveryState
from retake.presentation.messages import name_of
from retake.records.queries import EditQueries
from retake.records.standing import wait_of

DAYS = 7  # how far back it looks when little happened
OLDER_DAYS = 31  # and when somebody asks for older ones
MOST = 24
NAME_CHARS = 200
PROMPT_CHARS = 400


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
    own: Callable[[Edit], str] = lambda edit: "",
    poster: Callable[[Edit], str | None],
    clip: Callable[[Edit], str | None] = lambda edit: None,
) -> dict[str, Any]:
    """One edit for the board, in the words of its page. Fields without a value are left out.

    `share` is where its page is for others, `own` for its owner. Without a `poster` of its result
    it has the address of its `clip`, whose first frame is shown.
    """
    picture = poster(edit)
    ended = moment(edit.finished_at) if edit.finished_at else now
    told = edit.message if edit.status is not Status.SUCCEEDED else None
    facts = {
        "edit_id": edit.edit_id,
        "name": visible(name_of(edit)[-NAME_CHARS:]),
        "prompt": visible(edit.request.prompt[:PROMPT_CHARS]) if edit.request else None,
        "status": edit.status,
        "phase": phase_of(edit),
        "word": word_of(edit),
        "doing": visible(doing_of(edit)),
        "percent": progress_percent(edit),
        "waiting": _waiting(edit),
        "asks_usd": edit.approval.usd if edit.approval else None,
        "is_finished": edit.is_finished,
        "reason": edit.reason,
        "message": visible(told) if told else None,
        "model": edit.model,
        "cost": cost_told(edit),
        "created_at": edit.created_at,
        "seconds": max(0, round((ended - moment(edit.created_at)).total_seconds())),
        "webhook": webhook_of(edit),
        "batch_id": edit.batch_id,
        "poster": picture,
        "clip": clip(edit) if picture is None else None,
        "has_video": edit.result is not None or None,
        "share": share(edit),
        "page": own(edit) or None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _waiting(edit: Edit) -> dict[str, Any] | None:
    """What it waits for: in words, and from when to when."""
    wait = wait_of(edit)
    if wait is None:
        return None
    facts: dict[str, str | None] = {"message": wait.sentence, "for": wait.waits_for}
    facts |= {"since": wait.since, "until": wait.until, "next_try_at": wait.next_try_at}
    return {name: value for name, value in facts.items() if value is not None}


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
