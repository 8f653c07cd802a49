"""Webhooks sent once more: of one edit, or of all that ended within a time."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from pydantic import AwareDatetime, Field

from retake.api.callers import Sight
from retake.api.forms import Form
from retake.api.list_edits import Filter, Page, page
from retake.api.part_views import View
from retake.api.problems import Problem, check_not_erased
from retake.domain.edit import Edit
from retake.domain.errors import LostRace, Unavailable
from retake.domain.stored import moment
from retake.domain.webhooks import DeliveryState
from retake.steps.announce import Announcer

TRIES = 3
# An edit is asked for so much earlier than it ends, at most: parked and running for a day each,
# and then found late.
LASTS = timedelta(days=7)
UNDELIVERED = frozenset({DeliveryState.FAILED, DeliveryState.DISABLED})


class RedeliveryForm(Form):
    """Which webhooks to send once more."""

    since: AwareDatetime = Field(
        strict=False, description="Of edits that ended at this time or later"
    )
    until: AwareDatetime | None = Field(
        None, strict=False, description="And before this one; absent: until now"
    )
    only_failed: bool = Field(
        True, description="Only what was given up, or not sent to a receiver that was disabled"
    )
    limit: int = Field(50, ge=1, le=100, description="At most so many in this call")
    cursor: str | None = Field(
        None, max_length=200, description="The next_cursor of the call before"
    )


class RedeliveriesView(View):
    """What is sent once more. There may be more behind `next_cursor`, even after an empty answer;
    there is none when it is absent."""

    edit_ids: list[str]
    next_cursor: str | None = None


def redeliver(edit_id: str, sight: Sight, announcer: Announcer) -> Edit:
    """The edit, whose webhook is sent once more under its own id, taken before or not.

    Raises UnknownEdit; Problem while it is open, where it is erased or nobody is to be told;
    Unavailable.
    """
    for _ in range(TRIES):
        edit = sight.edit(edit_id)
        check_not_erased(edit)
        if not edit.is_finished:
            raise Problem(
                "STILL_OPEN",
                f"{edit.edit_id} is {edit.status}; its webhook is sent when it has ended.",
                field="status",
                found=edit.status.value,
            )
        if not announcer.url_of(edit):
            raise Problem(
                "NO_WEBHOOK",
                f"{edit.edit_id} named no webhook_url, and the stack has no WebhookUrl.",
                field="webhook_url",
            )
        with suppress(LostRace):
            return announcer.again(edit, records=sight.records)
    raise Unavailable("The edit is moving on too fast; ask again.")


def redeliver_many(form: RedeliveryForm, sight: Sight, announcer: Announcer) -> RedeliveriesView:
    """A page of the edits that ended in that time. Raises Problem for a cursor that is none."""

    def fits(edit: Edit) -> bool:
        return sight.sees(edit) and _is_asked_for(edit, form) and bool(announcer.url_of(edit))

    found: Page = page(
        sight.records,
        Filter(sees=fits),
        limit=form.limit,
        cursor=form.cursor,
        record_days=(sight.records.now() - form.since.astimezone(UTC) + LASTS).days,
    )
    sent = list(_again(found.edits, sight, announcer))
    return RedeliveriesView(edit_ids=sent, next_cursor=found.cursor)


def _again(edits: Iterable[Edit], sight: Sight, announcer: Announcer) -> Iterable[str]:
    for edit in edits:
        with suppress(Problem):  # asked to be erased a moment ago
            yield redeliver(edit.edit_id, sight, announcer).edit_id


def _is_asked_for(edit: Edit, form: RedeliveryForm) -> bool:
    if edit.finished_at is None or edit.erase_asked_at is not None:
        return False
    ended = moment(edit.finished_at)
    if ended < form.since or ended >= (form.until or datetime.max.replace(tzinfo=UTC)):
        return False
    state = edit.delivery.state if edit.delivery else None
    return not form.only_failed or state in UNDELIVERED
