"""Persist: the one way out; keeps the result and closes the record."""

from typing import Any

from retake.container import (
    announcer,
    count,
    erasing,
    keeper,
    log_step,
    publish,
    ready,
    records,
    share_url,
    vault,
    web,
)
from retake.settings import settings
from retake.steps.batching import publish_or_less
from retake.steps.measures import of_bill, of_end
from retake.steps.persist import persist


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes {"edit_id"} and perhaps {"error"}; publishes the message, and answers with both ids.

    The message holds a signed link: what a state is given or gives stays in the execution's
    history for 90 days, so it is published here and only confirmed there.
    """
    edit = records().get(event["edit_id"])
    error = event.get("error", {}).get("name")
    answer = persist(
        edit,
        records=records(),
        keeper=keeper(),
        publish=publish,
        error=error,
        share_url=share_url,
        erase=lambda edit_id: erasing().ask(edit_id),
    )
    notification = answer["notification"]
    log_step("persist", edit, notification_id=notification["notification_id"])
    # An edit that was told of is told of once more only when its result came late.
    is_due = edit.notified_at is None or notification["notification_id"] != edit.notification_id
    if is_due and edit.is_told:
        if edit.told_at(settings().webhook_url):
            # Queued before it is told: what dies in between queues it twice, and one is delivered.
            announcer().announce(edit, notification["notification_id"])
        publish_or_less(notification, publish)
    if is_due and edit.parent_id is None:  # a piece is not what was asked for
        measures, dimensions = of_end(notification)
        count(measures, **dimensions)
    if is_due:
        count(of_bill(notification))
    return {"edit_id": edit.edit_id, "notification_id": notification["notification_id"]}


ready(records, keeper, vault, web)
